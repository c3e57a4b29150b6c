#include "net/ledger_worker.hpp"

#include "net/keys.hpp"

#include <algorithm>

namespace net {

namespace {

TicketPtr undo_ticket(const Ticket& target)
{
    auto ticket = std::make_shared<Ticket>(own_undo_of(target.request), Deadlines{});
    ticket->worker = target.worker;
    return ticket;
}

} // namespace

/// Moves a batch over the line behind which nobody may decline any more: all of it, or nothing.
class LedgerWorker::Gate : public authz::CommitGate {
public:
    explicit Gate(Batch& batch) : batch_(batch) {}

    bool may_commit() override
    {
        const bool all_passed = std::ranges::all_of(batch_, [](const Item& item) { return passes(item); });
        if (!all_passed) take_back();
        return all_passed;
    }

    /// After a rollback: whoever was not given up meanwhile may expire again.
    void take_back()
    {
        for (const Item& item : batch_) item.ticket->move(TicketState::committing, TicketState::executing);
    }

private:
    static bool passes(const Item& item)
    {
        Ticket& ticket = *item.ticket;
        if (item.is_abandoned || ticket.move(TicketState::executing, TicketState::committing)) return true;
        // Late: an order in any case; a request only when an earlier attempt is in doubt. If it turns out to
        // have an effect, that is undone.
        const TicketState state = ticket.state.load();
        return state == TicketState::committing || state == TicketState::late;
    }

    Batch& batch_;
};

LedgerWorker::LedgerWorker(const LedgerQueueSettings& settings, std::unique_ptr<authz::Ledger> ledger)
    : settings_(settings), ledger_(std::move(ledger)), thread_([this] { run(); })
{
}

LedgerWorker::~LedgerWorker()
{
    abort();
    thread_.join();
}

// --- from other threads
// --------------------------------------------------------------------------------------------

void LedgerWorker::enqueue(const TicketPtr& ticket)
{
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(ticket);
        waiting_.store(queue_.size(), std::memory_order_relaxed);
    }
    changed_.notify_one();
}

void LedgerWorker::enqueue_undo(const Ticket& target, MonoTime at)
{
    {
        const std::lock_guard lock(mutex_);
        undos_.emplace(at, undo_ticket(target));
    }
    changed_.notify_one();
}

void LedgerWorker::start_draining()
{
    {
        const std::lock_guard lock(mutex_);
        is_draining_ = true;
    }
    changed_.notify_all();
}

bool LedgerWorker::wait_drained(MonoTime limit)
{
    std::unique_lock lock(mutex_);
    return ended_.wait_until(lock, limit, [this] { return has_ended_; });
}

void LedgerWorker::abort()
{
    {
        const std::lock_guard lock(mutex_);
        is_aborted_ = true;
    }
    changed_.notify_all();
}

std::chrono::microseconds LedgerWorker::expected_wait() const
{
    const std::size_t ahead = waiting();
    if (ahead == 0) return std::chrono::microseconds{0};
    const std::size_t batches = 1 + (ahead + settings_.batch_max) / settings_.batch_max;
    return std::chrono::microseconds(batch_us_.load(std::memory_order_relaxed) *
                                     static_cast<std::int64_t>(batches));
}

// --- the worker's own thread
// ---------------------------------------------------------------------------------------

void LedgerWorker::run()
{
    for (Batch batch = take(); !batch.empty(); batch = take()) serve(std::move(batch), Doubt::none);
    {
        const std::lock_guard lock(mutex_);
        has_ended_ = true;
    }
    ended_.notify_all();
}

void LedgerWorker::move_due_undos(MonoTime now)
{
    while (!undos_.empty() && (is_draining_ || undos_.begin()->first <= now)) {
        queue_.push_back(std::move(undos_.begin()->second));
        undos_.erase(undos_.begin());
    }
}

/// Waits for work; an empty batch means the end.
LedgerWorker::Batch LedgerWorker::take()
{
    Batch batch;
    std::unique_lock lock(mutex_);
    while (batch.empty()) {
        move_due_undos(std::chrono::steady_clock::now());
        if (is_aborted_ || (queue_.empty() && is_draining_)) return {};
        if (!queue_.empty())
            fill(batch);
        else if (undos_.empty())
            changed_.wait(lock);
        else
            changed_.wait_until(lock, MonoTime(undos_.begin()->first));
    }
    return batch;
}

/// What has expired in a queue that is too long is not worth a row: its decline has been given.
void LedgerWorker::fill(Batch& batch)
{
    const bool is_flooded = queue_.size() > settings_.queue_max;
    while (!queue_.empty() && batch.size() < settings_.batch_max) {
        TicketPtr ticket = std::move(queue_.front());
        queue_.pop_front();
        if (!is_flooded || ticket->state != TicketState::expired) batch.push_back({std::move(ticket)});
    }
    waiting_.store(queue_.size(), std::memory_order_relaxed);
}

