#include "net/handshaker.hpp"
#include "tests/support/tls_pair.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <thread>

using namespace test;
using net::Handshaker;
using net::Role;
using net::TlsContext;
using net::TlsSession;
namespace asio = boost::asio;

namespace {

/// A server's session that has got what its client says first.
struct Greeted {
    TlsContext server_context{parties().server_config(), Role::listen};
    TlsContext client_context{parties().client_config(), Role::connect};
    TlsSession client{client_context, "tollgate.test"};
    TlsSession server{server_context};
    Bytes hello = drain(client);

    Greeted() { server.received(hello); }
};

/// One who waits for steps, and what it has seen of their ends.
struct Caller {
    asio::io_context io;
    std::vector<int> ends;
    std::vector<std::thread::id> threads;

    void ask(Handshaker& handshaker, TlsSession& session, int number)
    {
        const auto wait = [this, &handshaker, &session, number]() -> asio::awaitable<void> {
            co_await handshaker.go_on(session, io.get_executor());
            ends.push_back(number);
            threads.push_back(std::this_thread::get_id());
        };
        asio::co_spawn(io, wait, [](const std::exception_ptr& failure) { CHECK_FALSE(failure); });
    }
};

} // namespace

TEST_CASE("handshaker: steps are done in order, and end where they were asked for")
{
    std::vector<std::unique_ptr<Greeted>> sessions;
    Caller caller;
    Handshaker handshaker;
    for (int number = 0; number < 5; ++number) {
        sessions.push_back(std::make_unique<Greeted>());
        caller.ask(handshaker, sessions.back()->server, number);
    }
    caller.io.run(); // it does not end while one is away
    CHECK(caller.ends == std::vector{0, 1, 2, 3, 4});
    for (const auto thread : caller.threads) CHECK(thread == std::this_thread::get_id());
    for (const auto& session : sessions) {
        CHECK_FALSE(session->server.failure());
        CHECK_FALSE(session->server.ciphertext().empty());
    }
}

TEST_CASE("handshaker: it is behind when many steps wait, and has caught up when they are done")
{
    std::vector<std::unique_ptr<Greeted>> sessions;
    for (std::size_t i = 0; i < 2 * Handshaker::behind_at; ++i)
        sessions.push_back(std::make_unique<Greeted>());
    Caller caller;
    Handshaker handshaker;
    CHECK_FALSE(handshaker.is_behind());
    const auto wait = [&]() -> asio::awaitable<void> {
        co_await handshaker.catch_up(caller.io.get_executor());
        caller.ends.push_back(-1);
    };
    int number = 0;
    for (const auto& session : sessions) caller.ask(handshaker, session->server, number++);
    asio::co_spawn(caller.io, wait, [](const std::exception_ptr& failure) { CHECK_FALSE(failure); });
    caller.io.run();
    REQUIRE(caller.ends.size() == sessions.size() + 1);
    CHECK(caller.ends.back() == -1); // not earlier
    CHECK_FALSE(handshaker.is_behind());
}

TEST_CASE("handshaker: it goes on to the end of a handshake, and leaves what stands behind it unread")
{
    Greeted sides;
    Caller caller;
    Handshaker handshaker;
    caller.ask(handshaker, sides.server, 1);
    caller.io.run();
    Bytes nothing;
    feed(sides.client, drain(sides.server), nothing);
    REQUIRE(sides.client.is_open());
    sides.client.write(bytes_of("first"));
    const Bytes last_flight = drain(sides.client);
    REQUIRE(sides.server.received(last_flight) == last_flight.size());
    caller.io.restart();
    caller.ask(handshaker, sides.server, 2);
    caller.io.run();
    CHECK(sides.server.is_open());
    Bytes space(64);
    CHECK(sides.server.read(space) == 5);
    CHECK(Bytes(space.begin(), space.begin() + 5) == bytes_of("first"));
}

TEST_CASE("handshaker: a step that fails says why, as everywhere")
{
    const TlsContext context(parties().server_config(), Role::listen);
    TlsSession session(context);
    const Bytes no_hello{22, 3, 1, 0, 4, 9, 9, 9, 9};
    session.received(no_hello);
    Caller caller;
    Handshaker handshaker;
    caller.ask(handshaker, session, 1);
    caller.io.run();
    CHECK(caller.ends == std::vector{1});
    CHECK(session.failure() == net::TlsFailure::error);
    CHECK_FALSE(session.failure_text().empty());
}

TEST_CASE("handshaker: its end drops the steps that have not begun, and nobody waits for them")
{
    std::vector<std::unique_ptr<Greeted>> sessions;
    for (int number = 0; number < 20; ++number) sessions.push_back(std::make_unique<Greeted>());
    Caller caller;
    {
        Handshaker handshaker;
        int number = 0;
        for (const auto& session : sessions) caller.ask(handshaker, session->server, number++);
        caller.io.poll();
    }
    caller.io.run(); // ends
    CHECK(caller.io.stopped());
    CHECK(std::ranges::is_sorted(caller.ends));
}
