#include "codec/mti.hpp"

#include <doctest/doctest.h>

#include <string>

using codec::answer_to;
using codec::Mti;
using codec::with_repeat;
using codec::without_repeat;

TEST_CASE("mti: four digits and nothing else")
{
    const auto mti = Mti::parse("0421");
    REQUIRE(mti.has_value());
    CHECK(mti->text() == "0421");
    CHECK(mti->version() == '0');
    CHECK(mti->message_class() == '4');
    CHECK(mti->function() == '2');
    CHECK(mti->origin() == '1');
    for (const std::string wrong : {"", "042", "04210", "042 ", "04A1", "-421",
                                    "04\xB2"
                                    "1"}) {
        CAPTURE(wrong);
        CHECK_FALSE(Mti::parse(wrong).has_value());
    }
}

TEST_CASE("mti: an unset one is 0000")
{
    CHECK(Mti{}.text() == "0000");
}

TEST_CASE("mti: answers and repeats are told by their low bits")
{
    struct Row {
        std::string mti;
        bool is_answer;
        bool is_repeat;
        const char* answer;
        const char* without_repeat;
    };
    const Row rows[] = {
        {"0200", false, false, "0210", "0200"}, {"0201", false, true, "0210", "0200"},
        {"0210", true, false, "0210", "0210"},  {"0211", true, true, "0210", "0210"},
        {"0202", false, false, "0212", "0202"}, {"0203", false, true, "0212", "0202"},
        {"0400", false, false, "0410", "0400"}, {"0401", false, true, "0410", "0400"},
        {"0420", false, false, "0430", "0420"}, {"0421", false, true, "0430", "0420"},
        {"0800", false, false, "0810", "0800"}, {"0805", false, true, "0814", "0804"},
        {"9999", true, true, "9998", "9998"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.mti);
        const Mti mti = Mti::parse(row.mti).value();
        CHECK(mti.is_answer() == row.is_answer);
        CHECK(mti.is_repeat() == row.is_repeat);
        CHECK(answer_to(mti).text() == row.answer);
        CHECK(without_repeat(mti).text() == row.without_repeat);
        CHECK(with_repeat(mti).is_repeat());
        CHECK(without_repeat(with_repeat(mti)).text() == row.without_repeat);
    }
}
