// The checker is checked: a small clean run passes, and each kind of breach that is planted in it is found.
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "sim/auditor.hpp"
#include "sim/fire_writer.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace sim;

namespace {

using Kind = PlannedMessage::Kind;

constexpr std::int64_t opening = 1000;
constexpr std::chrono::milliseconds cutoff{1800};
const std::string first_pan = "9999990000000018";
const std::string second_pan = "9999990000000026";

/// What went by, before it is a recording.
struct Event {
    Bytes message;
    Direction direction = Direction::request;
    std::uint32_t connection = 0;
    std::chrono::milliseconds at{0};
    RecordedFrame::Fate fate = RecordedFrame::Fate::whole;
};

/// A run in the making: requests and answers by name, and the rows that a right ledger would have.
class Scene {
public:
    Scene()
    {
        sale("a", 0, 100);
        answer("a", "00");
        repeat("a");
        answer("a", "00");
        row("a", "sale", "approved", 100, -100);
        sale("declined", 0, 50);
        answer("declined", "51");
        row("declined", "sale", "insufficient_funds", 50, 0);
        ask("refund", {.kind = Kind::refund, .card = 1, .amount_minor = 30});
        answer("refund", "00");
        row("refund", "refund", "approved", 30, 30);
        sale("cancelled", 1, 200);
        answer("cancelled", "00");
        row("cancelled", "sale", "approved", 200, -200);
        ask("cancel", {.kind = Kind::cancel, .amount_minor = 200}, "cancelled");
        answer("cancel", "00");
        row("cancel", "cancel", "approved", 200, 200, "cancelled");
        sale("reversed", 1, 70);
        answer("reversed", "00");
        row("reversed", "sale", "approved", 70, -70);
        ask("reversal", {.kind = Kind::reversal}, "reversed");
        answer("reversal", "00");
        row("reversal", "fault_reversal", "accepted", 70, 70, "reversed");
        repeat("reversed");
        answer("reversed", "21");
        sale("keyed", 0, 10);
        answer("keyed", "00");
        row("keyed", "sale", "approved", 10, -10);
        ask("other", {.kind = Kind::other_content, .amount_minor = 11}, "keyed");
        answer("other", "94");
        ask("part", {.kind = Kind::linked_refund, .amount_minor = 20}, "a");
        answer("part", "00");
        row("part", "refund", "approved", 20, 20, "a");
        books.balances = {{1, opening - 100 - 10 + 20}, {2, opening + 30}};
    }

    void sale(const std::string& name, std::uint32_t card, std::int64_t minor)
    {
        ask(name, {.kind = Kind::sale, .card = card, .amount_minor = minor});
    }
    void ask(const std::string& name, const PlannedMessage& message, const std::string& of = {})
    {
        requests[name] = writer.write(message, of.empty() ? nullptr : &requests.at(of));
        repeat(name);
    }
    void repeat(const std::string& name) { add({requests.at(name), Direction::request}); }
    void answer(const std::string& name, const std::string& code)
    {
        add({reply(name, code), Direction::answer});
    }
    void add(Event event)
    {
        event.at = std::chrono::milliseconds(10 * events.size());
        events.push_back(std::move(event));
    }

    Bytes reply(const std::string& name, const std::string& code) const
    {
        const auto request = codec::decode(network->dialect(), requests.at(name));
        codec::Message message(codec::answer_to(request->mti()));
        for (const int de : {2, 3, 4, 7, 11, 37, 41, 90}) message.echo(de, *request);
        message.set(39, code);
        if (code == "00") message.set(38, "000001");
        Bytes bytes;
        REQUIRE(codec::encode(network->dialect(), message, bytes).has_value());
        return bytes;
    }

    /// of       the sale in whose group it is
    void row(const std::string& name, const std::string& operation, const std::string& reason,
             std::int64_t minor, std::int64_t posted, const std::string& of = {})
    {
        const auto request = codec::decode(network->dialect(), requests.at(name));
        std::string mti(request->mti().text().substr(1, 2));
        books.journal.push_back({"key " + name, "key " + (of.empty() ? name : of),
                                 mti + " " + std::string(request->get(11)) + " " +
                                     std::string(request->get(7)) + " " + std::string(request->get(41)),
                                 operation, reason, minor, posted});
        if (posted != 0) post(name, of.empty() ? name : of, posted);
    }
    void post(const std::string& name, const std::string& group, std::int64_t minor)
    {
        const auto request = codec::decode(network->dialect(), requests.at(name));
        const std::int64_t account = request->get(2) == first_pan ? 1 : 2;
        constexpr std::int64_t clearing = 99;
        if (minor > 0)
            books.postings.push_back({"key " + group, clearing, account, minor});
        else
            books.postings.push_back({"key " + group, account, clearing, -minor});
    }
    JournalRow& journal_row(const std::string& name)
    {
        for (JournalRow& row : books.journal)
            if (row.key == "key " + name) return row;
        FAIL("no row of " << name);
        return books.journal.front();
    }
    void forget(const std::string& name)
    {
        std::erase_if(books.journal, [&](const JournalRow& row) { return row.key == "key " + name; });
        std::erase_if(books.postings, [&](const PostingRow& row) { return row.group == "key " + name; });
    }

    Audit audited() const
    {
        Recording recording;
        const auto begin = Clock::now();
        for (const Event& event : events) {
            RecordedFrame frame;
            frame.at = frame.at_least = begin + event.at;
            frame.connection = event.connection;
            frame.direction = event.direction;
            frame.fate = event.fate;
            recording.add(frame, event.message);
        }
        return audit(recording, books,
                     {network->dialect(), cutoff, {{first_pan, 1}, {second_pan, 2}}, opening});
    }

    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    RunIds ids{1, 1};
    FireWriter writer{*network, ids, {{first_pan, "3512"}, {second_pan, "3512"}}};
    std::map<std::string, Bytes> requests;
    std::vector<Event> events;
    LedgerBooks books;
};

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
