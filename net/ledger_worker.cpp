// The work of a LedgerWorker: transactions, and what to do when they fail.
#include "net/ledger_worker.hpp"

#include "authz/test_build.hpp"
#include "net/scheduling.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace {

constexpr int tries_together = 2; ///< of a batch that fails; then each of its requests is tried alone
/// If so many of them fail one after the other it is not their fault: the database is away.
constexpr std::size_t stuck_in_row_max = 4;

} // namespace

/// Moves a batch over the line behind which nobody may decline any more: all of it, or nothing.
class LedgerWorker::Gate : public authz::CommitGate {
public:
    Gate(const LedgerWorker& worker, Batch& batch) : worker_(worker), batch_(batch) {}

    bool may_commit() override
    {
        const std::lock_guard lock(worker_.mutex_); // who aborts knows from then on what may be committed
        if (worker_.is_aborted_) return false;
        const bool all_passed = std::ranges::all_of(batch_, [](const Item& item) { return passes(item); });
        if (!all_passed) take_back();
        return all_passed;
    }

    /// After a rollback: whoever was not given up meanwhile may expire again. Doubt about an earlier attempt
    /// stays.
    void take_back()
    {
        for (const Item& item : batch_)
            if (!item.ticket->is_in_doubt) item.ticket->move(TicketState::committing, TicketState::executing);
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

    const LedgerWorker& worker_;
    Batch& batch_;
};

LedgerWorker::LedgerWorker(const LedgerQueueSettings& settings, std::unique_ptr<authz::Ledger> ledger,
                           Turns& turns)
    : settings_(settings), ledger_(std::move(ledger)), turns_(turns),
      parking_({settings.backoff_min, settings.parking_max, settings.backoff_max}),
      pause_(settings.backoff_min), thread_([this] { run(); })
{
}

LedgerWorker::~LedgerWorker()
{
    abort();
    thread_.join();
}

std::chrono::microseconds LedgerWorker::expected_wait() const
{
    const std::size_t ahead = waiting();
    if (ahead == 0) return std::chrono::microseconds{0};
    const std::size_t batches = 1 + (ahead + settings_.batch_max) / settings_.batch_max;
    return std::chrono::microseconds(batch_us_.load(std::memory_order_relaxed) *
                                     static_cast<std::int64_t>(batches));
}

void LedgerWorker::run()
{
    ask_for_slices_of(worker_slice);
    for (;;) {
        Work work = take(); // its turn, if it has one, ends with it
        if (work.batch.empty()) return;
        TOLLGATE_CRASH_POINT("worker_batch_taken");
        if (work.lane)
            serve_parked(work.batch.front(), *work.lane);
        else
            serve(std::move(work.batch));
    }
}

// --- a batch, a request

/// Runs a batch until its end is known or it has failed often enough to be taken apart.
void LedgerWorker::serve(Batch batch)
{
    for (int failures = 0;;) {
        switch (attempt(batch)) {
        case authz::BatchEnd::committed:
            return;
        case authz::BatchEnd::gate_closed:
            if (is_aborted()) return;
            continue;
        case authz::BatchEnd::in_doubt:
            break;
        case authz::BatchEnd::retry:
            if (++failures < tries_together) break;
            if (batch.size() == 1) return set_aside(batch.front(), Verdict::stuck);
            return serve_one_by_one(std::move(batch));
        case authz::BatchEnd::poisoned:
            if (batch.size() == 1) return set_aside(batch.front(), fail(batch.front()));
            return serve_one_by_one(std::move(batch));
        }
        if (!back_off()) return;
    }
}

/// Each in a transaction of its own, in order: who fails is set aside, with all that comes after it on its
/// card.
void LedgerWorker::serve_one_by_one(Batch batch)
{
    std::size_t stuck_in_row = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (park_behind_others(batch[i].ticket)) continue;
        const Verdict verdict = serve_alone(batch[i]);
        if (verdict == Verdict::aborted) return;
        set_aside(batch[i], verdict);
        stuck_in_row = verdict == Verdict::stuck ? stuck_in_row + 1 : 0;
        if (stuck_in_row > 0 && !back_off()) return;
        if (stuck_in_row == stuck_in_row_max) return give_back(std::span(batch).subspan(i + 1));
    }
}

