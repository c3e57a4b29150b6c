#include "store/card_numbers.hpp"
#include "store/core_files.hpp"

#include <doctest/doctest.h>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <string>

using store::holds_card_number;
using store::without_card_numbers;

TEST_CASE("a card number is found wherever it stands, and nothing else is taken for one")
{
    struct Row {
        const char* text;
        bool holds;
    };
    const Row rows[] = {
        {"", false},
        {"4000000000000002", true},
        {"4000000000000003", false}, // check digit
        {"x4000000000000002y", true},
        {"--pan:4000000000000002", true},
        {";4000000000000002=2812", true},
        {"40000000000000022812101", true}, // with what follows it on a track
        {"99940000000000000020", true},
        {"4000 0000 0000 0002", true},
        {"4000-0000-0000-0002", true},
        {"4000.0000.0000.0002", true},
        {"4000_0000_0000_0002", true},
        {"n 12 4000 0000 0000 0002", true},
        {"4000  0000  0000  0002", false}, // two separators: other numbers
        {"3782 822463 10005", true},
        {"postgresql:///tollgate?host=/run/x&port=5433", false},
        {"10001", false},
        {"1000000000000000 JPY", false},
        {"2026-11-22 15:13:34", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(holds_card_number(row.text) == row.holds);
    }
}

TEST_CASE("every run of thirteen digits or more is masked whole, shorter ones are not")
{
    const std::pair<const char*, const char*> rows[] = {
        {"", ""},
        {"123456789012", "123456789012"},
        {"1234567890123", "*************"},
        {"\"4000000000000003\" is no month", "\"****************\" is no month"},
        {"a4000000000000002b4000000000000002", "a****************b****************"},
        {"40000000000000022812101000000000", "********************************"},
        {"4000 0000 0000 0002", "**** **** **** ****"},
        {"4000-0000-0000 0002.", "****-****-**** ****."},
        {"1-2-3-4-5-6-7-8-9-0-1-2-3", "1-2-3-4-5-6-7-8-9-0-1-2-3"},
        {"connection to 127.0.0.1, port 5433 at 2026-11-22 15:13:34",
         "connection to 127.0.0.1, port 5433 at 2026-11-22 15:13:34"},
    };
    for (const auto& [text, shown] : rows) {
        CAPTURE(text);
        CHECK(without_card_numbers(text) == shown);
    }
}

TEST_CASE("a process that forbids core files leaves none and cannot be looked into")
{
    store::forbid_core_files();
    rlimit limit{1, 1};
    REQUIRE(::getrlimit(RLIMIT_CORE, &limit) == 0);
    CHECK(limit.rlim_cur == 0);
    CHECK(limit.rlim_max == 0);
    CHECK(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}
