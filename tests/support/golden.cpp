#include "tests/support/golden.hpp"

#include "codec/coding.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace golden {

namespace {

constexpr std::array<std::pair<std::string_view, codec::Errc>, 7> error_words = {{
    {"truncated", codec::Errc::truncated},
    {"trailing_bytes", codec::Errc::trailing_bytes},
    {"bad_mti", codec::Errc::bad_mti},
    {"bad_bitmap", codec::Errc::bad_bitmap},
    {"unknown_element", codec::Errc::unknown_element},
    {"bad_length", codec::Errc::bad_length},
    {"bad_character", codec::Errc::bad_character},
}};

codec::Errc error_code_of(std::string_view word)
{
    for (const auto& [text, code] : error_words)
        if (text == word) return code;
    throw std::runtime_error("unknown error code " + std::string(word));
}

/// "a\x1F" with its quotes -> the bytes.
std::string unquoted(std::string_view text)
{
    if (text.size() < 2 || text.front() != '"' || text.back() != '"')
        throw std::runtime_error("no quoted value");
    text = text.substr(1, text.size() - 2);
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            value += text[i];
            continue;
        }
        if (text.substr(i, 2) != "\\x" || i + 3 >= text.size()) throw std::runtime_error("no \\xNN");
        value += static_cast<char>(bytes_of_hex(text.substr(i + 2, 2)).at(0));
        i += 3;
    }
    return value;
}

/// text     behind the word "expect "
void read_expectation(std::string_view text, GoldenMessage& message)
{
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) throw std::runtime_error("expectation without a value");
    const std::string what(text.substr(0, space));
    const std::string rest(text.substr(space + 1));
    if (what == "mti") {
        message.mti = rest;
    } else if (what == "canonical") {
        message.is_canonical = rest != "no";
    } else if (what == "error") {
        const std::size_t at = rest.find(' ');
        message.error = ExpectedError{error_code_of(rest.substr(0, at)), std::stoi(rest.substr(at))};
    } else if (what.find('.') != std::string::npos) {
        message.parts.emplace_back(what, unquoted(rest));
    } else {
        message.elements.emplace_back(std::stoi(what), unquoted(rest));
    }
}

GoldenMessage read_golden_file(const std::filesystem::path& file)
{
    GoldenMessage message;
    message.id = file.stem().string();
    std::ifstream stream(file);
    std::string line;
    for (int number = 1; std::getline(stream, line); ++number) {
        try {
            if (line.starts_with("expect ")) {
                read_expectation(std::string_view(line).substr(7), message);
                continue;
            }
            const auto bytes = bytes_of_hex(std::string_view(line).substr(0, line.find('#')));
            message.bytes.insert(message.bytes.end(), bytes.begin(), bytes.end());
        } catch (const std::exception& error) {
            throw std::runtime_error(file.string() + ":" + std::to_string(number) + ": " + error.what());
        }
    }
    if (message.bytes.empty() || (message.mti.empty() && !message.error))
        throw std::runtime_error(file.string() + ": has no bytes or no expectation");
    return message;
}

} // namespace

std::vector<std::uint8_t> bytes_of_hex(std::string_view hex)
{
    std::vector<std::uint8_t> bytes;
    int high = -1;
    for (const char c : hex) {
        if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
        const int nibble = codec::nibble_of_hex_digit(static_cast<std::uint8_t>(c));
        if (nibble < 0) throw std::runtime_error("not a hex digit");
        if (high < 0) {
            high = nibble;
            continue;
        }
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | nibble));
        high = -1;
    }
    if (high >= 0) throw std::runtime_error("half a byte");
    return bytes;
}

std::vector<GoldenMessage> golden_messages(std::string_view dialect)
{
    std::vector<std::filesystem::path> files;
    const auto folder = source_folder() / "tests/golden" / dialect;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".hex") files.push_back(entry.path());
    if (files.empty()) throw std::runtime_error(folder.string() + ": no golden files");
    std::sort(files.begin(), files.end());
    std::vector<GoldenMessage> messages;
    messages.reserve(files.size());
    for (const auto& file : files) messages.push_back(read_golden_file(file));
    return messages;
}

std::shared_ptr<const codec::Dialect> golden_dialect(std::string_view name)
{
    if (auto built_in = codec::find_built_in_dialect(name)) return built_in;
    return codec::load_dialect_file(dialect_folder() / (std::string(name) + ".toml"));
}

std::filesystem::path source_folder()
{
    return TOLLGATE_SOURCE_DIR;
}

std::filesystem::path dialect_folder()
{
    return source_folder() / "codec/dialects";
}

codec::Result<codec::Message> decoded(const codec::Dialect& dialect, std::span<const std::uint8_t> wire)
{
    auto message = codec::decode(dialect, wire);
    if (message) message->own();
    return message;
}

} // namespace golden
