#pragma once

#include "authz/ledger.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace net {

/// Every deadline counts on the monotonic clock.
using MonoTime = std::chrono::steady_clock::time_point;

/// DESIGN 3's one atomic state; whoever moves it first wins.
///
///     queued --> executing --> committing --> done
///        |           |             |
///        +- expired -+--> done     +- late
///
/// What has expired is not executed any more: its decline is written, and done once that is durable. The
/// answer cut-off makes it late.
/// An order (fault reversal, own undo) never expires: its deadline makes it late, that is silent, from any
/// state, and it is executed all the same, however often that has to be tried.
enum class TicketState : std::uint8_t { queued, executing, committing, done, expired, late };

/// How the ledger's side ended a ticket.
enum class Ending : std::uint8_t {
    none,    ///< not yet, or in silence
    decided, ///< durable: `outcome` holds
    failed,  ///< proven that nothing was written, and that trying again would not help
};

class Ticket;
using TicketPtr = std::shared_ptr<Ticket>;

/// Where ended tickets are told. Called on a worker's thread; must not block.
class TicketSink {
public:
    virtual ~TicketSink() = default;
    virtual void ended(std::vector<TicketPtr> tickets) = 0;
};

/// Whoever waits for a ticket's answer, on the I/O side.
class TicketOwner {
public:
    virtual ~TicketOwner() = default;
    /// Some of its own, in the order in which they ended.
    virtual void ended(std::span<const TicketPtr> tickets) = 0;
};

struct Deadlines {
    MonoTime decide = MonoTime::max(); ///< an effect may be waited for until then
    MonoTime cutoff = MonoTime::max(); ///< an approval may leave until then
};

/// One request on its way through the ledger.
class Ticket {
public:
    Ticket(authz::Request a_request, Deadlines some_deadlines)
        : request(std::move(a_request)), deadlines(some_deadlines)
    {
    }

    const authz::Request request;
    const Deadlines deadlines;
    std::weak_ptr<TicketOwner> owner; ///< who waits for the answer; set before it is submitted
    std::uint64_t slot = 0;           ///< the owner's name for it
    std::weak_ptr<TicketSink> sink;   ///< the way to the owner's thread
    std::shared_ptr<const void> mark; ///< of its delivery, which is not settled before this is gone

    // Written by the worker before the state becomes done, read by the owner afterwards.
    Ending ending = Ending::none;
    authz::Outcome outcome;

    std::atomic<TicketState> state{TicketState::queued};
    std::atomic<bool> undo_ordered{false};
    std::size_t worker = 0; ///< index, set on submission
    /// The worker's own: COMMIT was sent with this in it, and nobody knows whether it was executed.
    bool is_in_doubt = false;

    [[nodiscard]] bool is_order() const
    {
        return authz::is_order(request.operation) || request.operation == authz::Operation::own_undo;
    }

    /// True when this call moved the state.
    bool move(TicketState from, TicketState to) { return state.compare_exchange_strong(from, to); }
};

} // namespace net
