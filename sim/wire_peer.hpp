/// One connection of a Wire: TCP, TLS around it, a sign-on in front, frames.
#pragma once

#include "net/tls_session.hpp"
#include "sim/sign_on.hpp"
#include "sim/wire.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace sim {

/// Handlers hold it alive; after stop() they do nothing.
class WirePeer : public std::enable_shared_from_this<WirePeer> {
public:
    enum class Side : std::uint8_t { dialled, taken };

    /// Who is told. Lives longer than the connection is open.
    class Owner {
    public:
        virtual ~Owner() = default;
        virtual void up(const std::string& on) = 0; ///< it carries messages
        /// Without its header.
        virtual void message(const std::string& on, std::span<const std::uint8_t> bytes) = 0;
        virtual void all_read(const std::string& on) = 0;
        /// why      empty: the other side has closed a connection that was up
        virtual void ended(const std::string& on, const std::string& why) = 0;
    };

    /// form, reach, owner   live longer
    WirePeer(boost::asio::ip::tcp::socket socket, std::string on, const WireForm& form, const Reach& reach,
             Owner& owner);

    /// Connects, agrees on TLS and signs on, where it has to. All of it has the limit of the reach.
    /// host     that a server's certificate must name
    void dial(const boost::asio::ip::tcp::endpoint& to, const std::string& host);
    /// Its socket is connected already: somebody has dialled us.
    void take();
    /// TCP is there.
    [[nodiscard]] bool has_connected() const { return has_connected_; }
    [[nodiscard]] bool is_up() const { return stage_ == Stage::up; }
    [[nodiscard]] bool is_alive() const { return stage_ != Stage::ended; }
    /// Dropped unless it is up.
    void write(Bytes bytes);
    /// Nobody is told.
    void stop();
    /// Stops, and tells the owner.
    void end(const std::string& why);

private:
    enum class Stage : std::uint8_t {
        dialling,
        begun,
        agreed, ///< on TLS; the sign-on is under way
        up,
        ended,
    };

    void watch_limit();
    void begin(const std::string& host);
    void agree();
    void go_up();
    void give_up_late();
    [[nodiscard]] const char* awaited() const;
    void read();
    void have_read(boost::system::error_code error, std::size_t bytes);
    void take_ciphertext(std::span<const std::uint8_t> bytes);
    void decrypt();
    void take_messages();
    void take_one(std::span<const std::uint8_t> message);
    [[nodiscard]] std::string end_of_stream() const;
    void put(Bytes bytes);
    void put_ciphertext();
    void queue(Bytes bytes);
    void write_next();

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer limit_;
    std::string on_;
    const WireForm& form_;
    const Reach& reach_;
    Owner& owner_;
    Side side_ = Side::dialled;
    Stage stage_ = Stage::dialling;
    bool has_connected_ = false;
    codec::FrameReader reader_;
    std::unique_ptr<net::TlsSession> tls_; ///< null: plain TCP
    Bytes ciphertext_;                     ///< that has come
    std::optional<SignOn::Asked> asked_;
    std::deque<Bytes> outbox_; ///< as it goes into the socket
};

} // namespace sim
