#pragma once

#include "net/health.hpp"
#include "net/link_config.hpp"
#include "net/log.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace net {

/// Answers GET and HEAD over HTTP on a thread of its own, so that neither a slow reader nor a large answer
/// holds up a message. One request per connection, few connections, little time for each. An address that
/// cannot be bound is tried again every second: during a hand-over the old process still has it.
class Admin {
public:
    /// Called on the thread of this class, for one request at a time.
    /// returns  nothing: 404
    using Pages = std::function<std::optional<Page>(std::string_view target)>;

    static constexpr std::size_t connections_max = 16;
    static constexpr std::size_t request_bytes_max = 8'192;
    static constexpr std::chrono::seconds exchange_max{5}; ///< for a request and its answer

    /// throws   BadAddress
    Admin(const Endpoint& address, Pages pages, Log& log);
    /// Cuts off what is under way.
    ~Admin();
    Admin(const Admin&) = delete;
    Admin& operator=(const Admin&) = delete;

    /// 0: not bound yet.
    [[nodiscard]] std::uint16_t port() const;

    struct BadAddress : std::runtime_error {
        using std::runtime_error::runtime_error;
    };

private:
    struct Body;
    std::unique_ptr<Body> body_;
};

} // namespace net
