// The checker is checked: a small clean run passes, and each kind of breach that is planted in it is found.
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "tests/support/fire_scene.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace fire_scene;

namespace {

// --- what is planted

void other_approval_code(Scene& s)
{
    s.ask_again("a", "00");
    Bytes& last = s.events.back().message;
    const std::string approval = "000001";
    const auto found = std::find_end(last.begin(), last.end(), approval.begin(), approval.end());
    REQUIRE(found != last.end());
    *found = '7';
}

void other_rrn_in_answer(Scene& s)
{
    for (Event& event : s.events) {
        const auto message = codec::decode(s.network->dialect(), event.message);
        if (event.direction != Direction::answer || message->get(4) != "000000000050") continue;
        codec::Message changed = *message;
        changed.set(37, "999999999999");
        event.message.clear();
        REQUIRE(codec::encode(s.network->dialect(), changed, event.message).has_value());
    }
}

struct Planted {
    std::string name;
    Breach found_as;
    void (*plant)(Scene&);
};

const Planted planted[] = {
    {"a sale without its effect", Breach::lost,
     [](Scene& s) {
         s.forget("keyed");
         s.books.balances[1] += 10;
     }},
    {"an effect that is too small", Breach::lost,
     [](Scene& s) { s.books.postings.front().amount_minor = 40; }},
    {"a sale's effect twice", Breach::doubled, [](Scene& s) { s.post("keyed", "keyed", -10); }},
    {"a journal row twice", Breach::doubled,
     [](Scene& s) { s.books.journal.push_back(s.journal_row("keyed")); }},
    {"a declined sale that took money", Breach::effect_without_approval,
     [](Scene& s) { s.post("declined", "declined", -50); }},
    {"approved, then declined", Breach::contradicting, [](Scene& s) { s.ask_again("a", "51"); }},
    {"declined, then approved", Breach::contradicting, [](Scene& s) { s.ask_again("declined", "00"); }},
    {"\"reversed\" although nobody reversed", Breach::contradicting,
     [](Scene& s) { s.ask_again("a", "21"); }},
    {"a repeat with another approval code", Breach::differing, other_approval_code},
    {"two kinds of decline", Breach::differing, [](Scene& s) { s.ask_again("declined", "61"); }},
    {"approved, then unavailable", Breach::unavailable_and_approved,
     [](Scene& s) { s.ask_again("a", "91"); }},
    {"declined, then unavailable", Breach::unavailable_and_declined,
     [](Scene& s) { s.ask_again("declined", "91"); }},
    {"an answer with another RRN", Breach::wrong_echo, other_rrn_in_answer},
    {"more answers than requests", Breach::unasked, [](Scene& s) { s.answer("a", "00"); }},
    {"an answer to nothing", Breach::unasked,
     [](Scene& s) {
         s.write_sale("never sent", 5);
         s.answer("never sent", "00");
     }},
    {"an answer on a connection that did not ask", Breach::unasked,
     [](Scene& s) { s.events[1].connection = 7; }},
    {"a request without an answer", Breach::undetermined, [](Scene& s) { s.sale("open", 0, 1); }},
    {"an approval behind the cut-off", Breach::late,
     [](Scene& s) { s.events[1].at = s.events[0].at + cutoff + std::chrono::milliseconds(1); }},
    {"an approval of what had been reversed", Breach::revived,
     [](Scene& s) {
         s.events.back().connection = 0;
         s.add({s.requests.at("reversed"), Direction::request, 3});
         s.add({s.reply("reversed", "00"), Direction::answer, 3});
     }},
    {"a reversal that gave nothing back", Breach::unreversed,
     [](Scene& s) {
         std::erase_if(s.books.postings,
                       [](const PostingRow& p) { return p.group == "key reversed" && p.credit == 2; });
         s.books.balances[2] -= 70;
     }},
    {"a reversal that was refused", Breach::unreversed, [](Scene& s) { s.ask_again("reversal", "25"); }},
    {"a reversal that was not written", Breach::reversal_lost,
     [](Scene& s) {
         std::erase_if(s.books.journal, [](const JournalRow& row) { return row.key == "key reversal"; });
     }},
    {"a message that nobody sent", Breach::invented,
     [](Scene& s) {
         s.write_sale("never sent", 5);
         s.row("never sent", "sale", "approved", 5, -5);
     }},
    {"a posting that hangs on nothing", Breach::invented, [](Scene& s) { s.post("a", "nothing", -5); }},
    {"a message that did not arrive whole", Breach::unasked,
     [](Scene& s) {
         for (Event& event : s.events)
             if (event.message == s.requests.at("keyed")) event.fate = RecordedFrame::Fate::torn;
     }},
    {"both contents of one key approved", Breach::two_contents, [](Scene& s) { s.ask_again("other", "00"); }},
    {"the other content carried out", Breach::two_contents,
     [](Scene& s) { s.journal_row("keyed").amount_minor = 11; }},
    {"a balance off by one", Breach::wrong_balance, [](Scene& s) { s.books.balances[2] += 1; }},
    {"an account that is gone", Breach::wrong_balance, [](Scene& s) { s.books.balances.erase(2); }},
};

std::string findings_of(const Audit& audit)
{
    std::string text;
    for (const Violation& v : audit.violations)
        text += std::string(name_of(v.breach)) + ": " + v.key + ": " + v.text + "\n";
    return text;
}

} // namespace

