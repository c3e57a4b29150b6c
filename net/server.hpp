#pragma once

#include "authz/settled.hpp"
#include "net/config.hpp"
#include "net/ledger_queue.hpp"
#include "net/link.hpp"
#include "net/link_set.hpp"
#include "net/log.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace net {

/// A link's settings with its dialect and profile loaded.
/// throws   codec::DialectError, ProfileError
[[nodiscard]] std::shared_ptr<LinkSettings> settings_of(const LinkConfig& link, const CardsConfig& cards,
                                                        const Tokenizer& tokenizer);

/// What a server leaves behind when it ends.
struct Leftovers {
    authz::Settled settled;                ///< its deliveries
    std::vector<authz::Request> undos;     ///< own undos that are due
    bool is_complete = false;              ///< apart from these undos everything is settled
    std::chrono::milliseconds patience{0}; ///< for writing them down: node.drain_timeout as it is now
};

/// Whoever finishes what this process cannot (decision 0011). The server does not need one, but without it
/// undos that are due at its end are lost.
struct Aftercare {
    std::uint64_t first_delivery = 0; ///< of a range of 2^40 that no other process has; 0: a random one
    std::function<void(const authz::Settled&)> on_settled; ///< every second, from the I/O thread; quick
    std::function<bool(const Leftovers&)> leave; ///< at the end; false: they could not be written down
};

/// What the server is made of and does not make itself.
struct ServerParts {
    LedgerQueue::LedgerFactory ledgers; ///< called once per worker
    Tokenizer tokenizer;
    Log* log = nullptr; ///< outlives the server
    Aftercare aftercare{};
};

/// All links of one configuration, with their ledger queue and one I/O thread: the one that calls run().
class Server {
public:
    /// Binds every address, so that whoever knows the ports can connect; nothing is served before run(). What
    /// the service manager has bound is used, and what a running server gives that listens on
    /// node.handover_socket; that one serves on until run().
    /// throws   BindError, SubnetError, HandoverError, codec::DialectError, ProfileError, and what the factory
    ///          throws
    Server(const Config& config, const ServerParts& parts);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    using Listening = LinkSet::Listening;
    [[nodiscard]] const std::vector<Listening>& listening() const;
    /// Where metrics and health are served; 0: nowhere (yet).
    [[nodiscard]] std::uint16_t admin_port() const;

    /// SIGTERM and SIGINT call stop().
    void stop_on_signals();
    /// SIGHUP calls it, in run(): the place to call reload().
    void on_hangup(std::function<void()> call);
    /// Links, limits, cards.bins and node.drain_timeout as they are now (docs/restart.md); the rest needs a
    /// restart. Before run(), or inside it.
    /// throws   as the constructor, and std::runtime_error when it stops already; everything is as before then
    void reload(const Config& config);
    enum class Stopped : std::uint8_t {
        drained,   ///< nothing is left
        left,      ///< what is left and has an effect, or may have one, is written down to be undone
        timed_out, ///< the drain timeout came first; what is left has no effect or is repeated by the network
        unknown,   ///< an effect is left that nobody was told, or may be: the log names the keys
    };
    /// Serves until stop() has been called and everything has ended, drain_timeout later at the latest.
    /// Unless it is drained a worker may still hang in a call, and the server's end waits for it.
    [[nodiscard]] Stopped run();
    /// From any thread: accepts no more, finishes what is in flight.
    void stop();
    /// From any thread: run() calls it.
    void post(std::function<void()> call);
    /// Where reloads are counted, for the metrics. From any thread.
    [[nodiscard]] Reloads& reloads();
    /// What all connections hold now. From any thread.
    [[nodiscard]] Admission::Totals totals() const;

private:
    struct Body;
    std::unique_ptr<Body> body_;
};

} // namespace net
