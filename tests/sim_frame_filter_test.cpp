#include "codec/encode.hpp"
#include "sim/chaos_rules.hpp"
#include "sim/toml_reader.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace sim;

namespace {

/// A sale of the test card, and frames around it.
struct Frames {
    std::shared_ptr<const codec::Dialect> dialect = codec::dialect_named("iso87-ascii");
    Bytes bytes;

    Frames()
    {
        codec::Message sale(*codec::Mti::parse("0200"));
        sale.set(2, "4000000000000002");
        sale.set(3, "000000");
        sale.set(4, "000000001000");
        sale.set(11, "004711");
        sale.set(41, "T0000001");
        sale.set(49, "392");
        REQUIRE(codec::encode(*dialect, sale, bytes).has_value());
    }

    [[nodiscard]] PassingFrame frame(Direction direction = Direction::request) const
    {
        return {direction, 0, 3, bytes};
    }
    bool matches(FrameFilter& filter, Direction direction = Direction::request) const
    {
        const PassingFrame passing = frame(direction);
        return filter.matches(SeenFrame(passing, *dialect, codec::HeaderKind::none));
    }
    bool matches(const std::string& text) const
    {
        FrameFilter filter = FrameFilter::parse(text, 1);
        return matches(filter);
    }
};

struct Row {
    const char* filter;
    bool matches;
};

struct Wrong {
    const char* text;
    std::size_t at;
    const char* why;
};

/// Where and why a text is refused.
template <class Parse> void check_refused(const Wrong& row, Parse parse)
{
    CAPTURE(row.text);
    try {
        parse(std::string(row.text));
        FAIL("it was taken");
    } catch (const FilterError& error) {
        CHECK(error.at_character == row.at);
        CHECK(std::string(error.what()).find(row.why) != std::string::npos);
    }
}

/// How many of `frames` frames the filter lets through.
int count(const std::string& text, int frames, std::uint64_t seed)
{
    const Frames sale;
    FrameFilter filter = FrameFilter::parse(text, seed);
    int hits = 0;
    for (int i = 0; i < frames; ++i) hits += sale.matches(filter) ? 1 : 0;
    return hits;
}

} // namespace

TEST_CASE("frame filter: each name, operator and combination says what it means")
{
    const Frames sale;
    for (const Row& row : {
             Row{"mti=0200", true},
             Row{"mti=0210", false},
             Row{"mti!=0210", true},
             Row{"mti~02*", true},
             Row{"mti~04*", false},
             Row{"stan=4711", true},
             Row{"stan=004711", true},
             Row{"stan=471", false},
             Row{"de11=4711", true},
             Row{"pan~400000", true},
             Row{"pan~400000*0002", true},
             Row{"pan~400001*0002", false},
             Row{"pan~*000*02", true},
             Row{"pan~*3", false},
             Row{"amount=1000", true},
             Row{"amount>999", true},
             Row{"amount>1000", false},
             Row{"amount<1001", true},
             Row{"amount<1000", false},
             Row{"terminal=T0000001", true},
             Row{"terminal=\"T0000001\"", true},
             Row{"terminal<5", false},
             Row{"currency=392", true},
             Row{"code=00", false},
             Row{"code!=00", true},
             Row{"code~0", false},
             Row{"dir=request", true},
             Row{"dir=answer", false},
             Row{"from=client", true},
             Row{"from=server", false},
             Row{"connection=3", true},
             Row{"size>20", true},
             Row{"mti=0200 && stan=4711", true},
             Row{"mti=0200&&stan=4712", false},
             Row{"mti=0210 || stan=4711", true},
             Row{"mti=0210 || mti=0200 && stan=1", false},
             Row{"(mti=0210 || mti=0200) && stan=4711", true},
             Row{"!mti=0210", true},
             Row{"!(mti=0200 && stan=4711)", false},
             Row{"!!mti=0200", true},
             Row{"p=1", true},
             Row{"p=0", false},
         }) {
        CAPTURE(row.filter);
        CHECK(sale.matches(row.filter) == row.matches);
    }
}

TEST_CASE("frame filter: every error names its place")
{
    for (const Wrong& row : {
             Wrong{"", 0, "expected a name"},
             Wrong{"mti=0200 &&", 11, "expected a name"},
             Wrong{"mti=0200 stan=1", 9, "expected &&, || or the end"},
             Wrong{"mti=0200 & stan=1", 9, "expected &&"},
             Wrong{"stam=1", 0, "did you mean \"stan\"?"},
             Wrong{"mti=0200 && amout=1", 12, "did you mean \"amount\"?"},
             Wrong{"de1=1", 0, "de2 to de128"},
             Wrong{"de129=1", 0, "de2 to de128"},
             Wrong{"x4000000000000002=1", 0, "no name of a filter"},
             Wrong{"mti", 3, "expected = != < > or ~"},
             Wrong{"mti 0200", 4, "expected = != < > or ~"},
             Wrong{"mti==0200", 3, "expected one ="},
             Wrong{"mti=", 4, "expected a value"},
             Wrong{"mti=200", 4, "four digits"},
             Wrong{"amount>many", 7, "compare numbers"},
             Wrong{"dir=up", 4, "request or answer"},
             Wrong{"from=me", 5, "client or server"},
             Wrong{"connection=a", 11, "expected a number"},
             Wrong{"n=0", 2, "from 1 on"},
             Wrong{"every>2", 6, "only ="},
             Wrong{"every=x", 6, "from 1 on"},
             Wrong{"p=1.5", 2, "from 0 to 1"},
             Wrong{"p<1", 2, "only ="},
             Wrong{"terminal=\"T1", 9, "never closed"},
             Wrong{"(mti=0200", 0, "never closed"},
             Wrong{"mti=0200)", 8, "expected &&, || or the end"},
             Wrong{"pan=4000000000000002", 4, "whole card number"},
             Wrong{"de35~\"4000000000000002=35\"", 5, "whole card number"},
         })
        check_refused(row, [](const std::string& text) { (void)FrameFilter::parse(text, 1); });
    const std::string deep(200, '(');
    CHECK_THROWS_AS((void)FrameFilter::parse(deep, 1), FilterError);
}

