/// A client's connection through a proxy and the server's behind it: frames are taken, treated and passed on.
#pragma once

#include "sim/proxy_lane.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string_view>

namespace sim {

/// Handlers hold it alive. Everything happens on the proxy's thread.
class ProxySession : public std::enable_shared_from_this<ProxySession> {
public:
    using Error = boost::system::error_code;

    ProxySession(ProxyDesk& desk, boost::asio::ip::tcp::socket client);

    /// connected    told once whether the server could be reached; not when the session was cut before
    void start(const boost::asio::ip::tcp::endpoint& server, std::function<void(Error)> connected);
    /// Without a farewell: what is under way is lost on both sides.
    void cut();

private:
    void have_connected(Error error);

    // reading
    void read_on(ProxyLane& lane);
    void read(ProxyLane& lane);
    void have_read(ProxyLane& lane, Error error, std::span<const std::uint8_t> bytes);
    void source_ended(ProxyLane& lane);
    void pass_end_on(ProxyLane& lane);
    void break_off(const ProxyLane& lane, std::string_view why);

    // treating
    void take(ProxyLane& lane, Bytes message);
    void treat(ProxyLane& lane, Bytes message, const Treatment& treatment);
    void postpone(ProxyLane& lane, Bytes message, std::chrono::milliseconds wait);
    void swap(ProxyLane& lane, Bytes message);
    void forward_swapped(ProxyLane& lane);
    void damage(ProxyLane& lane, Bytes message, std::size_t at);
    void tear(ProxyLane& lane, Bytes message, std::size_t bytes);
    void forward(ProxyLane& lane, Bytes message);
    [[nodiscard]] Bytes framed(const Bytes& message) const;

    // writing
    void push(ProxyLane& lane, ProxyPiece piece);
    void write_next(ProxyLane& lane);
    void have_written(ProxyLane& lane, Error error);
    void let_go(ProxyLane& lane, std::size_t weight);
    void end_if_done(ProxyLane& lane);
    void shut(ProxyLane& lane);
    void close();
    void forget_timers();

    void record(const ProxyLane& lane, const Bytes& message, RecordedFrame::Fate fate);
    template <class Function> void after(std::chrono::milliseconds delay, Function then);

    ProxyDesk& desk_;
    std::uint32_t number_;
    boost::asio::ip::tcp::socket client_;
    boost::asio::ip::tcp::socket server_;
    ProxyLane requests_;
    ProxyLane answers_;
    std::set<std::shared_ptr<boost::asio::steady_timer>> timers_; ///< of after(), that have not rung
    std::function<void(Error)> connected_;                        ///< empty once it has been told
    bool is_cut_ = false;
};

} // namespace sim
