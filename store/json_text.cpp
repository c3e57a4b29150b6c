#include "store/json_text.hpp"

#include <cstdio>

namespace store {

std::string JsonText::quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            out += escape;
        } else {
            out += c;
        }
    }
    return out + '"';
}

JsonText& JsonText::append(const std::string& part)
{
    if (text_.size() > 1) text_ += ',';
    text_ += part;
    return *this;
}

} // namespace store