LedgerWorker::Verdict LedgerWorker::serve_alone(Item& item)
{
    Batch batch{item};
    for (;;) {
        switch (attempt(batch)) {
        case authz::BatchEnd::committed:
            return Verdict::ended;
        case authz::BatchEnd::gate_closed:
            if (is_aborted()) return Verdict::aborted;
            continue;
        case authz::BatchEnd::in_doubt:
            break;
        case authz::BatchEnd::retry:
            return Verdict::stuck;
        case authz::BatchEnd::poisoned:
            return fail(item);
        }
        if (!back_off()) return Verdict::aborted;
    }
}

void LedgerWorker::set_aside(const Item& item, Verdict verdict)
{
    if (verdict == Verdict::stuck) {
        trouble("request_set_aside", "it is tried again alone, and its card waits for it");
        park(Parking::card_lane(*item.ticket), item.ticket);
    } else if (verdict == Verdict::poisoned) {
        park(Parking::own_lane(*item.ticket), item.ticket);
    }
}

void LedgerWorker::serve_parked(Item item, const Parking::Lane& lane)
{
    const auto begin = std::chrono::steady_clock::now();
    const Verdict verdict = serve_alone(item);
    const auto now = std::chrono::steady_clock::now();
    const Parking::Lane own_lane = Parking::own_lane(*item.ticket);
    if (verdict == Verdict::aborted) return;
    const std::lock_guard lock(mutex_);
    std::erase(at_work_, item.ticket);
    if (verdict == Verdict::stuck || (verdict == Verdict::poisoned && lane == own_lane))
        return parking_.put_back({lane, item.ticket}, now - begin, now);
    if (verdict == Verdict::poisoned) parking_.add(own_lane, item.ticket, now);
    push_front(parking_.release(lane));
}

/// One transaction; what it means for the tickets is done when it returns.
authz::BatchEnd LedgerWorker::attempt(Batch& batch)
{
    const auto begin = std::chrono::steady_clock::now();
    expire_due(batch, begin);
    requests_.resize(std::max(requests_.size(), batch.size()));
    for (std::size_t i = 0; i < batch.size(); ++i) {
        Item& item = batch[i];
        Ticket& ticket = *item.ticket;
        ticket.move(TicketState::queued, TicketState::executing);
        const TicketState state = ticket.state.load();
        const bool is_given_up = state == TicketState::expired || state == TicketState::late;
        item.is_abandoned = is_given_up && !ticket.is_order() && !TOLLGATE_PLANTED("expired-executed");
        if (item.is_abandoned && TOLLGATE_PLANTED("decline-before-its-row")) {
            ticket.outcome.answer = {authz::Reason::deadline_passed, "91", "", {}};
            tell({item.ticket}, Ending::decided);
        }
        if (ticket.is_in_doubt) TOLLGATE_CRASH_POINT("worker_doubt_retried");
        requests_[i] = ticket.request;
        requests_[i].abandoned = item.is_abandoned;
    }
    Gate gate(*this, batch);
    authz::BatchResult result =
        ledger_->serve(std::span(requests_).first(batch.size()), settings_.wall_clock(), gate);
    const auto end = std::chrono::steady_clock::now();
    settings_.counters->ended(result.end, batch.size(), end - begin, end);
    switch (result.end) {
    case authz::BatchEnd::committed:
        measure(end - begin);
        finish(batch, std::move(result.outcomes));
        break;
    case authz::BatchEnd::gate_closed:
        break;
    case authz::BatchEnd::in_doubt:
        for (const Item& item : batch)
            item.ticket->is_in_doubt |=
                item.ticket->state != TicketState::expired && !TOLLGATE_PLANTED("doubt-forgotten");
        if (TOLLGATE_PLANTED("doubt-declined"))
            for (const Item& item : batch) {
                item.ticket->outcome.answer = {authz::Reason::deadline_passed, "91", "", {}};
                tell({item.ticket}, Ending::decided);
            }
        trouble("batch_in_doubt", result.why);
        TOLLGATE_CRASH_POINT("worker_doubt_known");
        break;
    case authz::BatchEnd::retry:
    case authz::BatchEnd::poisoned:
        gate.take_back();
        trouble(result.end == authz::BatchEnd::retry ? "batch_retried" : "batch_poisoned", result.why);
        TOLLGATE_CRASH_POINT("worker_batch_failed");
        break;
    }
    return result.end;
}

