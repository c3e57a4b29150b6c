#include "sim/fire_killer.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sim {

namespace {

constexpr std::chrono::milliseconds look_pause{5};
constexpr std::chrono::milliseconds life_limit{3'000};
constexpr std::size_t in_vain_max = 24; ///< every nudge four times
constexpr int killed = 128 + SIGKILL;

/// A line of 64 bytes for each point: the name, padded, then how often it was reached.
std::uint64_t reached_in(const std::string& file, const std::string& point)
{
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string name;
        std::uint64_t count = 0;
        if (words >> name >> count && name == point) return count;
    }
    return 0;
}

} // namespace

FireKiller::FireKiller(FireStage& stage, Order order)
    : stage_(stage), order_(std::move(order)), rng_(order_.seed), thread_([this] { run(); })
{
}

FireKiller::~FireKiller()
{
    must_end_ = true;
    thread_.join();
}

bool FireKiller::is_over()
{
    if (!is_over_) return false;
    if (error_) std::rethrow_exception(error_);
    return true;
}

void FireKiller::run()
{
    try {
        stage_.host().kill_now();
        while (kills_ < order_.kills && in_vain_ < in_vain_max && !must_end_) {
            ++lives_;
            const bool has_died = live();
            kills_ += has_died ? 1 : 0;
            reached_ += reached_in(order_.counters, order_.point);
            std::filesystem::remove(order_.counters);
            in_vain_ = has_died ? 0 : in_vain_ + 1;
            if (!has_died) nudge_ = static_cast<Nudge>((static_cast<std::size_t>(nudge_) + 1) % nudges);
        }
        stage_.postgres().wait_until_ready();
    } catch (...) {
        error_ = std::current_exception();
    }
    is_over_ = true;
}

bool FireKiller::live()
{
    // The n-th time: seldom reached places the first time.
    const std::uint64_t most = nudge_ == Nudge::none && in_vain_ == 0 ? 20 : 1;
    stage_.close_doors();
    stage_.host().set_environment(
        {"TOLLGATE_CRASH_POINT=" + order_.point + ":" + std::to_string(1 + rng_.below(most)),
         "TOLLGATE_CRASH_COUNTERS=" + order_.counters});
    stage_.host().start();
    stage_.open_doors();
    const auto end = Clock::now() + life_limit;
    bool is_first = true;
    while (Clock::now() < end && !must_end_) {
        if (dies_within(std::chrono::milliseconds(50 + rng_.below(100))))
            return stage_.host().stop() == killed;
        if (nudge_ == Nudge::none && Clock::now() + life_limit / 2 > end) break;
        if (is_first || nudge_ == Nudge::cut || nudge_ == Nudge::end_sessions) nudge();
        is_first = false;
    }
    const bool has_died = !stage_.host().is_running() && stage_.host().stop() == killed;
    if (!has_died) stage_.host().kill_now();
    return has_died;
}

bool FireKiller::dies_within(std::chrono::milliseconds limit)
{
    for (const auto end = Clock::now() + limit; Clock::now() < end;) {
        if (!stage_.host().is_running()) return true;
        std::this_thread::sleep_for(look_pause);
    }
    return !stage_.host().is_running();
}

void FireKiller::nudge()
{
    FirePostgres& postgres = stage_.postgres();
    switch (nudge_) {
    case Nudge::none:
        return;
    case Nudge::cut:
        return stage_.proxy().cut_all();
    case Nudge::stop:
        return stage_.host().signal(SIGTERM);
    case Nudge::end_sessions:
        for (const pid_t session : postgres.sessions()) postgres.terminate(session);
        return;
    case Nudge::kill_at_commit:
        if (postgres.kill_at_commit()) postgres.wait_until_ready();
        return;
    case Nudge::stop_postgres:
        postgres.stop_now();
        return postgres.start();
    }
}

} // namespace sim
