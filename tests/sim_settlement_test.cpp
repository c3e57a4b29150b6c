#include "sim/awaited_signals.hpp"
#include "sim/settlement_folder.hpp"
#include "tests/support/folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/resource.h>
#include <sys/wait.h>
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

std::string text_in(const std::filesystem::path& file)
{
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

std::vector<std::string> files_in(const std::filesystem::path& folder)
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.push_back(entry.path().filename());
    return names;
}

/// No byte can be written into any file of this process.
class FullDisk {
public:
    FullDisk()
    {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit none{0, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
    }
    ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    const IgnoredSignal over_the_limit_{SIGXFSZ};
    rlimit before_{};
};

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

TEST_CASE("settlement: sums are exact, however large the amounts are")
{
    SettlementDay large = day();
    large.lines.assign(2, line(1, "sale", Outcome::approved, 1));
    for (SettlementLine& line : large.lines) line.amount = {INT64_MAX, "JPY"};
    const std::string text = text_of(large);
    CHECK(text.find(",2,18446744073709551614\n") != std::string::npos);
    CHECK(parse_settlement(text).lines == large.lines);
    large.lines.front().amount.minor = INT64_MIN;
    CHECK_THROWS_AS((void)parse_settlement(text_of(large)), SettlementError);
}

TEST_CASE("settlement: a value that would end a column does not")
{
    SettlementDay odd = day();
    odd.lines[0].approval = "A,\"\r\n1";
    odd.network = "net,a";
    const SettlementDay read = parse_settlement(text_of(odd));
    CHECK(read.lines[0].approval == "A????1");
    CHECK(read.network == "net?a");
}

TEST_CASE("settlement: a file never takes the place of another, and only its owner reads it")
{
    const Folder folder;
    const auto first = write_settlement(folder / "new", day());
    const auto second = write_settlement(folder / "new", day());
    CHECK(first.filename() == "settlement-iso-single-message-2026-08-01-1.csv");
    CHECK(second.filename() == "settlement-iso-single-message-2026-08-01-2.csv");
    CHECK(text_in(first) == text_of(day()));
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    CHECK((std::filesystem::status(first).permissions() & others) == std::filesystem::perms::none);
    CHECK(files_in(folder / "new").size() == 2); // no unfinished ones
}

TEST_CASE("settlement: networks share a folder, whatever they are called")
{
    const Folder folder;
    SettlementDay other = day();
    other.network = "../house of: japan";
    const auto first = write_settlement(folder / "", day());
    const auto second = write_settlement(folder / "", other);
    CHECK(first.filename() == "settlement-iso-single-message-2026-08-01-1.csv");
    CHECK(second.filename() == "settlement-.._house_of__japan-2026-08-01-1.csv");
    CHECK(parse_settlement(text_in(first)).network == "iso-single-message");
    CHECK(parse_settlement(text_in(second)).network == other.network);
}

TEST_CASE("settlement: many that write into one folder at once do not overwrite each other")
{
    const Folder folder;
    constexpr int writers = 4;
    constexpr int each = 20;
    std::vector<pid_t> children;
    for (int i = 0; i < writers; ++i) {
        children.push_back(::fork());
        if (children.back() != 0) continue;
        for (int n = 0; n < each; ++n) (void)write_settlement(folder / "", day());
        ::_exit(0);
    }
    for (const pid_t child : children) {
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    CHECK(files_in(folder / "").size() == writers * each);
}

TEST_CASE("settlement: a folder in which nothing can be written is found before, and nothing is left behind")
{
    const Folder folder;
    check_settlement_folder(folder / "good");
    CHECK(files_in(folder / "good").empty());
    std::ofstream(folder / "file") << "x";
    CHECK_THROWS_AS(check_settlement_folder(folder / "file"), SettlementNotWritten);
    CHECK_THROWS_AS(check_settlement_folder(folder / "file" / "below"), SettlementNotWritten);
    const FullDisk full;
    CHECK_THROWS_AS(check_settlement_folder(folder / "good"), SettlementNotWritten);
    CHECK(files_in(folder / "good").empty());
}

TEST_CASE("settlement: days wait for room on the disk, oldest first, and are told once")
{
    const Folder folder;
    std::vector<std::string> told;
    const auto pause = std::chrono::milliseconds(10);
    const auto moment = [&](int pauses) { return SettlementDays::Moment{} + pauses * pause; };
    SettlementDays days(folder / "", pause,
                        {[&](const std::filesystem::path& file, const SettlementDay&) {
                             told.push_back(file.filename().string());
                         },
                         [&](const SettlementDay& put_off, const std::string& why) {
                             CHECK(contains(why, ".part: "));
                             told.push_back("put off " + put_off.business_date);
                         }});
    SettlementDay next = day();
    next.business_date = "2026-08-02";
    {
        const FullDisk full;
        days.add(day(), moment(0));
        days.retry(moment(1));
        days.add(next, moment(2));
        CHECK(days.unwritten().size() == 2);
        CHECK(files_in(folder / "").empty());
    }
    days.retry(moment(2)); // its pause is not over
    CHECK(days.unwritten().size() == 2);
    days.retry(moment(3));
    days.retry(moment(4));
    CHECK(days.unwritten().empty());
    CHECK(told == std::vector<std::string>{"put off 2026-08-01", "put off 2026-08-02",
                                           "settlement-iso-single-message-2026-08-01-1.csv",
                                           "settlement-iso-single-message-2026-08-02-1.csv"});
    CHECK(text_in(folder / told[3]) == text_of(next));
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
