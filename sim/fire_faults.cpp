#include "sim/fire_faults.hpp"

#include <csignal>

namespace sim {

FireFaults::FireFaults(World world) : world_(std::move(world)), rng_(world_.seed + 2)
{
    open_doors();
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
            carry_out(fault);
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
    world_.postgres.wait_until_ready();
    if (world_.host.is_running()) return;
    ++own_ends_;
    close_doors();
    world_.host.start();
    open_doors();
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
        world_.host.signal(SIGSTOP);
        std::this_thread::sleep_for(fault.wait);
        return world_.host.signal(SIGCONT);
    case Kind::backend_terminate:
        if (const pid_t session = some_session(); session > 0) world_.postgres.terminate(session);
        return;
    case Kind::backend_kill:
        if (const pid_t session = some_session(); session > 0) FirePostgres::kill_now(session);
        return;
    case Kind::postgres_stop:
        world_.postgres.stop_now();
        std::this_thread::sleep_for(fault.wait);
        return world_.postgres.start();
    case Kind::postgres_freeze:
        world_.postgres.freeze();
        std::this_thread::sleep_for(fault.wait);
        return world_.postgres.go_on();
    case Kind::server_and_postgres:
        world_.postgres.stop_now();
        close_doors();
        world_.host.kill_now();
        std::this_thread::sleep_for(fault.wait);
        world_.postgres.start();
        world_.host.start();
        return open_doors();
    }
}

void FireFaults::restart_server(Restart::How how)
{
    close_doors();
    if (how == Restart::How::kill)
        world_.host.kill_now();
    else
        (void)world_.host.stop(); // 70 when it leaves an effect nobody was told of: the checker judges that
    world_.host.start();
    open_doors();
}

void FireFaults::open_doors()
{
    for (std::size_t i = 0; i < world_.links.size(); ++i)
        world_.proxy.lead(i, world_.host.address(world_.links[i]));
}

void FireFaults::close_doors()
{
    for (std::size_t i = 0; i < world_.links.size(); ++i) world_.proxy.lead(i, std::nullopt);
}

pid_t FireFaults::some_session()
{
    const auto sessions = world_.postgres.sessions();
    return sessions.empty() ? -1 : sessions[rng_.below(sessions.size())];
}

} // namespace sim
