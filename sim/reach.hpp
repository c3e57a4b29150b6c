/// What stands between a connection and its first message, and around every message.
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace net {
class TlsContext;
}

namespace sim {

class MessageSeal;
class SignOn;

/// Empty: plain TCP, messages without MACs, and no sign-on.
struct Reach {
    std::shared_ptr<const net::TlsContext> tls{};
    std::string server_name{}; ///< asked of a server; empty: the address that is dialled
    std::shared_ptr<const MessageSeal> seal{};
    std::shared_ptr<SignOn> sign_on{};      ///< of connections that we open
    std::chrono::milliseconds limit{5'000}; ///< for TCP, TLS and sign-on together
};

} // namespace sim
