/// A host that approves everything and remembers nothing: what a generator of load is measured against, and
/// what `tollgate-sim echo` is.
#pragma once

#include "sim/network_model.hpp"
#include "sim/wire.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace sim {

class LoadAnswerer {
public:
    struct Settings {
        std::uint16_t port = 0; ///< on 127.0.0.1; 0: any free one
        /// Stops reading and answering once, for so long, at this request; 0: never.
        std::uint64_t stall_at = 0;
        std::chrono::milliseconds stall{0};
        std::uint64_t silent_every = 0; ///< every n-th request gets no answer; 0: all get one
        std::uint64_t refuse_every = 0; ///< every n-th is declined ("insufficient_funds")
        /// Each request, as it came, without frame and header. `on` counts connections from 0.
        std::function<void(std::size_t on, std::span<const std::uint8_t> request)> seen{};
    };

    /// Listens from now on.
    /// network  must outlive this
    /// throws   WireError when the port is taken
    LoadAnswerer(const NetworkModel& network, Settings settings);
    ~LoadAnswerer();
    LoadAnswerer(const LoadAnswerer&) = delete;
    LoadAnswerer& operator=(const LoadAnswerer&) = delete;

    [[nodiscard]] Address address() const;
    /// Answers until stop(); on the caller's thread.
    void run();
    void stop(); ///< thread-safe

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace sim
