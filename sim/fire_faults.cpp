#include "sim/fire_faults.hpp"

#include "sim/fire_stage.hpp"

#include <csignal>

namespace sim {

FireFaults::FireFaults(FireStage& stage, std::uint64_t seed) : stage_(stage), rng_(seed + 2)
{
    stage_.open_doors();
    thread_ = std::thread([this] { run(); });
}

FireFaults::~FireFaults()
{
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool FireFaults::is_idle()
{
    const std::lock_guard lock(mutex_);
    if (error_) std::rethrow_exception(error_);
    return !is_busy_;
}

void FireFaults::begin(const ProcessFault& fault)
{
    {
        const std::lock_guard lock(mutex_);
        order_ = fault;
        is_busy_ = true;
    }
    changed_.notify_all();
}

void FireFaults::run()
{
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return order_ || is_over_; });
        if (!order_) return;
        const ProcessFault fault = *std::exchange(order_, std::nullopt);
        lock.unlock();
        try {
            const auto begin = Clock::now();
            carry_out(fault);
            seconds_.at(static_cast<std::size_t>(fault.kind)) +=
                std::chrono::duration<double>(Clock::now() - begin).count();
        } catch (...) {
            lock.lock();
            error_ = std::current_exception();
            return;
        }
        lock.lock();
        is_busy_ = false;
    }
}

void FireFaults::carry_out(const ProcessFault& fault)
{
    strike(fault);
    ++counts_.at(static_cast<std::size_t>(fault.kind));
    stage_.postgres().wait_until_ready();
    if (stage_.host().is_running()) return;
    ++own_ends_;
    stage_.close_doors();
    stage_.host().start();
    stage_.open_doors();
}

void FireFaults::strike(const ProcessFault& fault)
{
    using Kind = ProcessFault::Kind;
    switch (fault.kind) {
    case Kind::server_kill:
        return restart_server(Restart::How::kill);
    case Kind::server_stop:
        return restart_server(Restart::How::terminate);
    case Kind::server_freeze:
        stage_.host().signal(SIGSTOP);
        std::this_thread::sleep_for(fault.wait);
        return stage_.host().signal(SIGCONT);
    case Kind::backend_terminate:
        if (const pid_t session = some_session(); session > 0) stage_.postgres().terminate(session);
        return;
    case Kind::backend_kill:
        if (const pid_t session = some_session(); session > 0) FirePostgres::kill_now(session);
        return;
    case Kind::postgres_stop:
        stage_.postgres().stop_now();
        std::this_thread::sleep_for(fault.wait);
        return stage_.postgres().start();
    case Kind::postgres_freeze:
        stage_.postgres().freeze();
        std::this_thread::sleep_for(fault.wait);
        return stage_.postgres().go_on();
    case Kind::server_and_postgres:
        stage_.postgres().stop_now();
        stage_.close_doors();
        stage_.host().kill_now();
        std::this_thread::sleep_for(fault.wait);
        stage_.postgres().start();
        stage_.host().start();
        return stage_.open_doors();
    }
}

void FireFaults::restart_server(Restart::How how)
{
    stage_.close_doors();
    if (how == Restart::How::kill)
        stage_.host().kill_now();
    else
        (void)stage_.host().stop(); // 70 when it leaves an effect nobody was told of: the checker judges that
    stage_.host().start();
    stage_.open_doors();
}

pid_t FireFaults::some_session()
{
    const auto sessions = stage_.postgres().sessions();
    return sessions.empty() ? -1 : sessions[rng_.below(sessions.size())];
}

} // namespace sim
