#include "net/link_set.hpp"

#include "net/dialer.hpp"

#include <algorithm>
#include <utility>

#include <fcntl.h>

namespace net {

namespace asio = boost::asio;
using asio::ip::tcp;

/// One link at work: it listens, or it dials.
struct LinkSet::Member {
    explicit Member(const asio::any_io_executor& executor) : farewell(executor) {}

    void start() const
    {
        if (listener) listener->start();
        if (dialer) dialer->start();
    }
    void drain(const Farewell& how, std::function<void()> on_empty) const
    {
        if (listener) listener->drain(how, std::move(on_empty));
        if (dialer) dialer->drain(how, std::move(on_empty));
    }
    void abandon(std::string_view reason) const
    {
        if (listener) listener->abandon(reason);
        if (dialer) dialer->abandon();
    }
    [[nodiscard]] std::optional<Listening> listening() const
    {
        if (!listener) return std::nullopt;
        const auto endpoint = listener->local_endpoint();
        return Listening{config.name, endpoint.address().to_string(), endpoint.port()};
    }

    LinkConfig config;
    std::shared_ptr<Listener> listener;
    std::shared_ptr<Dialer> dialer;
    bool is_empty = false; ///< it has ended
    asio::steady_timer farewell;
};

/// What a link is going to be: everything that can fail has been done.
struct LinkSet::Plan {
    std::shared_ptr<Member> member; ///< new, or the one that goes on
    ListenerSettings settings;      ///< for the one that goes on
    std::optional<ConnectionContext> context;
};

namespace {

std::string text_of(const Endpoint& place)
{
    return place.host + ":" + std::to_string(place.port);
}

ListenerSettings settings_of(const LinkConfig& link)
{
    return {AllowList(link.allow), link.connections_max, link.tls.has_value()};
}

} // namespace

LinkSet::LinkSet(asio::any_io_executor executor, std::shared_ptr<Admission> admission)
    : executor_(std::move(executor)), admission_(std::move(admission))
{
}

LinkSet::~LinkSet() = default;

// --- a configuration takes effect
// ------------------------------------------------------------------------------------

void LinkSet::apply(const Change& change, InheritedSockets inherited)
{
    inherited.add(duplicates());
    std::vector<Plan> plans;
    for (const LinkConfig& link : change.links) plans.push_back(plan(link, change.contexts, inherited));
    // From here on nothing fails.
    const Members before = std::exchange(members_, {});
    listening_.clear();
    for (std::size_t i = 0; i < plans.size(); ++i) {
        Plan& now = plans[i];
        const bool is_new = !now.context;
        if (!is_new) now.member->listener->change(std::move(now.settings), std::move(*now.context));
        now.member->config = change.links[i];
        if (is_new && is_started_) now.member->start();
        if (auto listening = now.member->listening()) listening_.push_back(std::move(*listening));
        members_.push_back(std::move(now.member));
    }
    for (const auto& member : before)
        if (std::ranges::find(members_, member) == members_.end()) say_goodbye(member, change.farewell);
}

LinkSet::Plan LinkSet::plan(const LinkConfig& link, const Contexts& contexts, InheritedSockets& inherited)
{
    Plan plan;
    plan.settings = settings_of(link);
    ConnectionContext context = contexts(link);
    plan.member = keeper_of(link);
    if (plan.member) {
        plan.context = std::move(context);
        return plan;
    }
    plan.member = std::make_shared<Member>(executor_);
    if (link.role == Role::connect)
        plan.member->dialer = std::make_shared<Dialer>(executor_, link, std::move(context), admission_);
    else
        plan.member->listener = std::make_shared<Listener>(bind(link, inherited), std::move(plan.settings),
                                                           std::move(context), admission_);
    return plan;
}

/// A link of role connect is always a new one: its sessions know their settings from their start.
std::shared_ptr<LinkSet::Member> LinkSet::keeper_of(const LinkConfig& link) const
{
    const auto found = std::ranges::find_if(members_, [&](const auto& member) {
        return member->listener && member->config.name == link.name && link.role == Role::listen &&
               text_of(member->config.addresses.front()) == text_of(link.addresses.front());
    });
    return found == members_.end() ? nullptr : *found;
}

tcp::acceptor LinkSet::bind(const LinkConfig& link, InheritedSockets& inherited)
{
    const Endpoint& at = link.addresses.front();
    boost::system::error_code error;
    const auto address = asio::ip::make_address(at.host, error);
    if (error) throw BindError("link \"" + link.name + "\": " + text_of(at) + " is not an address");
    const tcp::endpoint endpoint(address, at.port);
    try {
        if (auto socket = inherited.take(link.name, endpoint)) {
            tcp::acceptor acceptor(executor_);
            acceptor.assign(endpoint.protocol(), socket->get());
            (void)socket->release();
            return acceptor;
        }
        return {executor_, endpoint};
    } catch (const boost::system::system_error& failure) {
        throw BindError("link \"" + link.name + "\": cannot listen on " + text_of(at) + ": " +
                        failure.code().message());
    }
}

/// So that a link under another name, or one that comes back, needs no new socket for the same address.
InheritedSockets LinkSet::duplicates() const
{
    InheritedSockets sockets;
    for (const Socket& socket : this->sockets())
        (void)sockets.add(Descriptor(::fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)), socket.link);
    return sockets;
}

