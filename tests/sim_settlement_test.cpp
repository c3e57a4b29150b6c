#include "sim/settlement.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

using namespace sim;

namespace {

using Outcome = SettlementLine::Outcome;

SettlementLine line(std::uint64_t number, const std::string& kind, Outcome outcome, std::int64_t minor,
                    const std::string& currency = "JPY")
{
    SettlementLine made;
    made.number = number;
    made.kind = kind;
    made.outcome = outcome;
    made.mti = "0200";
    made.stan = "000123";
    made.transmitted = "0801031500";
    made.local_time = "0801121500";
    made.rrn = "021300000123";
    made.terminal = "T0000001";
    made.card = "999999******0014";
    made.amount = {minor, currency};
    made.approval = outcome == Outcome::approved ? "A1B2C3" : "";
    made.is_acknowledged = outcome != Outcome::reversed;
    return made;
}

SettlementDay day()
{
    return {"iso-single-message",
            "2026-08-01",
            {line(1, "sale", Outcome::approved, 1000), line(2, "sale", Outcome::reversed, 300),
             line(3, "sale", Outcome::advised, 50), line(4, "refund", Outcome::approved, 200),
             line(5, "sale", Outcome::approved, 1250, "EUR")}};
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// The file with one text in place of another.
std::string with(const std::string& before, const std::string& after)
{
    std::string text = text_of(day());
    const std::size_t at = text.find(before);
    REQUIRE(at != std::string::npos);
    return text.replace(at, before.size(), after);
}

} // namespace

TEST_CASE("settlement: what is written is read, with its sums")
{
    const std::string text = text_of(day());
    CHECK(contains(text, "header,tollgate/settlement/1,iso-single-message,2026-08-01\n"));
    CHECK(contains(text,
                   "transaction,1,sale,approved,0200,000123,0801031500,0801121500,021300000123,T0000001,"
                   "999999******0014,JPY,1000,A1B2C3,yes\n"));
    CHECK(contains(text, "sum,JPY,sale,reversed,1,300\n"));
    CHECK(contains(text, "sum,JPY,refund,approved,1,200\n"));
    CHECK(contains(text, "owed,JPY,4,850\n"));
    CHECK(contains(text, "owed,EUR,1,1250\n"));
    CHECK(contains(text, "trailer,5,"));
    const SettlementDay read = parse_settlement(text);
    CHECK(read.network == "iso-single-message");
    CHECK(read.business_date == "2026-08-01");
    CHECK(read.lines == day().lines);
    CHECK(parse_settlement(text_of({"n", "2026-08-01", {}})).lines.empty());
}

TEST_CASE("settlement: whatever is damaged is refused")
{
    CHECK_THROWS_AS((void)parse_settlement(with(",1000,A1B2C3", ",1001,A1B2C3")), SettlementError);
    CHECK_THROWS_AS((void)parse_settlement(with("owed,JPY,4,850", "owed,JPY,4,851")), SettlementError);
    CHECK_THROWS_AS((void)parse_settlement(with("trailer,5,", "trailer,4,")), SettlementError);
    CHECK_THROWS_AS((void)parse_settlement(with("reversed,0200", "returned,0200")), SettlementError);
    CHECK_THROWS_AS((void)parse_settlement(with("sale,approved,0200,", "sale,approved,")), SettlementError);
    CHECK_THROWS_AS((void)parse_settlement(text_of(day()) + "more\n"), SettlementError);
    const std::string text = text_of(day());
    for (std::size_t size = 0; size < text.size(); ++size)
        CHECK_THROWS_AS((void)parse_settlement(std::string_view(text).substr(0, size)), SettlementError);
}

TEST_CASE("settlement: a value that would end a column is never written")
{
    SettlementDay bad = day();
    bad.lines[0].terminal = "T1,2";
    CHECK_THROWS_AS((void)text_of(bad), SettlementError);
}

TEST_CASE("settlement: a file never takes the place of another, and only its owner reads it")
{
    const auto folder =
        std::filesystem::temp_directory_path() / ("tollgate-settled-" + std::to_string(::getpid()));
    const auto first = write_settlement(folder, day());
    const auto second = write_settlement(folder, day());
    CHECK(first.filename() == "settlement-2026-08-01-1.csv");
    CHECK(second.filename() == "settlement-2026-08-01-2.csv");
    std::stringstream text;
    text << std::ifstream(first).rdbuf();
    CHECK(text.str() == text_of(day()));
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    CHECK((std::filesystem::status(first).permissions() & others) == std::filesystem::perms::none);
    const auto files = std::filesystem::directory_iterator(folder);
    CHECK(std::distance(begin(files), end(files)) == 2); // no unfinished ones
    std::filesystem::remove_all(folder);
}

TEST_CASE("settlement: the business day ends at the cut-over")
{
    constexpr std::int64_t noon = 1'785'585'600'000; // 2026-08-01 12:00
    constexpr std::int64_t hour = 3'600'000;
    struct Row {
        std::int64_t at;
        std::int64_t cutover;
        const char* date;
    };
    for (const Row& row :
         {Row{noon, 0, "2026-08-01"}, Row{noon + 12 * hour - 1, 0, "2026-08-01"},
          Row{noon + 12 * hour, 0, "2026-08-02"}, Row{noon, 13 * hour, "2026-08-01"},
          Row{noon + hour - 1, 13 * hour, "2026-08-01"}, Row{noon + hour, 13 * hour, "2026-08-02"}}) {
        CAPTURE(row.at);
        CHECK(business_date(row.at, row.cutover) == row.date);
    }
}
