#pragma once

#include "sim/auditor.hpp"
#include "sim/fire_writer.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// A small run that is right in everything, for a test of the checker to break one thing in.
namespace fire_scene {

using namespace sim;
using Kind = PlannedMessage::Kind;

constexpr std::chrono::milliseconds cutoff{1800};

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
    /// Sales, a refund, a cancel, a reversal, repeats and other content under a known key, all as they should
    /// be.
    Scene();

    void sale(const std::string& name, std::uint32_t card, std::int64_t minor);
    /// of   the message that it names, or whose key it takes
    void ask(const std::string& name, const PlannedMessage& message, const std::string& of = {});
    void repeat(const std::string& name);
    void answer(const std::string& name, const std::string& code);
    /// A repeat, and an answer to it.
    void ask_again(const std::string& name, const std::string& code);
    /// A sale that has only been written: nobody has sent it yet.
    void write_sale(const std::string& name, std::int64_t minor);
    void add(Event event);
    [[nodiscard]] Bytes reply(const std::string& name, const std::string& code) const;

    /// A row of the journal, and its posting if it has one.
    /// of       the sale in whose group it is
    void row(const std::string& name, const std::string& operation, const std::string& reason,
             std::int64_t minor, std::int64_t posted, const std::string& of = {});
    void post(const std::string& name, const std::string& group, std::int64_t minor);
    [[nodiscard]] JournalRow& journal_row(const std::string& name);
    /// Its row and its postings are not there.
    void forget(const std::string& name);

    [[nodiscard]] Audit audited() const;

    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    RunIds ids{1, 1};
    FireWriter writer;
    std::map<std::string, Bytes> requests;
    std::vector<Event> events;
    LedgerBooks books;
};

} // namespace fire_scene
