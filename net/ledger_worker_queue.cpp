// The queue of a LedgerWorker: what comes in, from any thread, and what its own thread takes out.
#include "authz/test_build.hpp"
#include "net/keys.hpp"
#include "net/ledger_worker.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace {

TicketPtr undo_ticket(const Ticket& target)
{
    auto ticket = std::make_shared<Ticket>(own_undo_of(target.request), Deadlines{});
    ticket->worker = target.worker;
    ticket->mark = target.mark;
    return ticket;
}

/// For whom the answer is the same, too.
bool is_equal(const authz::Request& a, const authz::Request& b)
{
    return a.operation == b.operation && a.content == b.content && a.key_fields == b.key_fields &&
           a.policy == b.policy;
}

void add_to(Remains& remains, const Ticket& ticket)
{
    const TicketState state = ticket.state.load();
    const authz::Request& request = ticket.request;
    const bool is_undo = request.operation == authz::Operation::own_undo;
    const bool is_unknown = state == TicketState::committing || state == TicketState::late;
    if (!is_undo && state == TicketState::done) {
        remains.is_complete = false; // it ended while we looked: an answer may have left
        return;
    }
    if (is_undo)
        ++remains.undos;
    else if (ticket.is_order())
        ++remains.reversals;
    else if (is_unknown)
        ++remains.in_doubt;
    else
        ++remains.requests;
    if (!is_undo && (ticket.is_order() || !is_unknown)) return;
    remains.due_undos.push_back(is_undo ? request : own_undo_of(request));
    if (remains.keys.size() < Remains::keys_max)
        remains.keys.push_back(remains.due_undos.back().original->key);
}

} // namespace

// --- from other threads

bool LedgerWorker::enqueue(const TicketPtr& ticket)
{
    const std::lock_guard lock(mutex_);
    const bool is_order = authz::is_order(ticket->request.operation);
    auto order = queued_orders_.end();
    if (is_order) order = queued_orders_.emplace(ticket->request.key, nullptr);
    try {
        TicketPtr* const place = queue_.push_back(ticket);
        if (is_order) order->second = place;
    } catch (...) {
        if (is_order) queued_orders_.erase(order);
        throw;
    }
    if (!ticket->is_order()) ++waiting_;
    if (is_order) ++orders_;
    return !has_unannounced_.exchange(true);
}

/// One that has nothing new is left asleep.
void LedgerWorker::wake()
{
    if (has_unannounced_.exchange(false)) changed_.notify_one();
}

bool LedgerWorker::replace_silent(const TicketPtr& ticket)
{
    const std::lock_guard lock(mutex_);
    const auto [first, last] = queued_orders_.equal_range(ticket->request.key);
    const auto silent = std::find_if(first, last, [&](const auto& entry) {
        const Ticket& queued = **entry.second;
        return queued.state == TicketState::late && is_equal(queued.request, ticket->request);
    });
    if (silent == last) return false;
    *silent->second = ticket;
    return true;
}

void LedgerWorker::enqueue_undo(const Ticket& target, MonoTime at)
{
    {
        const std::lock_guard lock(mutex_);
        undos_.emplace(at, undo_ticket(target));
    }
    settings_.counters->own_undos.add();
    TOLLGATE_CRASH_POINT("worker_undo_enqueued");
    changed_.notify_one();
}

void LedgerWorker::start_draining()
{
    TOLLGATE_CRASH_POINT("worker_drain_begun");
    {
        const std::lock_guard lock(mutex_);
        is_draining_ = true;
    }
    changed_.notify_all();
}

bool LedgerWorker::is_idle() const
{
    return queue_.empty() && undos_.empty() && at_work_.empty() && parking_.empty();
}

bool LedgerWorker::wait_idle(MonoTime limit)
{
    std::unique_lock lock(mutex_);
    return idle_.wait_until(lock, limit, [this] { return is_idle(); });
}

void LedgerWorker::add_remains(Remains& remains) const
{
    const std::lock_guard lock(mutex_);
    for (const TicketPtr& ticket : at_work_) add_to(remains, *ticket);
    queue_.for_each([&](const Ticket& ticket) { add_to(remains, ticket); });
    for (const auto& [at, ticket] : undos_) add_to(remains, *ticket);
    parking_.for_each([&](const Ticket& ticket) { add_to(remains, ticket); });
}

bool LedgerWorker::is_aborted() const
{
    const std::lock_guard lock(mutex_);
    return is_aborted_;
}

