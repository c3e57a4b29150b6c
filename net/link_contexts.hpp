#pragma once

#include "net/config.hpp"
#include "net/connection.hpp"
#include "net/link_keys.hpp"
#include "net/node_counters.hpp"

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace net {

/// A file of a link that has changed so that a running process would no longer recognize the repeats of what
/// it has served. Says which, and what of it.
struct KeyRulesChanged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Makes what the connections of each link need. A configuration is a plan until it takes effect: what is
/// made for it can be thrown away, and nobody sees any of it before. Ends before the I/O context to which its
/// handshaker posts.
class LinkContexts {
public:
    /// What the links of a node share.
    struct Shared {
        ConnectionContext parts; ///< all that is not the link's own
        std::function<std::uint64_t()> next_delivery;
        std::function<std::shared_ptr<LinkTap>(const LinkConfig&)> tap_of;
        std::shared_ptr<DraftPool> drafts = std::make_shared<DraftPool>();
        Tokenizer tokenizer;
        std::shared_ptr<NodeCounters> counters;
    };
    explicit LinkContexts(Shared shared) : shared_(std::move(shared)) {}

    /// What was planned and has not taken effect is forgotten.
    void begin_plan() { planned_.clear(); }
    /// Reads the link's files.
    /// throws   codec::DialectError, ProfileError, TlsError, KeyRulesChanged
    [[nodiscard]] ConnectionContext plan(const LinkConfig& link, const CardsConfig& cards);
    /// What was planned is what runs, and what the metrics tell of.
    void take_effect();

private:
    struct Made {
        std::shared_ptr<const LinkSettings> settings;
        std::int64_t certificate_expiry = 0; ///< seconds since 1970; 0: no TLS
    };
    using MadeByLink = std::map<std::string, Made>;

    void check_key_rules(const LinkConfig& link, const LinkSettings& now) const;

    Shared shared_;
    std::unique_ptr<Handshaker> handshaker_; ///< from the first link with TLS on
    KeyRings key_rings_;
    MadeByLink running_;
    MadeByLink planned_;
};

} // namespace net
