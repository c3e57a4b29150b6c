#include "sim/load_report.hpp"
#include "sim/rate_search.hpp"
#include "sim/rate_text.hpp"
#include "sim/verdict.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

using namespace sim;
using namespace std::chrono_literals;

namespace {

/// 1,000 sent over ten seconds: 990 answered in 1 to 990 ms, 10 not at all.
Measured measured(const std::string& name)
{
    Measured made;
    made.lasts = 10s;
    LoadMeasure& measure = made.measure;
    measure.name = name;
    measure.sent = 1'000;
    measure.answered = 990;
    measure.unanswered = 10;
    measure.came = 980; // ten of the answers when it was over
    measure.declined = 20;
    measure.codes.add("00", 970);
    measure.codes.add("51", 20);
    for (int i = 1; i <= 990; ++i) {
        measure.response.record(1ms * i);
        measure.service.record(10us * i);
        measure.slip.record(1us);
    }
    measure.response.record(2s, 10);
    return made;
}

Judged judged(const std::string& text)
{
    Measured quick;
    quick.measure.name = "quick";
    quick.lasts = 1s;
    return judge(parse_threshold(text), measured(""), {quick, measured("steady")}, 2s);
}

/// Finds what passes up to `limit` and cannot be generated from `generator` on.
RateSearch search(double first, double limit, double generator = 1e9)
{
    RateSearch::Settings settings;
    settings.first = first;
    RateSearch made(settings);
    while (const auto rate = made.next())
        made.tell(*rate, *rate >= generator ? RateSearch::Outcome::invalid
                         : *rate <= limit   ? RateSearch::Outcome::passed
                                            : RateSearch::Outcome::failed);
    return made;
}

} // namespace

