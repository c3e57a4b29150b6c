#include "sim/proxy.hpp"

#include "sim/accept_loop.hpp"
#include "sim/proxy_session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <thread>
#include <vector>

namespace sim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// How exactly the proxy knows when it was last awake.
constexpr std::chrono::milliseconds beat{5};

tcp::endpoint endpoint_of(const std::optional<Address>& listen)
{
    if (!listen) return {asio::ip::address_v4::loopback(), 0};
    return {asio::ip::make_address(listen->host), listen->port};
}

struct Door {
    Door(tcp::acceptor acceptor, std::size_t its_number, AcceptLoop::Events events)
        : number(its_number), loop(std::move(acceptor), std::move(events))
    {
    }
    const std::size_t number;
    AcceptLoop loop;
    const Address address{loop.acceptor().local_endpoint().address().to_string(),
                          loop.acceptor().local_endpoint().port()};
    std::optional<tcp::endpoint> server;
    bool has_lost_server = false;
};

} // namespace

struct Proxy::Impl {
    Impl(Settings settings, Recording* recording)
        : desk{.settings = std::move(settings), .recording = recording}
    {
        for (std::size_t i = 0; i < desk.settings.doors; ++i) {
            tcp::acceptor acceptor(desk.context, endpoint_of(i == 0 ? desk.settings.listen : std::nullopt));
            doors.push_back(std::make_unique<Door>(std::move(acceptor), i, events_of(i)));
        }
        keep_awake();
        thread = std::thread([this] { desk.context.run(); });
    }

    ~Impl()
    {
        asio::post(desk.context, [this] {
            cut_all();
            desk.context.stop();
        });
        thread.join();
    }

    AcceptLoop::Events events_of(std::size_t number)
    {
        AcceptLoop::Events events;
        events.taken = [this, number](tcp::socket client) { take(*doors[number], std::move(client)); };
        events.paused = [this, number](error_code why) {
            tell(DoorNews::Kind::accepting_paused, *doors[number], why);
        };
        events.goes_on = [this, number] { tell(DoorNews::Kind::accepting_again, *doors[number]); };
        return events;
    }

    void take(Door& door, tcp::socket client)
    {
        std::erase_if(sessions, [](const auto& session) { return session.expired(); });
        if (!door.server) return;
        const auto session = std::make_shared<ProxySession>(desk, std::move(client));
        sessions.push_back(session);
        session->start(*door.server, [this, &door](error_code error) { have_connected(door, error); });
    }

    void have_connected(Door& door, error_code error)
    {
        if (std::exchange(door.has_lost_server, error.failed()) == error.failed()) return;
        tell(error ? DoorNews::Kind::server_lost : DoorNews::Kind::server_found, door, error);
    }

    void tell(DoorNews::Kind kind, const Door& door, error_code error = {})
    {
        if (desk.settings.door_news)
            desk.settings.door_news({kind, door.number, error ? error.message() : std::string()});
    }

    void keep_awake()
    {
        desk.awake = Clock::now();
        beat_timer.expires_after(beat);
        beat_timer.async_wait([this](error_code error) {
            if (!error) keep_awake();
        });
    }

    void cut_all()
    {
        for (const auto& weak : sessions)
            if (const auto session = weak.lock()) session->cut();
        sessions.clear();
    }

    ProxyDesk desk;
    asio::steady_timer beat_timer{desk.context};
    std::vector<std::unique_ptr<Door>> doors;
    std::vector<std::weak_ptr<ProxySession>> sessions;
    std::thread thread;
};

Proxy::Proxy(Settings settings, Recording& recording) : Proxy(std::move(settings), &recording) {}

Proxy::Proxy(Settings settings) : Proxy(std::move(settings), nullptr) {}

Proxy::Proxy(Settings settings, Recording* recording)
{
    try {
        impl_ = std::make_unique<Impl>(std::move(settings), recording);
    } catch (const boost::system::system_error& error) {
        throw WireError(std::string("the proxy cannot listen: ") + error.what());
    }
}

Proxy::~Proxy() = default;

Address Proxy::door(std::size_t number) const
{
    return impl_->doors.at(number)->address;
}

void Proxy::lead(std::size_t door, const std::optional<Address>& server)
{
    std::optional<tcp::endpoint> target;
    if (server) {
        error_code error;
        target.emplace(asio::ip::make_address(server->host, error), server->port);
        if (error) throw WireError("\"" + server->host + "\" is no IP address; names are not looked up");
    }
    asio::post(impl_->desk.context, [this, door, target] { impl_->doors.at(door)->server = target; });
}

void Proxy::cut_all()
{
    asio::post(impl_->desk.context, [this] { impl_->cut_all(); });
}

std::uint64_t Proxy::sender_waits() const
{
    return impl_->desk.sender_waits;
}

} // namespace sim
