#include "store/repair_crew.hpp"

#include "store/repair_queries.hpp"
#include "store/wall_clock.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause_min{200}; ///< after trouble with the database
constexpr std::chrono::milliseconds pause_max{10'000};
constexpr std::chrono::milliseconds leave_pause{100};

std::string text_of(RepairKind kind, const RepairCounts& counts)
{
    return std::string(name_of(kind)) + ": " + std::to_string(counts.done) + " done, " +
           std::to_string(counts.failed) + " put off, " + std::to_string(counts.found) + " found";
}

} // namespace

struct RepairCrew::Body {
    Body(RepairCrewSettings some_settings, const Boot& a_boot)
        : settings(std::move(some_settings)), boot(a_boot), known{a_boot.first_delivery(), wall_clock()}
    {
        threads.emplace_back([this] { run([this] { keep_beating(); }); });
        for (const RepairKind kind : repair_kinds)
            threads.emplace_back([this, kind] { run([this, kind] { keep_repairing(kind); }); });
    }

    /// Until the stop: what throws is begun again with new sessions, ever more seldom.
    template <class Work> void run(const Work& work)
    {
        for (auto pause = pause_min; !is_stopping(); pause = std::min(pause * 2, pause_max)) {
            const auto began = Clock::now();
            try {
                work();
            } catch (const std::exception& trouble) {
                if (Clock::now() - began > pause_max) pause = pause_min; // it had worked for a while
                tell("repair_interrupted", first_line(trouble.what()));
                wait(pause);
            }
        }
        const std::lock_guard lock(mutex);
        --running;
        changed.notify_all();
    }

    void keep_beating()
    {
        Session session(
            repair_session_options(settings.repair.ledger.url, "boot of " + settings.repair.node));
        session.set(queries::prepare_for_repair);
        while (!is_stopping()) {
            beat(session, boot, settled());
            wait(settings.beat_every);
        }
    }

    void keep_repairing(RepairKind kind)
    {
        Repair repair(settings.repair, kind);
        auto look_at = Clock::now();
        while (!is_stopping()) {
            if (repair.leads()) {
                RepairCounts counts = repair.carry_out();
                if (Clock::now() >= look_at) {
                    const RepairCounts seen = repair.look();
                    if (!seen.has_more) look_at = Clock::now() + settings.look_every;
                    counts += seen;
                }
                if (counts.done + counts.failed + counts.found > 0) tell("repaired", text_of(kind, counts));
                if (counts.has_more) continue;
            }
            wait(settings.work_every);
        }
    }

    void wait(std::chrono::milliseconds duration)
    {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, duration, [this] { return stopping; });
    }

    authz::Settled settled()
    {
        const std::lock_guard lock(mutex);
        return known;
    }

    bool is_stopping()
    {
        const std::lock_guard lock(mutex);
        return stopping;
    }

    void tell(std::string_view event, std::string_view detail) const
    {
        if (settings.on_event) settings.on_event(event, detail);
    }

    const RepairCrewSettings settings;
    const Boot boot;
    std::mutex mutex;
    std::condition_variable changed;
    authz::Settled known;                          ///< guarded by mutex
    bool stopping = false;                         ///< guarded by mutex
    std::size_t running = 1 + repair_kinds.size(); ///< threads; guarded by mutex
    std::vector<std::thread> threads;
};

RepairCrew::RepairCrew(RepairCrewSettings settings, const Boot& boot)
    : body_(std::make_unique<Body>(std::move(settings), boot))
{
}

RepairCrew::~RepairCrew()
{
    {
        const std::lock_guard lock(body_->mutex);
        body_->stopping = true;
    }
    body_->changed.notify_all();
    for (std::thread& thread : body_->threads) thread.join();
}

void RepairCrew::settled(const authz::Settled& settled)
{
    const std::lock_guard lock(body_->mutex);
    body_->known = settled;
}

bool RepairCrew::stop(std::chrono::milliseconds limit)
{
    std::unique_lock lock(body_->mutex);
    body_->stopping = true;
    body_->changed.notify_all();
    return body_->changed.wait_for(lock, limit, [this] { return body_->running == 0; });
}

bool RepairCrew::leave(const Leaving& leaving, std::chrono::milliseconds limit)
{
    const auto end = Clock::now() + limit;
    for (;;) {
        try {
            const auto& repair = body_->settings.repair;
            Session session(repair_session_options(repair.ledger.url, "boot of " + repair.node));
            session.set(queries::prepare_for_repair);
            store::leave(session, body_->boot, leaving);
            return true;
        } catch (const std::exception& trouble) {
            body_->tell("repair_interrupted", first_line(trouble.what()));
            if (Clock::now() + leave_pause >= end) return false;
            std::this_thread::sleep_for(leave_pause);
        }
    }
}

} // namespace store