TEST_CASE("auditor: a clean run is clean, and everything in it is counted")
{
    const Audit audit = Scene().audited();
    INFO(findings_of(audit));
    CHECK(audit.is_clean({}));
    CHECK(audit.requests == 12);
    CHECK(audit.answers == 12);
    CHECK(audit.messages == 10);
    CHECK(audit.determinate == 10);
    CHECK(audit.approved == 8);
}

TEST_CASE("auditor: every planted breach is found")
{
    for (const Planted& row : planted) {
        CAPTURE(row.name);
        Scene scene;
        row.plant(scene);
        const Audit audit = scene.audited();
        INFO(findings_of(audit));
        CHECK_FALSE(audit.is_clean({}));
        CHECK(audit.counts.at(static_cast<std::size_t>(row.found_as)) > 0);
    }
}

TEST_CASE("auditor: every kind of breach has been planted, and has a name of its own")
{
    for (std::size_t i = 0; i < breach_count; ++i) {
        const auto breach = static_cast<Breach>(i);
        CAPTURE(name_of(breach));
        CHECK(std::ranges::any_of(planted, [&](const Planted& row) { return row.found_as == breach; }));
        CHECK(breach_named(name_of(breach)) == breach);
    }
    CHECK_FALSE(breach_named("nothing"));
}

TEST_CASE("auditor: what is tolerated is counted, and only that")
{
    Scene scene;
    scene.ask_again("a", "91");
    const Audit audit = scene.audited();
    CHECK(audit.is_clean({Breach::unavailable_and_approved}));
    CHECK_FALSE(audit.is_clean({Breach::late}));
}

TEST_CASE("auditor: a reversal may overtake its sale")
{
    Scene scene;
    scene.write_sale("late sale", 40);
    scene.ask("early reversal", {.kind = Kind::reversal}, "late sale");
    scene.answer("early reversal", "00");
    scene.row("early reversal", "fault_reversal", "accepted", 40, 0, "late sale");
    scene.ask_again("late sale", "21");
    scene.row("late sale", "sale", "reversed_before_arrival", 40, 0);
    const Audit audit = scene.audited();
    INFO(findings_of(audit));
    CHECK(audit.is_clean({}));
}

TEST_CASE("auditor: a broken export is refused")
{
    CHECK(parse_books("").journal.empty());
    for (const char* lines :
         {"{", "[]", "{\"something\":1}", "{\"account\":\"x\"}", "{\"posting\":\"a\"}\n"}) {
        CAPTURE(lines);
        CHECK_THROWS_AS((void)parse_books(lines), BooksError);
    }
}
