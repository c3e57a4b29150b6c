/// What is counted per link. Every label comes from a closed set, so that no data of a message can become
/// one. The hot path pays relaxed atomics and nothing else; whoever wants figures reads them when asked.
#pragma once

#include "authz/request.hpp"
#include "codec/mti.hpp"
#include "net/counter.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace net {

enum class RequestKind : std::uint8_t { sale, refund, reversal, advice, network, other };
inline constexpr std::string_view kind_labels[] = {"sale",   "refund",  "reversal",
                                                   "advice", "network", "other"};
[[nodiscard]] RequestKind kind_of(authz::Operation operation);

/// Message types without their version digit, which is the link's.
inline constexpr std::string_view mti_labels[] = {"100", "101", "110", "120", "121", "130", "200",  "201",
                                                  "210", "220", "221", "230", "400", "401", "410",  "420",
                                                  "421", "430", "800", "801", "810", "820", "other"};

inline constexpr std::string_view code_labels[] = {"00", "10", "12", "13", "14",  "15",   "21", "25",
                                                   "30", "40", "51", "54", "57",  "61",   "62", "64",
                                                   "65", "91", "94", "96", "000", "other"};

/// Why bytes or a message were not taken.
enum class Rejected : std::uint8_t { length, garbage, header, field, spec };
inline constexpr std::string_view rejected_labels[] = {"length", "garbage", "header", "field", "spec"};

/// Why a whole request was met with silence: there was too much to do.
enum class Shed : std::uint8_t { in_flight, queue, draining };
inline constexpr std::string_view shed_labels[] = {"in_flight", "queue", "draining"};

/// What became of an answered request.
inline constexpr std::string_view result_labels[] = {"approved", "declined"};

enum class ConnectionState : std::uint8_t { connecting, open, draining };
inline constexpr std::string_view state_labels[] = {"connecting", "open", "draining"};

/// An answer on its way out, as far as it is counted.
struct AnswerTag {
    std::uint8_t mti = 0;  ///< index of mti_labels
    std::uint8_t code = 0; ///< index of code_labels
    RequestKind kind = RequestKind::other;
    std::chrono::steady_clock::time_point first_byte{}; ///< of its request
};

/// From the first byte of a request to its answer's hand-over to the kernel, in microseconds. Of all links.
struct RequestTimes {
    std::array<std::array<Histogram, std::size(result_labels)>, std::size(kind_labels)> by_kind_and_result;
};

/// How often each thing happened that has a name of its own. For what is rare: it takes a lock.
class NamedCounts {
public:
    /// name   lower case and underscores; anything else, and what comes after most names, is "other"
    void add(std::string_view name);
    [[nodiscard]] std::map<std::string, std::uint64_t> values() const;

    static constexpr std::size_t names_max = 24;

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::uint64_t> counts_; ///< guarded by mutex_
};

/// Few: every link has a series for each.
inline constexpr std::int64_t echo_edges_us[] = {1'000,   5'000,     20'000,    100'000,
                                                 500'000, 1'000'000, 5'000'000, 10'000'000};

/// What happened on the connections of one link since the start (OPERATIONS 8.2). Shared by all of them.
struct LinkCounters {
    explicit LinkCounters(std::string name, std::shared_ptr<RequestTimes> times = nullptr);

    void received(codec::Mti mti);
    void rejected(Rejected why) { frames_rejected[static_cast<std::size_t>(why)].add(); }
    void shed(Shed why) { requests_shed[static_cast<std::size_t>(why)].add(); }
    /// All of a message has been handed to the kernel.
    void sent(const AnswerTag& tag, std::chrono::steady_clock::time_point now);
    void closed(std::string_view reason) { connections_closed.add(reason); }

    const std::string link;
    std::atomic<char> mti_version{'0'}; ///< messages of another one are "other"
    Counter bytes_received;
    Counter bytes_sent;
    Counter connections_opened;
    Counter connections_refused; ///< before the first byte: allow-list, caps
    Counter handshakes_failed;
    NamedCounts connections_closed;
    Counter sessions_up; ///< so often requests began to be taken
    Counter sessions_down;
    Histogram echo_us{echo_edges_us}; ///< from our echo to its answer
    Counter answers_late;             ///< the cut-off passed first: silence
    Counter requests_joined;          ///< copies of what was in flight: one decision, one answer for each
    std::array<Counter, std::size(mti_labels)> messages_received;
    std::array<Counter, std::size(mti_labels)> messages_sent;
    std::array<Counter, std::size(rejected_labels)> frames_rejected;
    std::array<Counter, std::size(shed_labels)> requests_shed;
    std::array<std::array<Counter, std::size(code_labels)>, std::size(kind_labels)> requests;
    const std::shared_ptr<RequestTimes> times;

    std::array<Gauge, std::size(state_labels)> connections;
    Gauge signed_on; ///< connections on which requests are taken
    Gauge in_flight;
    Gauge in_flight_limit;    ///< of one connection
    Gauge certificate_expiry; ///< seconds since 1970, of our own certificate; 0: none
};

/// What an answer is counted as when it has left.
/// code   DE39; empty: a request of ours
[[nodiscard]] AnswerTag tag_of(codec::Mti mti, std::string_view code, RequestKind kind);

/// One connection's share of its link's gauges; gives it back when it ends.
class ConnectionGauges {
public:
    explicit ConnectionGauges(std::shared_ptr<LinkCounters> counters);
    ~ConnectionGauges();
    ConnectionGauges(const ConnectionGauges&) = delete;
    ConnectionGauges& operator=(const ConnectionGauges&) = delete;

    struct Shown {
        ConnectionState state = ConnectionState::connecting;
        bool is_signed_on = false;
        std::size_t in_flight = 0;
    };
    void show(const Shown& now);

private:
    std::shared_ptr<LinkCounters> counters_;
    Shown shown_;
};

} // namespace net
