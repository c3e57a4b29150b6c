#pragma once

#include "net/admission.hpp"
#include "net/deliveries.hpp"
#include "net/handshaker.hpp"
#include "net/io_turns.hpp"
#include "net/key_state_writer.hpp"
#include "net/link.hpp"
#include "net/link_counters.hpp"
#include "net/log.hpp"
#include "net/outbox.hpp"
#include "net/pulse.hpp"
#include "net/tls_session.hpp"
#include "net/tls_workspace.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace net {

class Connection;

/// What the connections of one listener share. Log, queue, turns and handshaker outlive them, or are not
/// asked any more.
struct ConnectionContext {
    std::shared_ptr<const LinkSettings> link;
    std::weak_ptr<LedgerQueue> queue;
    std::shared_ptr<TicketSink> inbox;
    std::weak_ptr<KeyStateWriter> key_writer;
    std::shared_ptr<const Deliveries> deliveries;
    std::shared_ptr<const Pulse> pulse; ///< of the thread that reads
    std::shared_ptr<LinkCounters> counters;
    std::shared_ptr<TlsContext> tls;                                            ///< null: plain TCP
    std::shared_ptr<TlsWorkspace> workspace = std::make_shared<TlsWorkspace>(); ///< of the thread
    IoTurns* turns = nullptr;                                                   ///< of the thread
    Handshaker* handshaker = nullptr;                                           ///< not null with `tls`
    Log* log = nullptr;
    OutboxLimits outbox;
    std::chrono::milliseconds stall_max{5'000}; ///< a peer that takes no byte for so long is closed
    std::function<void(const std::shared_ptr<Connection>&)> on_closed;
};

/// Does what its Link says, over TCP or TLS. A coroutine reads; what there is to write is written once at the
/// end of a pass of the loop; one timer serves all deadlines. All of them are on the executor of the socket,
/// which must be one thread or a strand. With TLS a TlsSession stands between the socket and the two
/// directions, and the link begins when its handshake is done.
class Connection : public TicketOwner, public std::enable_shared_from_this<Connection> {
public:
    /// place          among all connections; an empty one is not counted
    /// dialled_host   of a connection that we have opened: name or address, for TlsSession
    /// throws         TlsError
    Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<const ConnectionContext> context,
               Admission::Place place = {}, std::string_view dialled_host = {});

    void start();
    /// Signs off, serves what still comes until it is at rest, then closes. Whoever calls it calls abandon()
    /// some time after the last call.
    void drain(const Farewell& farewell);
    /// Closes at once; approvals that have not begun to leave are undone.
    void abandon(std::string_view reason);

    void ended(std::span<const TicketPtr> tickets) override;

    [[nodiscard]] const Link& link() const { return link_; }

private:
    boost::asio::awaitable<void> read_loop();

    enum class Written : std::uint8_t { some, nothing_yet, failed };
    [[nodiscard]] bool has_credit();
    void wake_writer();
    void write();
    void write_all();
    [[nodiscard]] Written write_some();

    [[nodiscard]] std::vector<boost::asio::const_buffer> next_buffers();
    void took(std::size_t bytes);
    [[nodiscard]] bool has_output() const;

    // With TLS (connection_tls.cpp):
    boost::asio::awaitable<void> read_tls_loop();
    void start_handshake();
    [[nodiscard]] bool says_only_hello(std::span<const std::uint8_t> first_bytes);
    boost::asio::awaitable<void> shake_hands(std::vector<std::uint8_t> bytes, Now moment);
    void take_ciphertext(std::span<const std::uint8_t> bytes, Now moment);
    void take_plaintext(Now moment);
    void note_record(MonoTime began);
    void end_handshake();
    void end_tls_input();
    void fail_tls(TlsFailure failure, std::string_view why);
    void seal();
    void on_tls_deadline();

    [[nodiscard]] Now moment_of_arrival() const;
    void open();
    void obey();
    void obey_actions();
    void submit_arrivals();
    void act(Link::Reply& reply);
    void act(Link::Authorize& authorize);
    void act(const Link::Expire& expire);
    void act(const Link::GiveUp& give_up);
    void act(const Link::Close& close);
    void act(Link::Keep& keep);
    void act(const Link::Note& note);
    void act(const Link::Changed& change);
    void act(const Link::Wait&) {}

    void arm(MonoTime deadline);
    void on_timer();
    void log_end(std::string_view reason, std::string_view why = {});
    void log_down(std::string_view reason);

    // The end (connection_end.cpp):
    [[nodiscard]] Traffic unread() const;
    void end_output();
    [[nodiscard]] bool passes_over(const boost::system::error_code& error);
    void count_bytes();

    boost::asio::ip::tcp::socket socket_;
    std::shared_ptr<const ConnectionContext> context_;
    Admission::Place place_;
    std::string peer_;
    std::unique_ptr<TlsSession> tls_; ///< null: plain TCP, or it is away, at the handshaker
    ClientHelloFinder hello_finder_;  ///< of plain TCP
    Link link_;
    Outbox outbox_;
    IoTurns::Account account_;
    std::vector<TicketPtr> arrivals_;    ///< read and not submitted yet
    std::shared_ptr<Handover> handover_; ///< of the decision that is being answered
    boost::asio::steady_timer deadline_timer_;
    MonoTime armed_ = MonoTime::max();
    MonoTime stall_deadline_ = MonoTime::max(); ///< by then the peer must have taken a byte, or closed
    MonoTime tls_deadline_ = MonoTime::max();   ///< by then the handshake, or the record in hand, is whole
    std::optional<MonoTime> record_began_;      ///< first byte of the TLS record in hand
    std::optional<Farewell> farewell_;          ///< it drains
    bool is_writing_ = false;                   ///< write() is on its way, or is not called any more
    bool is_open_ = false;                      ///< the link is served: there is no handshake, or it is done
    bool has_unseen_input_ = false;             ///< read, and it waits for its turn
    bool has_peer_ended_ = false;
    bool has_flushed_ = false;
    bool is_closing_ = false; ///< no more is read; the writer flushes and ends
    bool is_closed_ = false;
};

} // namespace net