TEST_CASE("verdict: each threshold is held against its measurement")
{
    struct Row {
        const char* text;
        bool passed;
        double value;
    };
    const Row rows[] = {
        {"p50<501ms", true, 500e6},
        {"p50<500ms", false, 500e6},
        {" p50 <= 600ms ", true, 500e6},
        {"response.p50<600ms", true, 500e6},
        {"p99<1s", true, 990e6},
        {"p999<1s", false, 2e9},
        {"p99.9<3s", false, 2e9}, // it is 2 s or more: that it is below 3 s is not known
        {"p99.9>1s", true, 2e9},
        {"max<3s", false, 2e9},
        {"service.max<=9900us", true, 9.9e6},
        {"service.p50<5ms", true, 4.95e6},
        {"slip.p99<2us", true, 1e3},
        {"steady.p50<501ms", true, 500e6},
        {"steady.service.p50<1ms", false, 4.95e6},
        {"steady.declined==20", true, 20},
        {"steady.code.51=20", true, 20},
        {"quick.p50<501ms", false, 0}, // nothing was measured
        {"declined<2.1%", true, 0.02},
        {"declined<2%", false, 0.02},
        {"declined<21", true, 20},
        {"unanswered=0", false, 10},
        {"unanswered==10", true, 10},
        {"late=0", true, 0},
        {"code.51<=20", true, 20},
        {"code.91=0", true, 0},
        {"rate>=98/s", true, 98},
        {"rate>98/s", false, 98},
        {"quick.unanswered=0", false, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Judged result = judged(row.text);
        CHECK(result.passed == row.passed);
        CHECK(std::abs(result.value - row.value) <= row.value / 1'000);
    }
}

TEST_CASE("verdict: what was never sent is among what should have been")
{
    Measured cut = measured("");
    cut.measure.unsent = 1'000;
    cut.measure.unanswered += 1'000;
    const Judged result = judge(parse_threshold("unanswered<51%"), cut, {}, 2s);
    CHECK(result.passed);
    CHECK(result.value == doctest::Approx(0.505));
}

TEST_CASE("verdict: a generator that was busy while messages were held is the limit itself")
{
    struct Row {
        const char* name;
        std::uint64_t held;
        std::chrono::nanoseconds busy;
        bool is_valid;
    };
    const Row rows[] = {
        {"busy", 11, 950ms, false},
        {"it waited for the server", 11, 850ms, true},
        {"few were held", 9, 950ms, true},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        LoadReport report;
        report.total = measured("total");
        report.total.measure.held = row.held;
        report.totals.sent = report.total.measure.sent;
        report.totals.held = 1s;
        report.totals.held_busy = row.busy;
        judge(report);
        CHECK(report.is_valid() == row.is_valid);
        CHECK((text_of(report).find("it is the limit, not the server") == std::string::npos) == row.is_valid);
    }
}

TEST_CASE("verdict: what is no threshold is refused")
{
    for (const char* text : {"",
                             "p99",
                             "p99<",
                             "p99<50",
                             "p99<1%",
                             "p<5ms",
                             "p101<5ms",
                             "q99<5ms",
                             "p99<-5ms",
                             "declined<1ms",
                             "slip.declined<1%",
                             "rate<50",
                             "code.1=0",
                             "p99<5ms<6ms",
                             "p99!5ms",
                             "p99.<5ms",
                             "p.9<5ms",
                             "p1e1<5ms",
                             ".p99<5ms",
                             "1st.p99<5ms",
                             "a b.p99<5ms",
                             "quick.quick.p99<5ms",
                             "steady.slip.late=0",
                             "p99=<5ms",
                             "p99<"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)parse_threshold(text), std::invalid_argument);
    }
    CHECK_THROWS_AS((void)judged("nowhere.p99<5ms"), std::invalid_argument);
}

TEST_CASE("rate search: it ends beside the limit, from wherever it began")
{
    for (const double limit : {3.0, 100.0, 777.0, 12'345.0, 90'000.0}) {
        for (const double first : {10.0, 100.0, 64'000.0}) {
            CAPTURE(limit);
            CAPTURE(first);
            const RateSearch found = search(first, limit);
            REQUIRE(found.best());
            CHECK(*found.best() <= limit);
            CHECK(*found.best() * 1.05 >= limit * 0.9999);
            CHECK(found.steps().size() < 30);
            CHECK(found.steps().back().outcome == RateSearch::Outcome::passed); // it was confirmed
        }
    }
}

TEST_CASE("rate search: the generator's own limit is no pass, and no rate at all is possible")
{
    const RateSearch found = search(1'000, 1e6, 20'000);
    REQUIRE(found.best());
    CHECK(*found.best() < 20'000);
    CHECK(*found.best() * 1.06 > 20'000);
    CHECK_FALSE(search(1'000, 0.5).best());
}

TEST_CASE("rate search: it tells what stood in the way of a higher rate, and tries none above the highest")
{
    using Outcome = RateSearch::Outcome;
    CHECK(search(1'000, 777).limit() == Outcome::failed);
    CHECK(search(1'000, 1e6, 20'000).limit() == Outcome::invalid);
    for (const double highest : {1'000.0, 1'030.0, 1'999.0, 7'000.0}) {
        CAPTURE(highest);
        RateSearch::Settings settings;
        settings.first = 1'000;
        settings.highest = highest;
        RateSearch made(settings);
        while (const auto rate = made.next()) {
            CHECK(*rate <= highest);
            made.tell(*rate, Outcome::passed);
        }
        CHECK(made.best().value_or(0) * 1.05 >= highest);
        CHECK(made.steps().size() < 10);
        CHECK(made.steps().back().rate == made.steps().at(made.steps().size() - 2).rate); // confirmed
        CHECK_FALSE(made.limit());
    }
}

TEST_CASE("rate search: a rate that does not pass again is given up")
{
    RateSearch::Settings settings;
    settings.first = 1'000;
    RateSearch made(settings);
    std::size_t tries_at_best = 0;
    while (const auto rate = made.next()) {
        const bool is_lucky = *rate > 900 && *rate <= 1'000 && ++tries_at_best == 1;
        made.tell(*rate,
                  *rate <= 900 || is_lucky ? RateSearch::Outcome::passed : RateSearch::Outcome::failed);
    }
    REQUIRE(made.best());
    CHECK(*made.best() <= 900);
}

TEST_CASE("rate text: rates, times and counts are read and written")
{
    CHECK(parse_rate("500/s") == 500.0);
    CHECK(parse_rate("0.5/s") == 0.5);
    CHECK(parse_rate("600/min") == 10.0);
    CHECK(parse_time("1.5s") == 1'500ms);
    CHECK(parse_time("250us") == 250us);
    CHECK(parse_time("2min") == 2min);
    for (const char* text : {"", "5", "/s", "5/h", "-5/s", "x/s", "5 /s", "infinity/s", "1e3/s"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_rate(text));
    }
    for (const char* text : {"", "5", "ms", "-5ms", "5 ms", "25h", "nans"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_time(text));
    }
    CHECK(short_text(0ns) == "0.00 us");
    CHECK(short_text(850us) == "850 us");
    CHECK(short_text(9'810us) == "9.81 ms");
    CHECK(short_text(999'990us) == "1.00 s");
    CHECK(short_text(1'360ms) == "1.36 s");
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1'234'567) == "1,234,567");
    CHECK(rate_text(2.5) == "2.5/s");
    CHECK(rate_text(4'983.2) == "4,983/s");
    CHECK(percent_text(0.0012) == "0.12 %");
}