/// Runs a batch until its end is known. A batch in doubt ends only when it is committed.
void LedgerWorker::serve(Batch batch, Doubt doubt)
{
    auto pause = settings_.backoff_min;
    for (;;) {
        authz::BatchResult result = attempt(batch);
        switch (result.end) {
        case authz::BatchEnd::committed:
            return finish(batch, std::move(result.outcomes));
        case authz::BatchEnd::gate_closed:
            continue;
        case authz::BatchEnd::in_doubt:
            doubt = Doubt::in_doubt;
            trouble("batch_in_doubt", result.why);
            break;
        case authz::BatchEnd::retry:
            if (doubt == Doubt::none) Gate(batch).take_back();
            trouble("batch_retried", result.why);
            break;
        case authz::BatchEnd::poisoned:
            if (doubt == Doubt::none) Gate(batch).take_back();
            trouble("batch_poisoned", result.why);
            if (batch.size() == 1) return fail(batch.front(), doubt);
            for (Item& item : batch) serve(Batch{std::move(item)}, doubt);
            return;
        }
        if (!back_off(pause)) return;
    }
}

authz::BatchResult LedgerWorker::attempt(Batch& batch)
{
    const auto begin = std::chrono::steady_clock::now();
    expire_due(batch, begin);
    std::vector<authz::Request> requests;
    requests.reserve(batch.size());
    for (Item& item : batch) {
        Ticket& ticket = *item.ticket;
        ticket.move(TicketState::queued, TicketState::executing);
        const TicketState state = ticket.state.load();
        const bool is_given_up = state == TicketState::expired || state == TicketState::late;
        item.is_abandoned = is_given_up && !ticket.is_order();
        requests.push_back(ticket.request);
        requests.back().abandoned = item.is_abandoned;
    }
    Gate gate(batch);
    authz::BatchResult result = ledger_->serve(requests, settings_.wall_clock(), gate);
    if (result.end == authz::BatchEnd::committed) measure(std::chrono::steady_clock::now() - begin);
    return result;
}

/// For requests whose connection is gone: nobody on the I/O side looks at their deadlines.
void LedgerWorker::expire_due(Batch& batch, MonoTime now)
{
    std::vector<TicketPtr> expired;
    for (Item& item : batch) {
        Ticket& ticket = *item.ticket;
        if (ticket.is_order() || now < ticket.deadlines.decide) continue;
        if (ticket.move(TicketState::queued, TicketState::expired) ||
            ticket.move(TicketState::executing, TicketState::expired))
            expired.push_back(item.ticket);
    }
    tell(std::move(expired), Ending::expired);
}

/// Tells those who wait. An approval nobody waits for any more is undone at its cut-off; until then a repeat
/// on another link may still be given it.
void LedgerWorker::tell(std::vector<TicketPtr> tickets, Ending ending)
{
    std::map<std::shared_ptr<TicketSink>, std::vector<TicketPtr>> told;
    for (TicketPtr& ticket : tickets) {
        ticket->ending = ending;
        const auto sink = ticket->owner.expired() ? nullptr : ticket->sink.lock();
        if (sink)
            told[sink].push_back(std::move(ticket));
        else if (ticket->outcome.undo_if_unanswered)
            enqueue_undo(*ticket, ticket->deadlines.cutoff);
    }
    for (auto& [sink, theirs] : told) sink->ended(std::move(theirs));
}

void LedgerWorker::measure(std::chrono::steady_clock::duration took)
{
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    const std::int64_t smoothed = batch_us_.load(std::memory_order_relaxed);
    batch_us_.store(smoothed + (us - smoothed) / 8, std::memory_order_relaxed);
}

void LedgerWorker::finish(Batch& batch, std::vector<authz::Outcome> outcomes)
{
    std::vector<TicketPtr> answered;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        Ticket& ticket = *batch[i].ticket;
        const bool must_undo = outcomes[i].undo_if_unanswered;
        if (!batch[i].is_abandoned) ticket.outcome = std::move(outcomes[i]);
        if (ticket.move(TicketState::committing, TicketState::done))
            answered.push_back(std::move(batch[i].ticket));
        else if (must_undo)
            enqueue_undo(ticket, MonoTime::min()); // nobody can answer any more
    }
    tell(std::move(answered), Ending::decided);
}

/// The one request that the ledger cannot serve. In doubt about an earlier attempt nothing is proven:
/// silence.
void LedgerWorker::fail(Item& item, Doubt doubt)
{
    Ticket& ticket = *item.ticket;
    trouble(doubt == Doubt::none ? "request_failed" : "request_failed_in_doubt", "left to the repair");
    if (doubt == Doubt::none && ticket.move(TicketState::executing, TicketState::done))
        tell({item.ticket}, Ending::failed);
}

/// False when there is no time left to try again in.
bool LedgerWorker::back_off(std::chrono::milliseconds& pause)
{
    jitter_ = jitter_ * 1'664'525 + 1'013'904'223;
    const auto half = std::chrono::duration_cast<std::chrono::microseconds>(pause) / 2;
    const auto extra = half.count() > 0 ? std::chrono::microseconds((jitter_ >> 8) % half.count())
                                        : std::chrono::microseconds{0};
    pause = std::min(pause * 2, settings_.backoff_max);
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, half + extra, [this] { return is_aborted_; });
}

void LedgerWorker::trouble(std::string_view event, std::string_view why) const
{
    if (settings_.on_trouble) settings_.on_trouble(event, why);
}

} // namespace net
