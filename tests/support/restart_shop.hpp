/// A shop that goes on selling while the server is restarted: so many sales a second, at times that are fixed
/// beforehand, over several sessions. It honours a sign-off: it answers it, sends nothing more there, waits
/// for what is outstanding, ends the connection and opens another one.
#pragma once

#include "sim/load.hpp"

#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace test {

class RestartShop {
public:
    enum class Role : std::uint8_t {
        dials,     ///< the server listens
        is_dialled ///< the server dials us
    };
    struct Settings {
        Role role = Role::dials;
        std::shared_ptr<boost::asio::ssl::context> tls; ///< null: plain TCP
        std::size_t sessions = 6;                       ///< role dials
        double per_second = 200;
    };

    /// load   each message is sent once, in order, and again only if its session ended without its answer
    RestartShop(const sim::Load& load, const sim::NetworkModel& model, Settings settings);
    ~RestartShop();
    RestartShop(const RestartShop&) = delete;
    RestartShop& operator=(const RestartShop&) = delete;

    /// Role is_dialled: where.
    [[nodiscard]] std::uint16_t port() const;
    /// Begins to sell. Role dials: to this port on loopback.
    void open(std::uint16_t port = 0);
    [[nodiscard]] std::size_t approved() const { return approved_; }
    /// From any thread: all messages of the load are sent.
    [[nodiscard]] bool has_sold_out() const { return has_sold_out_; }
    /// Sells no more, and waits up to a minute for the answers.
    void finish();

    /// After finish().
    struct Result {
        std::size_t sent = 0;
        std::size_t approved = 0;
        std::size_t not_approved = 0;
        std::size_t unanswered = 0;       ///< to the end
        std::size_t lost = 0;             ///< answers that had not come when their session had ended
        std::size_t refused_connects = 0; ///< or sessions that ended before they were up
        std::size_t sign_offs = 0;        ///< that we were sent
        std::size_t sessions = 0;         ///< that were up
        std::chrono::microseconds p99{0}; ///< from the time at which a sale was due to its answer
        std::chrono::microseconds longest{0};
        std::chrono::microseconds longest_silence{0}; ///< without any answer
    };
    [[nodiscard]] const Result& result() const;

private:
    struct Body;
    std::atomic<std::size_t> approved_{0};
    std::atomic<bool> has_sold_out_{false};
    std::unique_ptr<Body> body_;
};

/// For a log: one line.
[[nodiscard]] std::string text_of(const RestartShop::Result& result);

} // namespace test
