#include "tests/decision_table/row.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

using namespace decision_table;

namespace {

// --- playing a row

struct Moved {
    std::int64_t on_account = 0;
    std::int64_t on_suspense = 0;
};

Moved moved_by(const Books& books)
{
    Moved moved;
    for (const authz::Posting& p : books.new_postings())
        (p.on_suspense ? moved.on_suspense : moved.on_account) += p.delta.minor;
    return moved;
}

Anomaly anomaly_of_last(const Books& books, std::size_t records_before)
{
    const bool is_new = books.new_records().size() > records_before;
    return is_new ? books.new_records().back().anomaly : books.new_redeliveries().back().anomaly;
}

void play(const Step& step, Books& books)
{
    if (step.change) return step.change(books);
    const Moved before = moved_by(books);
    const std::size_t records = books.new_records().size();
    const authz::Answer answer = books.serve(step.request, step.now).answer;
    const Moved after = moved_by(books);
    CHECK(answer.code == step.code);
    CHECK(answer.approved_minor == step.approved_minor);
    CHECK(after.on_account - before.on_account == step.effect);
    CHECK(after.on_suspense - before.on_suspense == step.on_suspense);
    CHECK(name_of(anomaly_of_last(books, records)) == name_of(step.anomaly));
}

void play(const Row& row)
{
    Given given;
    row.given(given);
    Books books;
    books.load(given.account);
    books.load(given.card);
    for (std::size_t i = 0; i < row.steps.size(); ++i) {
        CAPTURE(i);
        play(row.steps[i], books);
    }
    CHECK(books.find_account(1001)->balance_minor ==
          given.account.balance_minor + moved_by(books).on_account);
    row.finally(books);
}

void play_all(const std::vector<Row>& rows)
{
    for (const Row& row : rows) SUBCASE(row.name.c_str()) play(row);
}

// --- which rows there are

/// A row that is not the pure core's: which test shows it, or why none does.
struct Elsewhere {
    const char* id;
    const char* file; ///< in tests/, without "_test.cpp"; empty: not served
    const char* test; ///< its name, or what is not served
};

constexpr const char* no_holds = "holds (dual message) are not served";
constexpr const char* no_weak_keys = "weak keys are not served";
constexpr const char* no_file = "the network's daily file is not read yet";

constexpr Elsewhere elsewhere[] = {
    {"B1", "link", "link: a copy in flight is joined and each gets the one answer"},
    {"B10", "connection",
     "connection: until its cut-off an approval that nobody got is given to a repeat on another connection"},
    {"B11", "store_race", "one message on two nodes at once has one effect and one answer"},
    {"B12", "", no_holds},
    {"C7", "link_time", "link: an approval carries its cut-off, and none is made after it"},
    {"C16", "", no_weak_keys},
    {"C17", "", no_weak_keys},
    {"C23", "", "late notices (0290) are not served"},
    {"C25", "", "links do not check MACs yet"},
    {"C26", "ledger_parking",
     "ledger parking: a reversal that cannot be written is tried on and not acknowledged"},
    {"C27", "link",
     "link: before a sign-on that is required, requests get no answer and reversals are taken"},
    {"D9", "", no_file},
    {"D10", "", no_file},
    {"E5", "ledger_queue", "ledger queue: with several workers the messages of one card stay in order"},
    {"F11", "extent", "extent: DE95 is read by the profile's mode (F1-F5, F11)"},
    {"G1", "", no_holds},
    {"G2", "", no_holds},
    {"G3", "", no_holds},
    {"G4", "", no_holds},
    {"G5", "", no_holds},
    {"G6", "", no_holds},
    {"G7", "", no_holds},
    {"G8", "", no_holds},
    {"G9", "", no_holds},
    {"G10", "", no_holds},
    {"G11", "", no_holds},
    {"G12", "", no_holds},
    {"G13", "", no_holds},
    {"G14", "", no_holds},
    {"G15", "", no_holds},
    {"G16", "", no_holds},
    {"G17", "", no_holds},
    {"H1", "ledger_queue", "ledger queue: what expires while queued is told once its decline is durable"},
    {"H2", "ledger_undo",
     "ledger undo: an approval that did not leave is undone once, and not before its cut-off"},
    {"H3", "ledger_queue",
     "ledger queue: in doubt, the same deliveries run until an end is known, and nobody declines them"},
    {"H4", "ledger_queue", "ledger queue: an own undo is tried until it is committed"},
    {"H5", "connection", "connection: an approval whose connection is gone is undone"},
    {"H6", "outbox", "outbox: one byte handed over, and only the network may undo it"},
    {"H7", "ledger_queue", "ledger queue: reversals are taken when requests are refused for overload"},
    {"H8", "ledger_undo",
     "ledger undo: a late sale ends at the opening balance and a repeat of it is refused"},
    {"H9", "ledger_queue", "ledger queue: what is given up before it is committing is not executed"},
    {"H10", "outbox",
     "outbox: an approval whose cut-off has come is dropped; what has begun to leave, and the rest, stays"},
    {"Z1", "crash", "crash: kill -9 during a load loses no answer's effect and doubles none"},
    {"Z2", "crash", "crash: kill -9 during a load loses no answer's effect and doubles none"},
    {"Z3", "crash", "crash: kill -9 during a load loses no answer's effect and doubles none"},
    {"Z4", "repair_program",
     "repair: what a server that is killed decided behind its last sign is listed, and nothing is undone"},
    {"Z5", "repair_unconfirmed",
     "repair: an unconfirmed effect is closed by the network's reversal and by a repeat that was answered"},
    {"Z6", "repair_program",
     "repair: killed between an undo and its note, it is run again and has undone once"},
    {"Z7", "repair_unconfirmed",
     "repair: the next message of a group that has moved too little posts what is missing as well"},
    {"Z8", "crash", "crash: kill -9 during a load loses no answer's effect and doubles none"},
    {"Z9", "repair_program",
     "repair: killed between an undo and its note, it is run again and has undone once"},
    {"Z10", "", no_file},
    {"Z11", "authz_decide",
     "decide: a business date of the sender's choice neither escapes the limits of the day nor spoils them"},
    {"Z12", "", "fail-over is PostgreSQL's and its operators'"},
    {"Z13", "store_failure",
     "a session that dies before COMMIT is answered leaves the batch in doubt, and running it again ends it"},
    {"Z14", "store_race", "one message on two nodes at once has one effect and one answer"},
    {"Z15", "link_time", "link: deadlines count from the first byte of the frame"},
    {"Z16", "disk_full",
     "disk full: without room for WAL PostgreSQL dies, and no answer was or becomes wrong"},
    {"Z17", "store_failure",
     "a database that could lose a commit, or has another schema, is refused by one line"},
};

std::set<std::string> all_ids()
{
    const std::pair<char, int> letters[] = {{'A', 15}, {'B', 12}, {'S', 9},  {'C', 27}, {'D', 14},
                                            {'E', 25}, {'F', 12}, {'G', 17}, {'H', 10}, {'Z', 17}};
    std::set<std::string> ids{"D5a"};
    for (const auto& [letter, count] : letters)
        for (int i = 1; i <= count; ++i) ids.insert(letter + std::to_string(i));
    return ids;
}

std::set<std::string> ids_of_rows()
{
    std::set<std::string> ids;
    for (const auto& rows : {rows_a(), rows_b(), rows_s(), rows_c(), rows_d(), rows_e(), rows_f()})
        for (const Row& row : rows) ids.insert(row.name.substr(0, row.name.find(':')));
    return ids;
}

/// The text of a test file, with names that a line break splits put together.
std::string text_of_test(const std::string& file)
{
    std::ifstream in(TOLLGATE_SOURCE_DIR "/tests/" + file + "_test.cpp");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    for (auto at = text.find("\"\n"); at != std::string::npos; at = text.find("\"\n", at)) {
        const auto next = text.find_first_not_of(" \n", at + 1);
        if (next != std::string::npos && text[next] == '"')
            text.erase(at, next + 1 - at);
        else
            ++at;
    }
    return text;
}

} // namespace

