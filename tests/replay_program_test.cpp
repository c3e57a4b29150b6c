// `tollgate-sim replay` as a user runs it: against servers of its own and of others.
#include "sim/auditor_books.hpp"
#include "sim/capture.hpp"
#include "sim/child_process.hpp"
#include "sim/load_command.hpp"
#include "sim/rng.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"
#include "tests/support/replay_capture.hpp"
#include "tests/support/sanitizer.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace sim;
using test::ReplayCapture;

namespace {

const std::string program = std::string(TOLLGATE_BIN_DIR) + "/tollgate-sim";

/// A folder of its own, with captures in it.
class CaptureFiles {
public:
    CaptureFiles()
    {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-replay-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    ~CaptureFiles() { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, const Capture& capture)
    {
        const std::string file = folder_ + "/" + name;
        std::ofstream out(file, std::ios::binary);
        CaptureWriter writer(out, file, capture.header);
        for (const CaptureRecord& record : capture.records)
            writer.add(record.place, boost::json::serialize(record.message), "");
        writer.finish();
        return file;
    }

private:
    std::string folder_;
};

/// What a network that loses answers sends in a few minutes: sales, cancels, advices, repeats, and reversals
/// of which many overtake what they undo. Ends at `messages`.
Capture busy_capture(std::size_t messages, std::uint64_t seed)
{
    Rng rng(seed);
    ReplayCapture made;
    std::vector<std::uint64_t> sales;
    for (std::size_t i = 0; made.capture().records.size() < messages; ++i) {
        const std::string stan = std::to_string(200'000 + 10 * i);
        const std::string digits = "4000001234" + std::to_string(10'000 + rng.below(40));
        const std::string card = digits + luhn_digit(digits);
        const auto when = std::chrono::milliseconds{100 * i};
        made.on(static_cast<std::uint32_t>(1 + rng.below(3))).at(when);
        const auto sale = made.sale(stan, card, "00000000" + std::to_string(1'000 + rng.below(9'000)));
        const auto left = messages - made.capture().records.size();
        const std::uint64_t fate = rng.below(10);
        if (fate < 5 && left > 0) { // one in two overtakes its sale
            const auto sent =
                fate < 3 ? when - std::chrono::milliseconds{50} : when + std::chrono::milliseconds{5'000};
            made.at(std::max(sent, std::chrono::milliseconds{0})).reversal(sale);
            if (fate == 0) made.capture().records.back().message["fields"].as_object().erase("2");
        } else if (fate == 5 && left > 1) {
            const auto cancel = made.follow("0400", std::to_string(200'001 + 10 * i), sale, "17");
            made.at(when + std::chrono::milliseconds{900}).reversal(cancel);
            if (left > 2) made.reversal(sale);
        } else if (fate == 6 && left > 0) {
            made.follow("0400", std::to_string(200'001 + 10 * i), sale, "17");
        } else if (fate == 7 && left > 0) {
            made.follow("0220", stan, sale, "00");
        } else if (fate == 8 && left > 0) {
            made.request("0201", made.record(sale).message.at("fields").as_object());
        }
    }
    return made.capture();
}

/// The same in a house dialect of packed digits: a reversal is the same message with another MTI.
Capture house_capture(std::size_t sales)
{
    ReplayCapture made;
    made.capture().header.dialect = "iso87-bcd";
    for (std::size_t i = 0; i < sales; ++i) {
        const auto when = std::chrono::milliseconds{100 + 100 * i};
        const auto sale = made.at(when).sale(std::to_string(300'000 + i));
        made.capture().records.back().message["mti"] = "0100";
        const auto again = [&](std::chrono::milliseconds at, const char* mti) {
            made.at(at).request(mti, made.record(sale).message.at("fields").as_object());
        };
        const auto late = when + std::chrono::milliseconds{50};
        if (i % 3 == 0) again(when - std::chrono::milliseconds{50}, "0120");
        if (i % 3 == 1) again(late, "0400");
        if (i % 6 == 1) again(late, "0420");
    }
    return made.capture();
}

Finished replay(const std::string& file, std::vector<std::string> words)
{
    std::vector<std::string> all{program, "replay", file};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all, "");
}

/// The capture of a sale that is reversed and one that stands, on cards of the bed.
Capture shop_capture(const ImportedCards& imported)
{
    ReplayCapture made;
    made.sign_on();
    const auto first = made.sale("000001", imported.cards[0].pan);
    made.answer(first, "00", "A00001");
    const auto reversal = made.reversal(first);
    made.answer(reversal, "00");
    const auto second = made.sale("000002", imported.cards[1].pan, "000000000300");
    made.answer(second, "00", "A00002");
    return made.capture();
}

} // namespace

TEST_CASE("a plan is the same text for the same capture, options and seed")
{
    CaptureFiles files;
    const std::string file = files.write("busy.jsonl", busy_capture(500, 1));
    const std::vector<std::string> words{
        "--order", "shuffle",  "--seed", "7",         "--drop",    "0.01",         "--duplicate",
        "0.1",     "--timing", "x10",    "--dry-run", "--refresh", "--refresh-at", "2026-03-02T09:15:00Z"};
    const Finished once = replay(file, words);
    REQUIRE_MESSAGE(once.status == 0, once.err);
    CHECK(once.out == replay(file, words).out);
    CHECK(std::count(once.out.begin(), once.out.end(), '\n') > 500);
    auto other = words;
    other[3] = "8";
    CHECK(once.out != replay(file, other).out);
}

TEST_CASE("a thousand orders of 500 messages give equal books in memory")
{
    const std::string orders = test::has_sanitizer ? "100" : "1000"; // which takes ten times as long
    CaptureFiles files;
    const std::string file = files.write("busy.jsonl", busy_capture(500, 2));
    const Finished run = replay(file, {"--order-check", orders, "--network", "iso-single-message", "--seed",
                                       "3", "--bin", TOLLGATE_BIN_DIR});
    INFO(run.out);
    REQUIRE_MESSAGE(run.status == 0, run.err);
    CHECK(run.out.find(orders + " orders, all with equal books") != std::string::npos);
    MESSAGE(run.out);
}

TEST_CASE("an order check knows the cards by the expiry that the capture gives them")
{
    CaptureFiles files;
    Capture capture = busy_capture(60, 2);
    for (CaptureRecord& record : capture.records) record.message["fields"].as_object()["14"] = "4101";
    const std::string file = files.write("expiry.jsonl", capture);
    const Finished run = replay(file, {"--order-check", "5", "--network", "iso-single-message", "--seed", "3",
                                       "--bin", TOLLGATE_BIN_DIR});
    INFO(run.out);
    CHECK_MESSAGE(run.status == 0, run.err); // 1: nothing was approved
}

TEST_CASE("orders of a house dialect give equal books, too")
{
    CaptureFiles files;
    const std::string file = files.write("house.jsonl", house_capture(60));
    const Finished run = replay(file, {"--order-check", "50", "--network", "japanese-house", "--seed", "3",
                                       "--bin", TOLLGATE_BIN_DIR});
    INFO(run.out);
    REQUIRE_MESSAGE(run.status == 0, run.err);
    CHECK(run.out.find("110 messages, 40 groups, 0 of them") != std::string::npos);
}

TEST_CASE("twenty orders of 500 messages give equal books in PostgreSQL")
{
    const FreshDatabase database{FreshDatabase::Schema::none};
    CaptureFiles files;
    const std::string file = files.write("busy.jsonl", busy_capture(500, 2));
    const Finished run =
        replay(file, {"--order-check", "20", "--network", "iso-single-message", "--seed", "3", "--books",
                      "postgres", "--database", database.url(), "--bin", TOLLGATE_BIN_DIR});
    INFO(run.out);
    REQUIRE_MESSAGE(run.status == 0, run.err);
    CHECK(run.out.find("20 orders, all with equal books") != std::string::npos);
    MESSAGE(run.out);
}

TEST_CASE("a capture is replayed again and again, and its answers are compared")
{
    const FreshDatabase database{FreshDatabase::Schema::none};
    TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url()});
    RunIds ids(1, wall_clock_us());
    const ImportedCards imported = import_cards(bed, ids, 2, Amount{5'000, "JPY"});
    const auto host = bed.start_host();
    CaptureFiles files;
    const std::string file = files.write("shop.jsonl", shop_capture(imported));
    const std::string target = text_of(host->address("a-1"));
    const auto balance = [&](std::int64_t card) {
        return bed.office().balance_minor(imported.first_account + card);
    };

    const std::vector<std::string> words{"--target", target, "--timing", "50/s", "--refresh", "--compare"};
    const Finished once = replay(file, words);
    CHECK_MESSAGE(once.status == 0, (once.out + once.err));
    CHECK(once.out.find("3 compared · 3 same") != std::string::npos);
    CHECK(balance(0) == 5'000);
    CHECK(balance(1) == 4'700);

    auto checked = words;
    checked.insert(checked.end(), {"--check", "--database", database.url(), "--bin", TOLLGATE_BIN_DIR});
    const Finished again = replay(file, checked);
    CHECK_MESSAGE(again.status == 0, (again.out + again.err));
    CHECK(again.err.find("ok") != std::string::npos); // an invariant of the books
    CHECK(balance(1) == 4'400);                       // no repeat of the first: it has keys of its own

    auto reversal_first = words;
    reversal_first.insert(reversal_first.end(), {"--order", "reversal-first"});
    const Finished overtaken = replay(file, reversal_first);
    CHECK(overtaken.status == 1);
    CHECK(overtaken.out.find("39: 00 -> 21") != std::string::npos);
    CHECK(overtaken.out.find("first #2") != std::string::npos);
    CHECK(balance(0) == 5'000); // the late sale was refused
    CHECK(balance(1) == 4'100);

    auto explored = words;
    explored.pop_back();
    explored.insert(explored.end(), {"--order", "explore", "--json"});
    const Finished explore = replay(file, explored);
    CHECK_MESSAGE(explore.status == 0, explore.err);
    const auto object = boost::json::parse(explore.out).as_object();
    CHECK(object.at("messages").as_int64() == 6);
    CHECK(object.at("answered").as_int64() == 6);
    CHECK(balance(0) == 5'000);

    CHECK(host->stop() == 0);
    CHECK(replay(file, words).status == 3); // nobody is there
}

TEST_CASE("wrong usage is told as such")
{
    CaptureFiles files;
    const std::string file = files.write("shop.jsonl", busy_capture(10, 1));
    struct Row {
        const char* name;
        std::vector<std::string> words;
        int status;
    };
    const Row rows[] = {
        {"no target", {}, 2},
        {"an unknown order", {"--order", "backwards", "--dry-run"}, 2},
        {"an unknown timing", {"--timing", "fast", "--dry-run"}, 2},
        {"explore without refresh", {"--order", "explore", "--dry-run"}, 2},
        {"more to explore than there is room",
         {"--order", "explore", "--refresh", "--max-messages", "10", "--dry-run"},
         2},
        {"a capture for which there is no room", {"--max-messages", "9", "--dry-run"}, 3},
        {"a MAC key that is not there", {"--mac-key-file", "mac.key", "--dry-run"}, 2},
        {"a time that is none", {"--refresh", "--refresh-at", "yesterday", "--dry-run"}, 2},
        {"an order check without a network", {"--order-check", "3"}, 2},
        {"another dialect than the capture's", {"--order-check", "3", "--network", "japanese-house"}, 2},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(replay(file, row.words).status == row.status);
    }
    CHECK(replay(file + ".not-there", {"--dry-run"}).status == 3);
}
