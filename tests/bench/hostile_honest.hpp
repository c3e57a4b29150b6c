#pragma once

#include "tests/bench/hostile_server.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace bench {

enum class Over { plain, tls };

/// What an honest client has seen in some time.
struct Seen {
    std::vector<double> micros; ///< of each answer, from the moment at which its request was to be sent
    std::size_t timeouts = 0;   ///< answers after a second, or never
};

/// A client that sends sales over one connection at a steady rate, whether or not answers come (open loop).
class SteadyClient {
public:
    /// throws   std::runtime_error when it does not get in
    SteadyClient(HostilePorts ports, Over over);
    ~SteadyClient();

    /// Sends for so long, then waits for the last answers, a second at most.
    /// throws   std::runtime_error when the connection ends, or an answer is no approval
    [[nodiscard]] Seen run(std::chrono::milliseconds time, std::size_t per_second);

private:
    struct Body;
    std::unique_ptr<Body> body_;
};

} // namespace bench