/// For requests whose connection is gone, or whose thread is busy: nobody else looks at their deadlines.
void LedgerWorker::expire_due(Batch& batch, MonoTime now)
{
    for (Item& item : batch) {
        Ticket& ticket = *item.ticket;
        if (ticket.is_order() || now < ticket.deadlines.decide) continue;
        if (!ticket.move(TicketState::queued, TicketState::expired))
            ticket.move(TicketState::executing, TicketState::expired);
    }
}

// --- ends

void LedgerWorker::finish(const Batch& batch, std::vector<authz::Outcome> outcomes)
{
    pause_ = settings_.backoff_min;
    std::vector<TicketPtr> answered;
    TOLLGATE_CRASH_POINT("worker_batch_committed");
    for (std::size_t i = 0; i < batch.size(); ++i) {
        Ticket& ticket = *batch[i].ticket;
        const bool must_undo = outcomes[i].undo_if_unanswered;
        if (authz::is_order(ticket.request.operation)) --orders_;
        if (ticket.request.operation == authz::Operation::own_undo)
            TOLLGATE_CRASH_POINT("worker_undo_committed");
        ticket.outcome = std::move(outcomes[i]);
        const auto from = batch[i].is_abandoned ? TicketState::expired : TicketState::committing;
        if (ticket.move(from, TicketState::done))
            answered.push_back(batch[i].ticket);
        else if (must_undo && !TOLLGATE_PLANTED("late-effect-kept"))
            enqueue_undo(ticket, MonoTime::min()); // nobody can answer any more
    }
    tell(std::move(answered), Ending::decided);
    TOLLGATE_CRASH_POINT("worker_outcomes_told");
    forget_work(batch);
}

/// The one request that the ledger cannot serve. An order is tried for ever, and so is what may have an
/// effect from an attempt in doubt. Any other was not executed.
LedgerWorker::Verdict LedgerWorker::fail(const Item& item)
{
    Ticket& ticket = *item.ticket;
    if (ticket.is_order() || ticket.is_in_doubt) {
        trouble(ticket.is_order() ? "order_failed" : "request_failed_in_doubt", "it is tried again");
        return Verdict::poisoned;
    }
    trouble("request_failed", "it is given up");
    if (ticket.move(TicketState::executing, TicketState::done) ||
        ticket.move(TicketState::expired, TicketState::done))
        tell({item.ticket}, Ending::failed);
    forget_work({item});
    return Verdict::ended;
}

/// Tells those who wait. An approval nobody waits for any more is undone at its cut-off; until then a repeat
/// on another link may still be given it.
void LedgerWorker::tell(std::vector<TicketPtr> tickets, Ending ending)
{
    std::map<std::shared_ptr<TicketSink>, std::vector<TicketPtr>, std::owner_less<>> told;
    for (TicketPtr& ticket : tickets) {
        ticket->ending = ending;
        auto theirs = told.find(ticket->sink);
        if (const auto sink = theirs == told.end() ? ticket->sink.lock() : nullptr)
            theirs = told.try_emplace(sink).first;
        if (theirs != told.end() && !ticket->owner.expired())
            theirs->second.push_back(std::move(ticket));
        else if (ticket->outcome.undo_if_unanswered)
            enqueue_undo(*ticket, ticket->deadlines.cutoff);
    }
    for (auto& [sink, theirs] : told)
        if (!theirs.empty()) sink->ended(std::move(theirs));
}

void LedgerWorker::measure(std::chrono::steady_clock::duration took)
{
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    const std::int64_t smoothed = batch_us_.load(std::memory_order_relaxed);
    batch_us_.store(smoothed + (us - smoothed) / 8, std::memory_order_relaxed);
}

/// False when there is no time left to try again in.
bool LedgerWorker::back_off()
{
    jitter_ = jitter_ * 1'664'525 + 1'013'904'223;
    const auto half = std::chrono::duration_cast<std::chrono::microseconds>(pause_) / 2;
    const auto extra = half.count() > 0 ? std::chrono::microseconds((jitter_ >> 8) % half.count())
                                        : std::chrono::microseconds{0};
    pause_ = std::min(pause_ * 2, settings_.backoff_max);
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, half + extra, [this] { return is_aborted_; });
}

void LedgerWorker::trouble(std::string_view event, std::string_view why) const
{
    if (settings_.on_trouble) settings_.on_trouble(event, why);
}

} // namespace net
