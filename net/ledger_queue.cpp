#include "net/ledger_queue.hpp"

#include "authz/test_build.hpp"
#include "net/ledger_worker.hpp"
#include "net/wall_clock.hpp"

#include <algorithm>
#include <new>

namespace net {

namespace {

constexpr TicketState unfinished[] = {TicketState::queued, TicketState::executing, TicketState::committing,
                                      TicketState::expired};

/// Requests of one card meet in one worker; those without a card are spread by their key.
std::size_t route_of(const authz::Request& request)
{
    if (TOLLGATE_PLANTED("card-on-two-workers")) return authz::Id128Hash{}(request.key);
    return request.card ? authz::Id128Hash{}(*request.card) : authz::Id128Hash{}(request.key);
}

} // namespace

LedgerQueue::LedgerQueue(LedgerQueueSettings settings, const LedgerFactory& factory)
    : turns_(settings.turn_max), queue_max_(settings.queue_max),
      orders_max_(settings.queue_max * settings.order_factor)
{
    if (!settings.wall_clock) settings.wall_clock = wall_clock;
    for (std::size_t i = 0; i < settings.workers; ++i)
        workers_.push_back(std::make_unique<LedgerWorker>(settings, factory(), turns_));
}

LedgerQueue::~LedgerQueue()
{
    abort();
}

std::size_t LedgerQueue::waiting() const
{
    std::size_t sum = 0;
    for (const auto& worker : workers_) sum += worker->waiting();
    return sum;
}

std::size_t LedgerQueue::orders() const
{
    std::size_t sum = 0;
    for (const auto& worker : workers_) sum += worker->orders();
    return sum;
}

LedgerQueue::Submitted LedgerQueue::submit(const TicketPtr& ticket)
{
    const Placed placed = place(ticket, std::chrono::steady_clock::now());
    wake();
    return placed.submitted;
}

LedgerQueue::Submission LedgerQueue::submit(std::span<const TicketPtr> tickets)
{
    Submission submission;
    submission.each.reserve(tickets.size());
    const auto now = std::chrono::steady_clock::now();
    for (const TicketPtr& ticket : tickets) {
        const Placed placed = place(ticket, now);
        submission.each.push_back(placed.submitted);
        submission.must_wake |= placed.is_news;
    }
    return submission;
}

void LedgerQueue::wake()
{
    for (const auto& worker : workers_) worker->wake();
}

LedgerQueue::Placed LedgerQueue::place(const TicketPtr& ticket, MonoTime now)
{
    ticket->worker = route_of(ticket->request) % workers_.size();
    LedgerWorker& worker = *workers_[ticket->worker];
    if (ticket->is_order()) {
        if (worker.replace_silent(ticket)) return {};
        if (orders() >= orders_max_) return {Submitted::not_taken};
    } else {
        const bool is_too_slow = ticket->deadlines.decide != MonoTime::max() &&
                                 now + worker.expected_wait() > ticket->deadlines.decide;
        if (is_too_slow || waiting() >= queue_max_) return {Submitted::not_taken};
    }
    bool is_news = false;
    try {
        is_news = worker.enqueue(ticket);
    } catch (const std::bad_alloc&) { // those before it are there, and somebody has to wake their workers
        return {Submitted::not_taken};
    }
    TOLLGATE_CRASH_POINT("queue_submitted");
    return {Submitted::taken, is_news};
}

bool LedgerQueue::expire(Ticket& ticket)
{
    if (ticket.is_order() && !TOLLGATE_PLANTED("reversal-expires")) return false;
    return ticket.move(TicketState::queued, TicketState::expired) ||
           ticket.move(TicketState::executing, TicketState::expired);
}

bool LedgerQueue::give_up(Ticket& ticket)
{
    // The worker may move the state under our hands, also back from committing to executing.
    for (TicketState seen = ticket.state.load(); std::ranges::count(unfinished, seen) > 0;
         seen = ticket.state.load()) {
        // An order is executed all the same, and what may have been committed cannot be taken back; the rest
        // is not executed any more.
        const bool is_late = ticket.is_order() || seen == TicketState::committing;
        if (ticket.move(seen, is_late ? TicketState::late : TicketState::expired)) return true;
    }
    return false;
}

void LedgerQueue::undo_unanswered(Ticket& ticket)
{
    const bool has_effect = ticket.ending == Ending::decided && ticket.outcome.undo_if_unanswered;
    if (has_effect && !ticket.undo_ordered.exchange(true))
        workers_[ticket.worker]->enqueue_undo(
            ticket, TOLLGATE_PLANTED("undo-before-cutoff") ? MonoTime::min() : ticket.deadlines.cutoff);
}

bool LedgerQueue::drain(std::chrono::milliseconds limit)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    for (const auto& worker : workers_) worker->start_draining();
    return std::ranges::all_of(workers_, [&](const auto& worker) { return worker->wait_idle(end); });
}

void LedgerQueue::abort()
{
    for (const auto& worker : workers_) worker->abort();
}

Remains LedgerQueue::remains() const
{
    Remains remains;
    for (const auto& worker : workers_) worker->add_remains(remains);
    return remains;
}

} // namespace net
