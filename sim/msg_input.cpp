#include "sim/msg_input.hpp"

#include "codec/coding.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>

namespace sim {

namespace {

/// Far above the largest message in hex with comments.
constexpr std::size_t text_bytes_max = 1 << 20;

std::string text_of_stream(std::istream& stream, const std::string& name)
{
    std::string text(text_bytes_max + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (stream.bad()) throw InputError(name + " cannot be read");
    if (text.size() > text_bytes_max)
        throw InputError(name + " is longer than a mebibyte; expected one message");
    return text;
}

/// Hex text and where it is none.
class HexReader {
public:
    explicit HexReader(std::string_view text) : text_(text) {}

    /// returns  false when the text is no hex; why() tells
    [[nodiscard]] bool run()
    {
        int high = -1;
        bool is_comment = false;
        for (std::size_t at = 0; at < text_.size(); ++at) {
            const auto c = static_cast<std::uint8_t>(text_[at]);
            if (c == '\n') is_comment = false;
            if (c == '#') is_comment = true;
            if (is_comment || std::isspace(c) != 0) continue;
            const int nibble = codec::nibble_of_hex_digit(c);
            if (nibble < 0) return fail("no hex digit at " + place(at));
            ++digits_;
            if (high >= 0) bytes_.push_back(static_cast<std::uint8_t>(high << 4 | nibble));
            high = high < 0 ? nibble : -1;
        }
        if (high >= 0) return fail("an odd number of hex digits, " + std::to_string(digits_));
        if (bytes_.empty()) return fail("no bytes");
        return true;
    }

    [[nodiscard]] const std::string& why() const { return why_; }
    [[nodiscard]] std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
    [[nodiscard]] bool fail(std::string why)
    {
        why_ = std::move(why);
        return false;
    }

    [[nodiscard]] std::string place(std::size_t at) const
    {
        int line = 1;
        std::size_t line_begin = 0;
        for (std::size_t i = 0; i < at; ++i) {
            if (text_[i] != '\n') continue;
            ++line;
            line_begin = i + 1;
        }
        return "line " + std::to_string(line) + ", column " + std::to_string(at - line_begin + 1);
    }

    std::string_view text_;
    std::size_t digits_ = 0;
    std::vector<std::uint8_t> bytes_;
    std::string why_;
};

} // namespace

Input read_input(const std::string& argument, std::istream& standard_input)
{
    if (argument == "-") return {"standard input", text_of_stream(standard_input, "standard input"), false};
    std::error_code none;
    if (std::filesystem::is_directory(argument, none))
        throw InputError(argument + " is a folder; expected a file");
    if (!std::filesystem::exists(argument, none)) return {"the argument", argument, true};
    std::ifstream file(argument, std::ios::binary);
    if (!file) throw InputError(argument + " cannot be read");
    return {argument, text_of_stream(file, argument), false};
}

std::vector<std::uint8_t> bytes_of(const Input& input, InputForm form)
{
    HexReader hex(input.text);
    const bool is_hex = hex.run();
    const bool is_raw =
        form == InputForm::raw || (form == InputForm::detect && !is_hex && !input.is_argument);
    if (is_raw && !input.text.empty()) return {input.text.begin(), input.text.end()};
    if (is_hex) return hex.take();
    if (input.is_argument)
        throw InputError("the argument is neither a file that exists nor hex (" + hex.why() +
                         "); expected hex, a file or -");
    throw InputError(input.name + " holds " + hex.why() + "; expected a message in hex or its bytes");
}

std::string why_text_is_bytes(const Input& input, InputForm form)
{
    const auto is_text = [](char c) { return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r'); };
    if (form != InputForm::detect || input.is_argument || !std::ranges::all_of(input.text, is_text))
        return {};
    HexReader hex(input.text);
    return input.text.empty() || hex.run() ? "" : hex.why();
}

std::optional<std::vector<std::uint8_t>> find_hex(std::string_view text)
{
    HexReader hex(text);
    if (!hex.run()) return std::nullopt;
    return hex.take();
}

} // namespace sim