void LedgerWorker::abort()
{
    {
        const std::lock_guard lock(mutex_);
        is_aborted_ = true;
    }
    changed_.notify_all();
}

// --- the worker's own thread

void LedgerWorker::move_due_undos(MonoTime now)
{
    while (!undos_.empty() && (is_draining_ || undos_.begin()->first <= now)) {
        queue_.push_back(std::move(undos_.begin()->second));
        undos_.erase(undos_.begin());
    }
}

/// Waits for work. Between two of what was parked others have their turn.
LedgerWorker::Work LedgerWorker::take()
{
    std::unique_lock lock(mutex_);
    for (;;) {
        const MonoTime now = std::chrono::steady_clock::now();
        move_due_undos(now);
        if (is_draining_ && !std::exchange(has_hurried_, true)) parking_.hurry(now);
        if (is_aborted_) return {};
        if (parking_.next_due() <= now && (queue_.empty() || !was_parked_)) {
            was_parked_ = true;
            Parking::Parked parked = parking_.take();
            at_work_.push_back(parked.ticket);
            return {Batch{Item{std::move(parked.ticket)}}, parked.lane, {}};
        }
        was_parked_ = false;
        if (!queue_.empty()) {
            Work work;
            if (queue_.size() < settings_.turn_below) {
                lock.unlock();
                work.turn.emplace(turns_.wait());
                lock.lock();
            }
            fill(work.batch);
            if (!work.batch.empty()) return work;
            continue;
        }
        if (is_idle()) idle_.notify_all();
        MonoTime next = parking_.next_due();
        if (!undos_.empty()) next = std::min(next, undos_.begin()->first);
        if (next == MonoTime::max())
            changed_.wait(lock);
        else
            changed_.wait_until(lock, next);
    }
}

/// What has expired in a queue that is too long is not worth a row: nobody was told anything.
void LedgerWorker::fill(Batch& batch)
{
    const bool is_flooded = queue_.size() > settings_.queue_max;
    const MonoTime now = std::chrono::steady_clock::now();
    while (!queue_.empty() && batch.size() < settings_.batch_max) {
        TicketPtr ticket = pop();
        const Parking::Lane lane = Parking::card_lane(*ticket);
        if ((is_flooded || TOLLGATE_PLANTED("expired-not-recorded")) && ticket->state == TicketState::expired)
            continue;
        if (parking_.holds(lane)) {
            parking_.add(lane, std::move(ticket), now);
        } else {
            at_work_.push_back(ticket);
            batch.push_back({std::move(ticket)});
        }
    }
}

TicketPtr LedgerWorker::pop()
{
    const TicketPtr* const place = queue_.next();
    const auto [first, last] = queued_orders_.equal_range((*place)->request.key);
    const auto entry = std::find_if(first, last, [&](const auto& each) { return each.second == place; });
    if (entry != last) queued_orders_.erase(entry);
    TicketPtr ticket = queue_.pop();
    if (!ticket->is_order()) --waiting_;
    return ticket;
}

/// Has no part in replace_silent(): what stands here may have been tried.
void LedgerWorker::push_front(std::deque<TicketPtr> tickets)
{
    for (const TicketPtr& ticket : tickets)
        if (!ticket->is_order()) ++waiting_;
    queue_.push_front(std::move(tickets));
}

void LedgerWorker::park(const Parking::Lane& lane, const TicketPtr& ticket)
{
    const std::lock_guard lock(mutex_);
    std::erase(at_work_, ticket);
    parking_.add(lane, ticket, std::chrono::steady_clock::now());
}

/// True when an earlier request of its card waits there.
bool LedgerWorker::park_behind_others(const TicketPtr& ticket)
{
    const Parking::Lane lane = Parking::card_lane(*ticket);
    const std::lock_guard lock(mutex_);
    if (!parking_.holds(lane)) return false;
    std::erase(at_work_, ticket);
    parking_.add(lane, ticket, std::chrono::steady_clock::now());
    return true;
}

void LedgerWorker::give_back(std::span<const Item> items)
{
    const std::lock_guard lock(mutex_);
    std::deque<TicketPtr> tickets;
    for (const Item& item : items) tickets.push_back(item.ticket);
    at_work_.clear();
    push_front(std::move(tickets));
}

void LedgerWorker::forget_work(const Batch& batch)
{
    const std::lock_guard lock(mutex_);
    if (batch.size() == at_work_.size())
        at_work_.clear();
    else
        for (const Item& item : batch) std::erase(at_work_, item.ticket);
}

} // namespace net
