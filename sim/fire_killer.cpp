#include "sim/fire_killer.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sim {

namespace {

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
        while (counts_.kills < order_.kills && in_vain_ < in_vain_max && !must_end_) {
            ++counts_.lives;
            const End end = live();
            counts_.kills += end == End::at_point || end == End::at_start ? 1 : 0;
            counts_.at_start += end == End::at_start ? 1 : 0;
            counts_.own_ends += end == End::by_itself ? 1 : 0;
            counts_.reached += reached_in(order_.counters, order_.point);
            std::filesystem::remove(order_.counters);
            const bool was_in_vain = end == End::by_us || end == End::by_itself;
            in_vain_ = was_in_vain ? in_vain_ + 1 : 0;
            if (was_in_vain) try_harder();
        }
        stage_.postgres().wait_until_ready();
    } catch (...) {
        error_ = std::current_exception();
    }
    is_over_ = true;
}

/// The next life is to die sooner; when even the first time did not come, something has to happen.
void FireKiller::try_harder()
{
    most_ = std::max<std::uint64_t>(1, most_ / 4);
    if (in_vain_ > 1) nudge_ = static_cast<Nudge>((static_cast<std::size_t>(nudge_) + 1) % nudges);
}

FireKiller::End FireKiller::live()
{
    const std::uint64_t deadly = deadly_time();
    stage_.close_doors();
    stage_.host().set_environment({"TOLLGATE_CRASH_POINT=" + order_.point + ":" + std::to_string(deadly),
                                   "TOLLGATE_CRASH_COUNTERS=" + order_.counters});
    try {
        stage_.host().start();
    } catch (const StartError& error) {
        if (!is_of_point(error.status, deadly)) throw;
        return End::at_start;
    }
    passed_at_start_ = reached_in(order_.counters, order_.point);
    stage_.open_doors();
    wait_for_death();
    const bool has_ended = !stage_.host().is_running();
    if (!has_ended) stage_.host().kill_now();
    const int status = stage_.host().stop(); // it has ended
    if (has_ended && is_of_point(status, deadly)) return End::at_point;
    return has_ended && nudge_ != Nudge::stop ? End::by_itself : End::by_us;
}

/// The first life dies the first time, which may be while it starts; so does the next when a point was not
/// reached. All others die behind what a start alone passes: in traffic.
std::uint64_t FireKiller::deadly_time()
{
    if (counts_.lives == 1 || in_vain_ > 0) return 1;
    return passed_at_start_ + 1 + rng_.below(nudge_ == Nudge::none ? most_ : 1);
}

/// Another SIGKILL leaves another count.
bool FireKiller::is_of_point(std::optional<int> status, std::uint64_t deadly) const
{
    return status == killed && reached_in(order_.counters, order_.point) >= deadly;
}

void FireKiller::wait_for_death()
{
    const auto end = Clock::now() + life_limit;
    bool is_first = true;
    while (Clock::now() < end && !must_end_) {
        if (stage_.host().ends_within(std::chrono::milliseconds(50 + rng_.below(100)))) return;
        if (nudge_ == Nudge::none && Clock::now() + life_limit / 2 > end) return;
        if (is_first || nudge_ == Nudge::cut || nudge_ == Nudge::end_sessions) nudge();
        is_first = false;
    }
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