void LinkSet::say_goodbye(const std::shared_ptr<Member>& member, std::chrono::milliseconds farewell)
{
    const auto on_empty = [this, weak = std::weak_ptr(member)] {
        const auto gone = weak.lock();
        gone->is_empty = true;
        gone->farewell.cancel();
        std::erase(leaving_, gone);
        say_if_empty();
    };
    leaving_.push_back(member);
    member->farewell.expires_after(farewell);
    member->farewell.async_wait([weak = std::weak_ptr(member)](const boost::system::error_code& error) {
        const auto still_there = weak.lock();
        if (!error && still_there) still_there->abandon("link_removed");
    });
    member->drain(Farewell::within(std::chrono::steady_clock::now(), farewell), on_empty);
}

// --- all of them
// -----------------------------------------------------------------------------------------------------

void LinkSet::start()
{
    is_started_ = true;
    for (const auto& member : members_) member->start();
}

void LinkSet::wake()
{
    for (const auto& member : members_)
        if (member->listener) member->listener->wake();
}

/// Links that are leaving already go on as they were told.
void LinkSet::drain(const Farewell& farewell, const std::function<void()>& on_empty)
{
    on_empty_ = on_empty;
    const auto end = [&](const std::shared_ptr<Member>& member) {
        member->drain(farewell, [this, weak = std::weak_ptr(member)] {
            weak.lock()->is_empty = true;
            say_if_empty();
        });
    };
    const Members going = std::exchange(leaving_, {});
    members_.insert(members_.end(), going.begin(), going.end());
    for (const auto& member : Members(members_)) {
        member->farewell.cancel();
        if (!member->is_empty) end(member);
    }
    say_if_empty();
}

void LinkSet::abandon()
{
    for (const auto& member : Members(members_)) member->abandon("drain_timeout");
}

void LinkSet::say_if_empty()
{
    const bool is_empty = leaving_.empty() && std::ranges::all_of(members_, &Member::is_empty);
    if (is_empty && on_empty_) std::exchange(on_empty_, nullptr)();
}

std::size_t LinkSet::count_listening() const
{
    return static_cast<std::size_t>(std::ranges::count_if(
        members_, [](const auto& member) { return member->listener && member->listener->is_listening(); }));
}

std::vector<LinkSet::Socket> LinkSet::sockets() const
{
    std::vector<Socket> sockets;
    for (const auto& member : members_)
        if (member->listener) sockets.push_back({member->config.name, member->listener->native_handle()});
    return sockets;
}

} // namespace net
