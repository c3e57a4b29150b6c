#pragma once

#include "tests/bench/links_wire.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace bench {

/// How many requests wait for their answers.
struct LinksWindow {
    std::size_t connections = 4;
    std::size_t outstanding = 128; ///< on all of them together; each has as many, or one at most
};

/// Sends sales over many connections with a fixed number outstanding: one thread, epoll. Where there are
/// fewer outstanding than connections, the next request goes over the connection that has rested longest.
class LinksClient {
public:
    /// Opens the connections.
    /// throws   std::runtime_error when one is refused
    LinksClient(const LinksServer& server, LinksWindow window);
    ~LinksClient();
    LinksClient(const LinksClient&) = delete;
    LinksClient& operator=(const LinksClient&) = delete;

    /// Sends for so long, then waits for the last answers.
    /// returns  how many were answered
    /// throws   std::runtime_error when an answer is wrong or does not come
    std::size_t run(std::chrono::milliseconds time);
    /// One request and its answer on each connection.
    void touch_all();

private:
    struct Line {
        std::unique_ptr<LinksWire> wire;
        std::size_t outstanding = 0;
        std::vector<std::uint8_t> unread; ///< a frame that is not whole yet
    };

    void send(Line& line, std::size_t count);
    std::size_t receive(Line& line);
    void check(const std::uint8_t* frame, std::size_t bytes);
    [[nodiscard]] bool wait(std::vector<Line*>& readable);

    Subject subject_;
    LinksWindow window_;
    int epoll_ = -1;
    std::vector<Line> lines_;
    std::vector<std::uint8_t> request_; ///< one frame; its STAN and RRN are changed in each
    std::vector<std::uint8_t> out_;
    std::uint64_t sent_ = 0;
};

} // namespace bench
