#pragma once

#include "net/inherited_sockets.hpp"
#include "net/listener.hpp"

#include <functional>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace net {

/// The network side cannot start: an address that cannot be bound.
struct BindError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The links of a configuration at work, and those that it has lost until they have ended. Lives on one
/// thread.
class LinkSet {
public:
    /// What the connections of a link need; loads its files.
    using Contexts = std::function<ConnectionContext(const LinkConfig&)>;

    LinkSet(boost::asio::any_io_executor executor, std::shared_ptr<Admission> admission);
    ~LinkSet();
    LinkSet(const LinkSet&) = delete;
    LinkSet& operator=(const LinkSet&) = delete;

    struct Change {
        const std::vector<LinkConfig>& links;
        const Contexts& contexts;
        std::chrono::milliseconds farewell; ///< longest wait for what is in flight on links that go
    };
    /// Loads and binds all that is new before it changes anything. A link that listens where it did keeps its
    /// socket and its connections: what is new holds for connections that come from now on. Others of the
    /// same name are new ones, and those that are missing retire.
    /// inherited   sockets that are bound already
    /// throws      BindError, SubnetError, and what `contexts` throws: nothing has changed then
    void apply(const Change& change, InheritedSockets inherited);
    void start();
    /// A descriptor may be free again.
    void wake();

    // As those of Listener, for all of them.
    void drain(const Farewell& farewell, const std::function<void()>& on_empty);
    void abandon();

    struct Listening {
        std::string link;
        std::string address;
        std::uint16_t port = 0;
    };
    [[nodiscard]] const std::vector<Listening>& listening() const { return listening_; }
    /// How many of these sockets listen at this moment.
    [[nodiscard]] std::size_t count_listening() const;
    struct Socket {
        std::string link;
        int descriptor = -1;
    };
    /// They stay ours.
    [[nodiscard]] std::vector<Socket> sockets() const;

private:
    struct Member;
    struct Plan;
    using Members = std::vector<std::shared_ptr<Member>>;

    Plan plan(const LinkConfig& link, const Contexts& contexts, InheritedSockets& inherited);
    boost::asio::ip::tcp::acceptor bind(const LinkConfig& link, InheritedSockets& inherited);
    [[nodiscard]] InheritedSockets duplicates() const;
    [[nodiscard]] std::shared_ptr<Member> keeper_of(const LinkConfig& link) const;
    void say_goodbye(const std::shared_ptr<Member>& member, std::chrono::milliseconds farewell);
    void say_if_empty();

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Admission> admission_;
    Members members_;
    Members leaving_; ///< no longer in the configuration
    std::vector<Listening> listening_;
    std::function<void()> on_empty_;
    bool is_started_ = false;
};

} // namespace net
