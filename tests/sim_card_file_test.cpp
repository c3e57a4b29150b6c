// What several commands read alike: files of cards, lists, mixes.
#include "sim/card_file.hpp"
#include "sim/text_parts.hpp"
#include "sim/toml_reader.hpp"
#include "tests/support/folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace sim;

namespace {

using Parts = std::vector<std::string>;

/// "4000000000000002 3512, ..." or what is wrong, without the file's name.
std::string read(const std::string& text)
{
    const Folder folder;
    const std::string file = folder / "cards.csv";
    std::ofstream(file) << text;
    try {
        std::string all;
        for (const CardInHand& card : read_cards(file))
            all += (all.empty() ? "" : ", ") + card.pan + " " + card.expiry_yymm;
        return all;
    } catch (const FileError& error) {
        return std::string(error.what()).substr(file.size());
    }
}

} // namespace

TEST_CASE("card file: what tollgatectl imports is read, and what it refuses is refused without being quoted")
{
    struct Row {
        const char* name;
        std::string text;
        std::string expected;
    };
    const std::string columns = "pan,expiry\n";
    const std::string no_pan = ":2:0: pan is no card number: 13 to 19 digits with a right check digit";
    const std::string no_month = ":2:0: expiry is no month: 2035-12 is";
    const Row rows[] = {
        {"a file of tollgatectl", "pan,expiry,currency,balance\n4000000000000002,2035-12,JPY,1000\n",
         "4000000000000002 3512"},
        {"columns in another order", "currency,expiry,pan\nJPY,2035-01,4000000000000002\n",
         "4000000000000002 3501"},
        {"line ends of another system, an empty line, no end",
         "pan,expiry\r\n4000000000000002,2035-12\r\n\r\n4000000000006,2036-01",
         "4000000000000002 3512, 4000000000006 3601"},
        {"a wrong check digit", columns + "4000000000000003,2035-12\n", no_pan},
        {"12 digits", columns + "400000000002,2035-12\n", no_pan},
        {"20 digits", columns + "40000000000000000002,2035-12\n", no_pan},
        {"a letter", columns + "400000000000000x,2035-12\n", no_pan},
        {"no number", columns + ",2035-12\n", no_pan},
        {"as DE14 has it", columns + "4000000000000002,3512\n", no_month},
        {"the month 13", columns + "4000000000000002,2035-13\n", no_month},
        {"the month 00", columns + "4000000000000002,2035-00\n", no_month},
        {"a year that is none", columns + "4000000000000002,20x5-12\n", no_month},
        {"a column is missing", columns + "4000000000000002\n", ":2:0: columns are missing"},
        {"no column pan", "card,expiry\n4000000000000002,2035-12\n", ":1:0: no column \"pan\""},
        {"no column expiry", "pan\n4000000000000002\n", ":1:0: no column \"expiry\""},
        {"an empty file", "", ":1:0: no column \"pan\""},
        {"an empty line", "\n", ":1:0: no column \"pan\""},
        {"no card", columns, ": no cards in it"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(read(row.text) == row.expected);
    }
}

TEST_CASE("lists: empty parts count")
{
    CHECK(parts_of("a,b", ',') == Parts{"a", "b"});
    CHECK(parts_of("a,,", ',') == Parts{"a", "", ""});
    CHECK(parts_of("", ',') == Parts{""});
    CHECK(parts_of("a,b", '+') == Parts{"a,b"});
}

TEST_CASE("mixes: names with weights above zero")
{
    CHECK(parse_mix("sale=90,sale+reversal=9.5,echo") ==
          std::vector<Weighted>{{"sale", 90}, {"sale+reversal", 9.5}, {"echo", 1}});
    for (const char* text :
         {"", "=5", "sale=", "sale=0", "sale=-1", "sale=x", "sale=1x", "sale,,echo", "sale,"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse_mix(text), std::invalid_argument);
    }
}
