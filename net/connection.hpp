#pragma once

#include "net/admission.hpp"
#include "net/deliveries.hpp"
#include "net/link.hpp"
#include "net/link_counters.hpp"
#include "net/log.hpp"
#include "net/outbox.hpp"
#include "net/pulse.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace net {

class Connection;

/// What the connections of one listener share. Log and queue outlive them, or are not asked any more.
struct ConnectionContext {
    std::shared_ptr<const LinkSettings> link;
    std::weak_ptr<LedgerQueue> queue;
    std::shared_ptr<TicketSink> inbox;
    std::shared_ptr<const Deliveries> deliveries;
    std::shared_ptr<const Pulse> pulse; ///< of the thread that reads
    std::shared_ptr<LinkCounters> counters;
    Log* log = nullptr;
    OutboxLimits outbox;
    std::chrono::milliseconds stall_max{5'000}; ///< a peer that takes no byte for so long is closed
    std::function<void(const std::shared_ptr<Connection>&)> on_closed;
};

/// Does what its Link says, over TCP. One coroutine reads, one writes, one timer serves all deadlines; all of
/// them on the executor of the socket, which must be one thread or a strand. TLS would stand between the
/// socket and the two coroutines.
class Connection : public TicketOwner, public std::enable_shared_from_this<Connection> {
public:
    /// place   among all connections; an empty one is not counted
    Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<const ConnectionContext> context,
               Admission::Place place = {});

    void start();
    /// Drains at the first moment at which nothing of the peer waits for an answer, or to be read.
    void retire();
    /// Finishes what is in flight, then closes.
    void drain();
    /// Closes at once; approvals that have not begun to leave are undone.
    void abandon(std::string_view reason);

    void ended(const TicketPtr& ticket) override;

    [[nodiscard]] const Link& link() const { return link_; }

private:
    boost::asio::awaitable<void> read_loop();
    boost::asio::awaitable<void> write_loop();
    boost::asio::awaitable<bool> write_some();

    [[nodiscard]] Now moment_of_arrival() const;
    void obey();
    void submit_arrivals();
    void act(Link::Reply& reply);
    void act(Link::Authorize& authorize);
    void act(const Link::Expire& expire);
    void act(const Link::GiveUp& give_up);
    void act(const Link::Close& close);
    void act(const Link::Note& note);
    void act(const Link::Changed& change);
    void act(const Link::Wait&) {}

    void arm(MonoTime deadline);
    void on_timer();
    void log_end(std::string_view reason);
    void log_down(std::string_view reason);

    [[nodiscard]] bool is_quiet() const;
    void count_bytes();

    boost::asio::ip::tcp::socket socket_;
    std::shared_ptr<const ConnectionContext> context_;
    Admission::Place place_;
    std::string peer_;
    Link link_;
    Outbox outbox_;
    std::unordered_map<std::uint64_t, TicketPtr> tickets_;
    std::vector<TicketPtr> arrivals_;    ///< read and not submitted yet
    std::shared_ptr<Handover> handover_; ///< of the decision that is being answered
    boost::asio::steady_timer deadline_timer_;
    boost::asio::steady_timer wake_writer_;
    MonoTime armed_ = MonoTime::max();
    MonoTime stall_deadline_ = MonoTime::max(); ///< by then the peer must have taken a byte, or closed
    bool has_peer_ended_ = false;
    bool has_flushed_ = false;
    bool is_retiring_ = false;
    bool is_closing_ = false; ///< no more is read; the writer flushes and ends
    bool is_closed_ = false;
};

} // namespace net
