#include "codec/toml.hpp"
#include "codec/toml_guard.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace {

struct Row {
    const char* toml;
    const char* place; ///< "line:column" of what is found; empty when there is nothing
};

std::string place_of_stray_character(std::string_view toml)
{
    const auto place = codec::find_stray_character(toml);
    return place ? std::to_string(place->line) + ":" + std::to_string(place->column) : "";
}

std::string place_of_error(std::string_view toml)
{
    try {
        (void)codec::parse_any_toml(toml, "a.toml");
    } catch (const toml::parse_error& error) {
        CHECK(*error.source().path == "a.toml");
        const toml::source_position place = error.source().begin;
        return std::to_string(place.line) + ":" + std::to_string(place.column);
    }
    return "";
}

} // namespace

TEST_CASE("toml: what toml++ ends the program at is an error with a line")
{
    const Row rows[] = {
        {"a = 1\n[b]\nc = [\"d\"]", ""},
        {"[=", "1:1"},
        {"[[[a]]]", "1:1"},
        {"a = 1\n\n[ =]\nb = 2", "3:1"},
        {"a = [}", "1:1"},
        {"a = 1\nb = [\n1,\n}\nc = 2\nd = 3\ne = 4", "4:1"},
        {"a = ", "1:5"},            // toml++ finds this itself
        {"a = 1\n\xC5\x89", "2:1"}, // see below
    };
    for (const Row& row : rows) {
        CAPTURE(row.toml);
        CHECK(place_of_error(row.toml) == row.place);
    }
}

TEST_CASE("toml: characters outside ASCII stand in quotes and comments only")
{
    const Row rows[] = {
        {"\xEF\xBB\xBF[a]", ""}, // a byte order mark
        {"a = \"\xC5\x89\" # \xC5\x89", ""},
        {"a = '\xC5\x89'\nb = [\"\xC5\x89\", '\xC5\x89']\nc = {\"\xC5\x89\" = 1}", ""},
        {"a.\"\xC5\x89\" = 1", ""},
        {"a = \"\"\"\n\xC5\x89 \\\\\xC5\x89\"\"\"", ""},
        {"a = \"\"\"\"b\"\"\"\"\" # \xC5\x89", ""},
        {"\xC5\x89 = 1", "1:1"},
        {"a = 1\nb = \xC5\x89", "2:5"},
        {"a = \"b\" \xC5\x89", "1:9"},
        {"a = \"\\\"b\" \xC5\x89", "1:11"},
        {"a = \"b\n\xC5\x89\"", "2:1"},
        {"a = \"\"\"\"b\"\"\"\"\" \xC5\x89", "1:16"},
        {"[\xC5\x89]", "1:2"},
        {"a = 1.\"\xC5\x89\"", "1:8"},
        {"a = 1\"\xC5\x89\"", "1:7"},
        // behind a backslash, or what it removes
        {"a = \"\\\xC5\x89\"", "1:7"},
        {"a = \"\"\"\\ \n \xC5\x89\"\"\"", "2:2"},
        {"a = '\\\xC5\x89'", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.toml);
        CHECK(place_of_stray_character(row.toml) == row.place);
    }
}

TEST_CASE("toml: a key of many parts is refused before it takes the stack")
{
    std::string deep = "a";
    for (int i = 0; i < 100'000; ++i) deep += ".a";
    CHECK_THROWS_AS((void)codec::parse_any_toml(deep + " = 1\n", "x.toml"), toml::parse_error);
    CHECK_THROWS_AS((void)codec::parse_any_toml("[" + deep + "]\n", "x.toml"), toml::parse_error);
    CHECK_NOTHROW((void)codec::parse_any_toml("a.b.c = '" + deep + "'\n", "x.toml"));
}
