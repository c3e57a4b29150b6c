#include "codec/utf8.hpp"

#include <doctest/doctest.h>

using namespace std::string_view_literals;

TEST_CASE("UTF-8: each form of RFC 3629 at its limits")
{
    struct Row {
        std::string_view name;
        std::string_view bytes;
        bool is_utf8;
    };
    const Row rows[] = {
        {"nothing", "", true},
        {"ASCII with a zero", "a\0b"sv, true},
        {"two bytes", "\xC2\x80\xDF\xBF", true},
        {"three bytes", "\xE0\xA0\x80\xE1\x80\x80\xEF\xBF\xBF", true},
        {"before and behind the surrogates", "\xED\x9F\xBF\xEE\x80\x80", true},
        {"four bytes", "\xF0\x90\x80\x80\xF1\x80\x80\x80\xF4\x8F\xBF\xBF", true},
        {"a byte that follows nothing", "\x80", false},
        {"overlong, two bytes", "\xC1\xBF", false},
        {"overlong, three bytes", "\xE0\x9F\xBF", false},
        {"overlong, four bytes", "\xF0\x8F\xBF\xBF", false},
        {"a surrogate", "\xED\xA0\x80", false},
        {"above U+10FFFF", "\xF4\x90\x80\x80", false},
        {"no first byte", "\xF5\x80\x80\x80", false},
        {"cut after the first", "a\xC3", false},
        {"cut after the third", "\xF1\x80\x80", false},
        {"another character instead", "\xC3(", false},
        {"the third is no such byte", "\xE1\x80(", false},
        {"ISO 8859-1", "caf\xE9", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(codec::is_utf8(row.bytes) == row.is_utf8);
    }
}
