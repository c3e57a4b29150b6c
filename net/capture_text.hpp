/// JSON text, appended: for what is written by the million.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace net {

inline void append_number(std::string& out, std::uint64_t number)
{
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number);
    out.append(digits, end.ptr);
}

/// Two upper-case digits for each byte.
void append_hex(std::string& out, std::string_view bytes);

/// The inside of a JSON string: each byte is the Unicode character of its number (ISO 8859-1).
void append_json_text(std::string& out, std::string_view bytes);

/// The inside of a JSON string: UTF-8 stays what it is. Other bytes (a file may have any name) are taken as
/// above.
void append_json_name(std::string& out, std::string_view name);

} // namespace net
