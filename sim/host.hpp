/// The server under test: already running somewhere, or a child of ours that can be killed and started again.
#pragma once

#include "sim/child_process.hpp"
#include "sim/scenario.hpp"
#include "sim/wire.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace sim {

/// The server cannot be started or reached.
struct HostError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A server of our own that did not get ready.
struct StartError : HostError {
    StartError(const std::string& what, std::optional<int> end) : HostError(what), status(end) {}
    std::optional<int> status; ///< exit status, or 128 + signal number; nothing when it has not ended
};

class Host {
public:
    virtual ~Host() = default;
    /// Where a link listens now.
    /// throws   HostError when there is no such link
    [[nodiscard]] virtual Address address(const std::string& link) = 0;
    /// throws   HostError when it cannot be restarted
    virtual void restart(Restart::How how) = 0;
};

/// A server that somebody else runs.
class RunningHost final : public Host {
public:
    explicit RunningHost(std::map<std::string, Address> links) : links_(std::move(links)) {}
    [[nodiscard]] Address address(const std::string& link) override;
    void restart(Restart::How how) override;

private:
    std::map<std::string, Address> links_;
};

/// A `tollgated` of our own on ports that the system chooses.
class ChildHost final : public Host {
public:
    struct Settings {
        std::string program; ///< path of tollgated
        std::string config_file;
        std::string log_file;
        std::vector<std::string> options;       ///< behind the configuration: {"--set", "store.workers=1"}
        std::vector<std::string> environment{}; ///< "NAME=VALUE", beside our own
    };

    /// Starts it and waits until it is ready.
    /// throws   StartError with the last line of its log
    explicit ChildHost(Settings settings);

    [[nodiscard]] Address address(const std::string& link) override;
    void restart(Restart::How how) override;

    void kill_now(); ///< as a crash does
    void signal(int number) { child_->signal(number); }
    /// For the next start().
    void set_environment(std::vector<std::string> environment)
    {
        settings_.environment = std::move(environment);
    }
    /// After its end.
    /// throws   StartError
    void start();
    [[nodiscard]] int stop(); ///< orderly; returns its exit status
    [[nodiscard]] bool is_running() { return child_ != nullptr && child_->is_running(); }
    [[nodiscard]] bool ends_within(std::chrono::milliseconds limit);
    [[nodiscard]] pid_t pid() const { return child_->pid(); }

private:
    Settings settings_;
    std::unique_ptr<ChildProcess> child_;
    std::map<std::string, Address> links_;
};

} // namespace sim
