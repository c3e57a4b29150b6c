/// What a message tool is given: an argument, a file or standard input, as hex or as the bytes themselves.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// Something that is no message, file or JSON; what() says what and where. Never holds a value.
struct InputError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What stands in a file or in an argument.
struct Input {
    std::string name; ///< for people: "standard input", a file's name, "the argument"
    std::string text;
    bool is_argument = false;
};

/// argument  a file's name, "-" for standard input, or hex
/// throws    InputError when the file cannot be read or is longer than a mebibyte
[[nodiscard]] Input read_input(const std::string& argument, std::istream& standard_input);

enum class InputForm : std::uint8_t {
    detect, ///< hex when there is nothing but hex digits, white space and comments; an argument is always hex
    hex,
    raw ///< the bytes themselves
};

/// throws    InputError with line and column: no hex digit, half a byte, no bytes at all
[[nodiscard]] std::vector<std::uint8_t> bytes_of(const Input& input, InputForm form);

/// Hex with a mistake in it looks like bytes: why printable text is not taken for hex, without any value.
/// Empty when it is hex, when it is no text, or when the form was said.
[[nodiscard]] std::string why_text_is_bytes(const Input& input, InputForm form);

/// The bytes of hex text. White space may stand between two bytes and inside one; a comment goes from '#' to
/// the end of its line. Nothing when there is anything else, or no byte.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> find_hex(std::string_view text);

} // namespace sim