TEST_CASE("frame filter: n and every count what the terms before them let through")
{
    CHECK(count("n=3", 10, 1) == 1);
    CHECK(count("n<3", 10, 1) == 2);
    CHECK(count("every=3", 10, 1) == 3);
    CHECK(count("mti=0210 && n=1", 10, 1) == 0);
    CHECK(count("n>2 && every=4", 10, 1) == 2);
}

TEST_CASE("frame filter: p hits its share, the same frames for the same seed")
{
    const int hits = count("p=0.25", 4000, 7);
    CHECK(hits > 800);
    CHECK(hits < 1200);
    CHECK(count("p=0.25", 4000, 7) == hits);
    CHECK(count("p=0.5 && p=0.5", 4000, 7) < 1200); // two draws, not one
}

TEST_CASE("frame filter: what cannot be decoded has no MTI, and still a sender")
{
    const Frames sale;
    const Bytes noise{'x', 'y', 'z'};
    const PassingFrame frame{Direction::answer, 0, 0, noise};
    const SeenFrame seen(frame, *sale.dialect, codec::HeaderKind::none);
    CHECK(FrameFilter::parse("from=server && mti!=0200 && !dir=answer && !dir=request", 1).matches(seen));
}

TEST_CASE("chaos rules: each action")
{
    using Kind = Treatment::Kind;
    using std::chrono::milliseconds;
    const std::pair<const char*, Treatment> rows[] = {
        {"n=1: drop", {Kind::drop}},
        {"n=1:duplicate", {Kind::twice}},
        {"n=1 : reorder", {Kind::swap}},
        {"n=1: half-close", {Kind::half_close}},
        {"n=1: pass", {Kind::pass}},
        {"n=1: hold 250ms", {Kind::hold, milliseconds(250)}},
        {"n=1: delay 2s", {Kind::delay, milliseconds(2000)}},
        {"n=1: pause 1min", {Kind::pause, milliseconds(60'000)}},
        {"n=1: cut 20", {Kind::cut, milliseconds(0), 20}},
        {"n=1: cut after 20 bytes", {Kind::cut, milliseconds(0), 20}},
        {"n=1: flip byte 7", {Kind::flip, milliseconds(0), 7}},
    };
    for (const auto& [text, treatment] : rows) {
        CAPTURE(text);
        const Treatment read = parse_chaos_rule(text, 1).treatment;
        CHECK(read == treatment);
        CHECK(parse_chaos_rule("n=1: " + text_of(read), 1).treatment == treatment);
    }
}

TEST_CASE("chaos rules: every error names its place")
{
    for (const Wrong& row : {
             Wrong{"n=1", 3, "a colon and an action"},
             Wrong{"n=1 drop", 4, "or a colon"},
             Wrong{"n=1:", 4, "expected an action"},
             Wrong{"n=1: dorp", 5, "did you mean \"drop\"?"},
             Wrong{"n=1: drop it", 10, "nothing behind"},
             Wrong{"n=1: hold", 9, "expected a time"},
             Wrong{"n=1: hold 5", 10, "a time with a unit"},
             Wrong{"n=1: hold -5s", 10, "a time with a unit"},
             Wrong{"n=1: cut", 8, "number of bytes"},
             Wrong{"n=1: cut after x", 15, "number of bytes"},
             Wrong{"n=1: flip 70000", 10, "at most 65535"},
         })
        check_refused(row, [](const std::string& text) { (void)parse_chaos_rule(text, 1); });
}

TEST_CASE("chaos rules: what could be a card number is shown nowhere")
{
    const std::string text = "pan=4000000000000002: drop";
    try {
        (void)parse_chaos_rule(text, 1);
        FAIL("it was taken");
    } catch (const FilterError& error) {
        CHECK(text_with_caret(text, error) == "pan=****************: drop\n    ^");
        CHECK(std::string(error.what()).find("0002: ") == std::string::npos);
    }
    CHECK(parse_chaos_rule("de48=\"4000 0000 0000 0002\": drop", 1).text ==
          "de48=\"**** **** **** ****\": drop");
    CHECK(parse_chaos_rule("rrn=123456789012: drop", 1).text == "rrn=123456789012: drop");
}

TEST_CASE("chaos rules: a file has a rule a line, and its errors have line and column")
{
    const auto file =
        std::filesystem::temp_directory_path() / ("tollgate-rules-" + std::to_string(::getpid()));
    std::ofstream(file) << "# the first answer\n\ndir=answer && n=1: drop\r\n  mti=0200: delay 5ms\n";
    const auto rules = read_chaos_rules(file.string(), 1);
    REQUIRE(rules.size() == 2);
    CHECK(rules[1].treatment.wait == std::chrono::milliseconds(5));
    std::ofstream(file) << "n=1: drop\nmti=0200 : dely 5ms\n";
    CHECK_THROWS_WITH_AS((void)read_chaos_rules(file.string(), 1),
                         (file.string() + ":2:12: unknown action (did you mean \"delay\"?)").c_str(),
                         FileError);
    std::filesystem::remove(file);
}