TEST_CASE("decision table A: first delivery")
{
    play_all(rows_a());
}
TEST_CASE("decision table B: duplicates")
{
    play_all(rows_b());
}
TEST_CASE("decision table S: stand-in advice meets its request")
{
    play_all(rows_s());
}
TEST_CASE("decision table C: fault reversal of a sale, refund or load")
{
    play_all(rows_c());
}
TEST_CASE("decision table D: reversal before its original")
{
    play_all(rows_d());
}
TEST_CASE("decision table E: cancel, and reversal of a cancel")
{
    play_all(rows_e());
}
TEST_CASE("decision table F: partial reversals")
{
    play_all(rows_f());
}

TEST_CASE("decision table: every row is shown here, elsewhere, or not served, and only once")
{
    std::set<std::string> ids = ids_of_rows();
    for (const Elsewhere& row : elsewhere) {
        CAPTURE(std::string(row.id));
        CHECK(ids.insert(row.id).second);
    }
    CHECK(ids == all_ids());
}

TEST_CASE("decision table: the tests that show rows elsewhere exist")
{
    std::map<std::string, std::string> texts;
    for (const Elsewhere& row : elsewhere) {
        if (std::string_view(row.file).empty()) continue;
        CAPTURE(std::string(row.id));
        auto [text, is_new] = texts.try_emplace(row.file);
        if (is_new) text->second = text_of_test(row.file);
        CHECK(text->second.find(row.test) != std::string::npos);
    }
}
