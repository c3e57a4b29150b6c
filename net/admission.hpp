#pragma once

#include "net/config.hpp"
#include "net/ticket.hpp"

#include <boost/asio/ip/address.hpp>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <variant>

namespace net {

/// The limits of the whole process and of each source address: who may come in, and what all connections hold
/// together. No I/O and no clock of its own. Lives on one thread, but any may ask for the totals; made by
/// std::make_shared.
///
/// A source is an IPv4 address, or the /64 of an IPv6 address: whoever has one of these has all of it.
class Admission : public std::enable_shared_from_this<Admission> {
public:
    enum class Refusal : std::uint8_t {
        source_not_allowed, ///< by the link's allow-list
        source_too_fast,    ///< more accepts in a second than one source may have
        source_full,        ///< too many open connections of it
        link_full,
        node_full,
        handshakes_full, ///< too many TLS handshakes under way, and this source has its share of them
        buffers_full,    ///< of all connections together
    };
    [[nodiscard]] static std::string_view name_of(Refusal refusal);

    /// What all hold together.
    struct Totals {
        std::size_t connections = 0;
        std::size_t handshakes = 0;
        std::size_t in_flight = 0;
        std::size_t buffer_bytes = 0;
        std::size_t sources = 0; ///< known: with a connection, or a recent one
    };

    /// One connection's place among all; gives back what it holds when it ends. An empty one, of a connection
    /// that nobody counts, holds nothing and has no limit.
    class Place {
    public:
        Place() = default;
        Place(Place&& other) noexcept;
        Place& operator=(Place&& other) noexcept;
        ~Place() { leave(); }

        /// The TLS handshake is over, well or not.
        void end_handshake();
        /// A request more is in flight. False: the node has too many and this connection more than its share
        /// of them; it was not counted. Orders are always counted, and so is the first of a connection.
        [[nodiscard]] bool begin_request();
        void begin_order();
        /// So many requests and orders have ended.
        void end_requests(std::size_t count = 1);
        /// Input and output buffers hold so many bytes now. False: all together hold too much and this
        /// connection more than its share; it should be closed.
        [[nodiscard]] bool hold_bytes(std::size_t bytes);
        /// Gives back everything, once the socket is closed.
        void leave();

    private:
        friend class Admission;
        std::shared_ptr<Admission> admission_;
        boost::asio::ip::address source_; ///< unspecified: dialled
        std::size_t in_flight_ = 0;
        std::size_t bytes_ = 0;
        bool is_handshaking_ = false;
    };

    /// A connection that wants in, and what its link says of it.
    struct Arrival {
        boost::asio::ip::address peer;
        bool is_on_allow_list = true;
        bool is_tls = false; ///< its handshake is counted until Place::end_handshake()
        std::size_t link_connections = 0;
        std::size_t link_connections_max = 0;
    };
    using Verdict = std::variant<Place, Refusal>;

    explicit Admission(const LimitsConfig& limits) : limits_(limits) {}

    /// At the first violated rule, in the order of Refusal.
    [[nodiscard]] Verdict admit(const Arrival& arrival, MonoTime now);
    /// Of a connection that we dial ourselves: counted, never refused.
    [[nodiscard]] Place dialled();

    /// For what comes from now on.
    void set_limits(const LimitsConfig& limits) { limits_ = limits; }
    /// Called whenever a connection has left: a descriptor is free.
    void on_left(std::function<void()> call) { on_left_ = std::move(call); }
    /// Thread-safe.
    [[nodiscard]] Totals totals() const;

private:
    using Source = boost::asio::ip::address;
    struct Record {
        std::size_t open = 0;
        std::size_t handshakes = 0;
        double accepts_left = 0; ///< a bucket that fills at the rate of accepts_per_source_second
        MonoTime filled_at;
        std::list<Source>::iterator idle; ///< in idle_ while open is 0
    };
    struct SourceHash {
        std::size_t operator()(const Source& source) const { return std::hash<Source>{}(source); }
    };

    Record& record_of(const Source& source, MonoTime now);
    [[nodiscard]] std::optional<Refusal> refusal_of(const Arrival& arrival, const Record& record) const;
    [[nodiscard]] bool may_shake_hands(const Record& record) const;
    void begin_handshake(Record& record);
    void end_handshake(const Source& source);
    void forget_idle(MonoTime now);
    struct Holding {
        std::size_t by_all = 0;
        std::size_t by_one = 0;
    };
    struct Shared {
        std::size_t limit = 0;
        std::size_t sharers = 1;
    };
    [[nodiscard]] static bool may_grow(const Holding& wanted, const Shared& shared);
    void left(Place& place);

    struct Sums {
        std::atomic<std::size_t> connections{0}, handshakes{0}, in_flight{0}, buffer_bytes{0}, sources{0};
    };

    LimitsConfig limits_;
    Sums sums_;
    std::unordered_map<Source, Record, SourceHash> records_;
    std::list<Source> idle_;              ///< sources without a connection, longest first; bounded
    std::size_t handshaking_sources_ = 0; ///< with at least one under way
    std::function<void()> on_left_;
};

} // namespace net
