/// Input: a count of blanks, by sixteens, and what stands behind them in a key file. It gives the key that
/// its digits say, or is refused without showing them.

#include "net/key_file.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <cctype>
#include <string>

using fuzz::require;

namespace {

/// What the digits say; empty when they are no key.
fuzz::Bytes key_in(const std::string& text)
{
    std::string digits;
    for (const char c : text)
        if (std::isspace(static_cast<unsigned char>(c)) == 0) digits += c;
    fuzz::Bytes key;
    if (digits.size() % 2 != 0) return {};
    for (std::size_t at = 0; at < digits.size(); at += 2) {
        int byte = 0;
        for (const char c : digits.substr(at, 2)) {
            if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return {};
            const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
            byte = byte * 16 + digit;
        }
        key.push_back(static_cast<std::uint8_t>(byte));
    }
    return key;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const std::size_t blanks = input.byte() * std::size_t{16};
    const std::string text = std::string(blanks, ' ') + input.rest_text();
    const fuzz::MemoryFile file(text);
    const fuzz::Bytes expected = key_in(text);
    try {
        const codec::WipedBytes key = net::read_key_file(file.path());
        require(fuzz::Bytes(key.begin(), key.end()) == expected, "a key is what all its digits say");
    } catch (const net::KeyFileError& error) {
        require(expected.empty() || text.size() > 1'024, "a key of usual length is taken");
        const std::string_view why = error.what();
        const std::string start = "key file " + file.path() + " ";
        require(why.starts_with(start), "a refusal names the file");
        const std::string rest = input.rest_text(); // of other characters it may be a word of the refusal
        const bool is_telling =
            rest.size() >= 8 && rest.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
        require(!is_telling || why.find(rest, start.size()) == std::string_view::npos,
                "a refusal does not show the key");
    }
    return 0;
}
