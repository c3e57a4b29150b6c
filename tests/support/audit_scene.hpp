#pragma once

#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "sim/auditor.hpp"
#include "sim/fire_writer.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

/// A small run as a recorder and a ledger would have seen it, for tests of the checker.
namespace audited {

using namespace sim;
using Kind = PlannedMessage::Kind;

inline constexpr std::int64_t opening = 1000;
inline constexpr std::chrono::milliseconds cutoff{1800};
inline const std::string first_pan = "9999990000000018";
inline const std::string second_pan = "9999990000000026";

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

} // namespace audited
