// The checker is checked: a small clean run passes, and each kind of breach that is planted in it is found.
#include "tests/support/audit_scene.hpp"

using namespace audited;

namespace {

// --- what is planted: named by what has gone wrong

void sale_without_effect(Scene& s)
{
    s.forget("keyed");
    s.books.balances[1] += 10;
}
void effect_but_no_posting(Scene& s)
{
    s.books.postings.front().amount_minor = 40;
}
void effect_twice(Scene& s)
{
    s.post("keyed", "keyed", -10);
}
void row_twice(Scene& s)
{
    s.books.journal.push_back(s.journal_row("keyed"));
}
void decline_that_took(Scene& s)
{
    s.post("declined", "declined", -50);
}
void approved_then_declined(Scene& s)
{
    s.repeat("a");
    s.answer("a", "51");
}
void declined_then_approved(Scene& s)
{
    s.repeat("declined");
    s.answer("declined", "00");
}
void reversed_code_without_reversal(Scene& s)
{
    s.repeat("a");
    s.answer("a", "21");
}
void other_approval_code(Scene& s)
{
    s.repeat("a");
    s.answer("a", "00");
    Bytes& last = s.events.back().message;
    const std::string approval = "000001";
    const auto found = std::find_end(last.begin(), last.end(), approval.begin(), approval.end());
    REQUIRE(found != last.end());
    *found = '7';
}
void two_kinds_of_decline(Scene& s)
{
    s.repeat("declined");
    s.answer("declined", "61");
}
void unavailable_and_approved(Scene& s)
{
    s.repeat("a");
    s.answer("a", "91");
}
void unavailable_and_declined(Scene& s)
{
    s.repeat("declined");
    s.answer("declined", "91");
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
void answer_too_many(Scene& s)
{
    s.answer("a", "00");
}
void answer_to_nothing(Scene& s)
{
    s.requests["never sent"] = s.writer.write({.kind = Kind::sale, .amount_minor = 5}, nullptr);
    s.answer("never sent", "00");
}
void answer_on_another_connection(Scene& s)
{
    s.events[1].connection = 7;
}
void no_answer(Scene& s)
{
    s.sale("open", 0, 1);
}
void late_approval(Scene& s)
{
    s.events[1].at = s.events[0].at + cutoff + std::chrono::milliseconds(1);
}
void approved_behind_reversal(Scene& s)
{
    s.events.back().connection = 0;
    s.add({s.requests.at("reversed"), Direction::request, 3});
    s.add({s.reply("reversed", "00"), Direction::answer, 3});
}
void reversal_without_effect(Scene& s)
{
    std::erase_if(s.books.postings,
                  [](const PostingRow& p) { return p.group == "key reversed" && p.credit == 2; });
    s.books.balances[2] -= 70;
}
void reversal_refused(Scene& s)
{
    s.repeat("reversal");
    s.answer("reversal", "25");
}
void reversal_not_written(Scene& s)
{
    std::erase_if(s.books.journal, [](const JournalRow& row) { return row.key == "key reversal"; });
}
void message_nobody_sent(Scene& s)
{
    s.requests["never sent"] = s.writer.write({.kind = Kind::sale, .amount_minor = 5}, nullptr);
    s.row("never sent", "sale", "approved", 5, -5);
}
void posting_on_nothing(Scene& s)
{
    s.post("a", "nothing", -5);
}
void request_that_never_went_on(Scene& s)
{
    for (Event& event : s.events)
        if (event.message == s.requests.at("keyed")) event.fate = RecordedFrame::Fate::torn;
}
void damaged_and_approved(Scene& s)
{
    s.add({s.requests.at("keyed"), Direction::request, 0, {}, RecordedFrame::Fate::damaged});
    s.answer("keyed", "00");
}
void damaged_and_refused_twice(Scene& s)
{
    s.add({s.requests.at("keyed"), Direction::request, 0, {}, RecordedFrame::Fate::damaged});
    s.answer("keyed", "30");
    s.answer("keyed", "30");
}
void damaged_and_refused_elsewhere(Scene& s)
{
    s.add({s.requests.at("keyed"), Direction::request, 7, {}, RecordedFrame::Fate::damaged});
    s.answer("keyed", "30");
}
void format_error_of_a_whole_message(Scene& s)
{
    s.repeat("keyed");
    s.answer("keyed", "30");
}
void both_contents_approved(Scene& s)
{
    s.repeat("other");
    s.answer("other", "00");
}
void wrong_content_carried_out(Scene& s)
{
    s.journal_row("keyed").amount_minor = 11;
}
void balance_off_by_one(Scene& s)
{
    s.books.balances[2] += 1;
}
void account_gone(Scene& s)
{
    s.books.balances.erase(2);
}

struct Planted {
    std::string name;
    void (*plant)(Scene&);
    Breach found_as;
};

const Planted planted[] = {
    {"a sale without its effect", sale_without_effect, Breach::lost},
    {"an effect that is too small", effect_but_no_posting, Breach::lost},
    {"a sale's effect twice", effect_twice, Breach::doubled},
    {"a journal row twice", row_twice, Breach::doubled},
    {"a declined sale that took money", decline_that_took, Breach::effect_without_approval},
    {"approved, then declined", approved_then_declined, Breach::contradicting},
    {"declined, then approved", declined_then_approved, Breach::contradicting},
    {"\"reversed\" although nobody reversed", reversed_code_without_reversal, Breach::contradicting},
    {"a repeat with another approval code", other_approval_code, Breach::differing},
    {"two kinds of decline", two_kinds_of_decline, Breach::differing},
    {"approved, then unavailable", unavailable_and_approved, Breach::unavailable_and_approved},
    {"declined, then unavailable", unavailable_and_declined, Breach::unavailable_and_declined},
    {"an answer with another RRN", other_rrn_in_answer, Breach::wrong_echo},
    {"more answers than requests", answer_too_many, Breach::unasked},
    {"an answer to nothing", answer_to_nothing, Breach::unasked},
    {"an answer on a connection that did not ask", answer_on_another_connection, Breach::unasked},
    {"a request without an answer", no_answer, Breach::undetermined},
    {"an approval behind the cut-off", late_approval, Breach::late},
    {"an approval of what had been reversed", approved_behind_reversal, Breach::revived},
    {"a reversal that gave nothing back", reversal_without_effect, Breach::unreversed},
    {"a reversal that was refused", reversal_refused, Breach::unreversed},
    {"a reversal that was not written", reversal_not_written, Breach::reversal_lost},
    {"a message that nobody sent", message_nobody_sent, Breach::invented},
    {"a posting that hangs on nothing", posting_on_nothing, Breach::invented},
    {"a message that did not arrive whole", request_that_never_went_on, Breach::unasked},
    {"a damaged message carried out", damaged_and_approved, Breach::unasked},
    {"a damaged message refused twice", damaged_and_refused_twice, Breach::unasked},
    {"a refusal on another connection", damaged_and_refused_elsewhere, Breach::unasked},
    {"a whole message called unreadable", format_error_of_a_whole_message, Breach::contradicting},
    {"both contents of one key approved", both_contents_approved, Breach::two_contents},
    {"the other content carried out", wrong_content_carried_out, Breach::two_contents},
    {"a balance off by one", balance_off_by_one, Breach::wrong_balance},
    {"an account that is gone", account_gone, Breach::wrong_balance},
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
    unavailable_and_approved(scene);
    const Audit audit = scene.audited();
    CHECK(audit.is_clean({Breach::unavailable_and_approved}));
    CHECK_FALSE(audit.is_clean({Breach::late}));
}

TEST_CASE("auditor: that a damaged request cannot be read says nothing of its message")
{
    for (const char* code : {"30", ""}) { // or silence
        CAPTURE(code);
        Scene scene;
        for (const std::string name : {"a", "declined", "cancel", "reversal"}) {
            scene.add({scene.requests.at(name), Direction::request, 0, {}, RecordedFrame::Fate::damaged});
            if (*code) scene.answer(name, code);
        }
        const Audit audit = scene.audited();
        INFO(findings_of(audit));
        CHECK(audit.is_clean({}));
        CHECK(audit.format_errors == (*code ? 4 : 0));
        CHECK(audit.messages == 10);
    }
}

TEST_CASE("auditor: a reversal may overtake its sale")
{
    Scene scene;
    scene.requests["late sale"] =
        scene.writer.write({.kind = Kind::sale, .card = 0, .amount_minor = 40}, nullptr);
    scene.ask("early reversal", {.kind = Kind::reversal}, "late sale");
    scene.answer("early reversal", "00");
    scene.row("early reversal", "fault_reversal", "accepted", 40, 0, "late sale");
    scene.repeat("late sale");
    scene.answer("late sale", "21");
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
