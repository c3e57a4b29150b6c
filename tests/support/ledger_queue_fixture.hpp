#pragma once

#include "net/ledger_queue.hpp"
#include "tests/support/good.hpp"
#include "tests/support/scripted_ledger.hpp"

#include <doctest/doctest.h>

/// A ledger queue whose ledger follows a script, so that a test can stand between any two steps.
namespace scripted {

using net::Deadlines;
using net::LedgerQueue;
using net::MonoTime;
using net::TicketPtr;

constexpr std::chrono::seconds long_enough{60};
inline const MonoTime past = std::chrono::steady_clock::now() - std::chrono::seconds{1};

inline authz::Request sale(std::uint64_t number)
{
    return good::sale(number);
}
inline authz::Request reversal(std::uint64_t number)
{
    return good::reversal(number, good::sale(1));
}

/// Waits for ended tickets, as the I/O side would.
class Waiting : public net::TicketSink, public net::TicketOwner {
public:
    void ended(std::vector<TicketPtr> tickets) override
    {
        const std::lock_guard lock(mutex_);
        for (auto& ticket : tickets) {
            ticket->sink.reset(); // it is told once; or else this, which keeps the ticket, would keep itself
            ended_.push_back(std::move(ticket));
        }
        changed_.notify_all();
    }
    void ended(std::span<const TicketPtr>) override {}

    std::vector<TicketPtr> wait(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ended_.size() >= count; });
        return ended_;
    }
    std::size_t count() const
    {
        const std::lock_guard lock(mutex_);
        return ended_.size();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<TicketPtr> ended_;
};

inline net::LedgerQueueSettings good_settings()
{
    net::LedgerQueueSettings settings;
    settings.workers = 1;
    settings.backoff_min = std::chrono::milliseconds{0};
    settings.backoff_max = std::chrono::milliseconds{0};
    settings.parking_max = std::chrono::milliseconds{0};
    settings.wall_clock = [] { return good::noon; };
    return settings;
}

/// One worker whose ledger follows a script.
struct Fixture {
    explicit Fixture(net::LedgerQueueSettings settings = good_settings())
        : Fixture(std::move(settings), [this] { return std::make_unique<ScriptedLedger>(script); })
    {
    }
    /// With a ledger that follows `script` and does something of its own.
    Fixture(net::LedgerQueueSettings settings, const LedgerQueue::LedgerFactory& factory)
        : queue(std::move(settings), factory)
    {
    }

    TicketPtr ticket(authz::Request request, Deadlines deadlines = {})
    {
        auto made = std::make_shared<net::Ticket>(std::move(request), deadlines);
        made->owner = waiting;
        made->sink = waiting;
        return made;
    }
    TicketPtr submit(authz::Request request, Deadlines deadlines = {})
    {
        auto made = ticket(std::move(request), deadlines);
        CHECK(queue.submit(made) == LedgerQueue::Submitted::taken);
        return made;
    }
    /// Submits it, and waits until the ledger stands before its gate with it; script.release() lets it go on.
    TicketPtr submit_executing(authz::Request request)
    {
        return submit_stopping(std::move(request), {.waits_before_gate = true});
    }
    /// The same behind the gate.
    /// end   how the batch ends when it goes on
    TicketPtr submit_committing(authz::Request request, BatchEnd end = BatchEnd::committed)
    {
        return submit_stopping(std::move(request), {.end = end, .waits_after_gate = true});
    }
    /// Lets the ledger go on until nothing is left to do.
    void finish()
    {
        script.release();
        CHECK(queue.drain(long_enough));
    }

    Script script;
    std::shared_ptr<Waiting> waiting = std::make_shared<Waiting>();
    LedgerQueue queue;

private:
    TicketPtr submit_stopping(authz::Request request, Script::Word word)
    {
        script.say(word);
        auto made = submit(std::move(request));
        script.wait_stopped();
        return made;
    }
};

} // namespace scripted
