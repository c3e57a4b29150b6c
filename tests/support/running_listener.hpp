#pragma once

#include "net/listener.hpp"
#include "tests/support/running_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <memory>
#include <thread>

/// One listener with its thread, whose parts a test can reach.
class RunningListener {
public:
    explicit RunningListener(const net::TlsConfig& config)
        : tls(std::make_shared<net::TlsContext>(config, net::Role::listen))
    {
        const auto server = RunningServer::good_config();
        auto settings = net::settings_of(server.links[0], server.cards, wire::token_of);
        settings->next_delivery = [] { return std::uint64_t{1}; };
        context.link = std::move(settings);
        context.deliveries = std::make_shared<net::Deliveries>(1, authz::Time{});
        context.pulse =
            std::make_shared<net::Pulse>(std::chrono::steady_clock::now() + std::chrono::hours{24});
        context.turns = &turns;
        context.counters = counters;
        context.log = &log;
        context.tls = tls;
        context.handshaker = &handshaker;
        boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
        listener = std::make_shared<net::Listener>(
            std::move(acceptor),
            net::ListenerSettings{.allow = net::AllowList{}, .connections_max = 16, .is_tls = true}, context,
            std::make_shared<net::Admission>(net::LimitsConfig{}));
        port = listener->local_endpoint().port();
        listener->start();
        thread = std::thread([this] { io.run(); });
    }
    ~RunningListener()
    {
        const auto farewell = net::Farewell::within(std::chrono::steady_clock::now(), farewell_time);
        boost::asio::post(io, [this, farewell] { listener->drain(farewell, [] {}); });
        thread.join();
    }
    /// Runs something on the listener's thread and waits for its end.
    template <class Call> auto on_thread(Call call)
    {
        return boost::asio::post(io, std::packaged_task<decltype(call())()>(std::move(call))).get();
    }

    static constexpr std::chrono::seconds farewell_time{1};
    net::Log log{net::Log::Level::error};
    boost::asio::io_context io;
    net::IoTurns turns{io.get_executor()};
    net::Handshaker handshaker;
    std::shared_ptr<net::LinkCounters> counters = std::make_shared<net::LinkCounters>("acq-a");
    std::shared_ptr<net::TlsContext> tls;
    net::ConnectionContext context;
    std::shared_ptr<net::Listener> listener;
    std::uint16_t port = 0;
    std::thread thread;
};
