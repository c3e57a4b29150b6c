// A proxy between plain sockets: what it does when one of its sides is slow, away, or ends.
#include "sim/proxy.hpp"
#include "tests/support/no_descriptors.hpp"
#include "tests/support/plain_ends.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>

using namespace sim;
using std::chrono::milliseconds;
using test::End;
using test::framing;
using test::message_of;
using test::NoDescriptors;
using test::OpenPlace;
using test::patience;
using test::Place;

namespace {

template <class Condition> bool wait_until(Condition condition)
{
    const auto deadline = Clock::now() + patience;
    while (!condition()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
}

/// A client that sends without an end, and a server that reads when it is asked to.
struct Flood {
    static constexpr std::size_t count = 2'000;
    static constexpr std::size_t message_bytes = 60'000; // all of them: more than any socket holds

    explicit Flood(Treatment treatment, std::size_t held_bytes_max)
    {
        Proxy::Settings settings;
        settings.framing = framing;
        settings.held_bytes_max = held_bytes_max;
        settings.treat = [this, treatment](const PassingFrame&) {
            ++taken;
            return treatment;
        };
        proxy = std::make_unique<Proxy>(std::move(settings));
        proxy->lead(0, place.address());
        sender = std::jthread([at = proxy->door(0)] {
            End client(at);
            for (std::size_t i = 0; i < count && client.send(message_of(message_bytes, i)); ++i) {
            }
            (void)client.receive(); // nobody answers: until the proxy breaks the connection
        });
    }
    /// returns  false when it has taken everything instead
    bool stops_reading()
    {
        return wait_until([&] { return proxy->sender_waits() > 0 || taken == count; }) && taken < count;
    }

    OpenPlace place;
    std::atomic<std::size_t> taken{0};
    std::jthread sender;
    std::unique_ptr<Proxy> proxy; ///< last: its end is the sender's
};

/// A proxy in front of a place, and what it has told.
struct Street {
    explicit Street(milliseconds connect_limit = patience)
    {
        Proxy::Settings settings;
        settings.framing = framing;
        settings.connect_limit = connect_limit;
        settings.door_news = [this](const DoorNews& change) {
            const std::lock_guard lock(mutex);
            news_.push_back(change);
        };
        proxy = std::make_unique<Proxy>(std::move(settings));
        proxy->lead(0, place.address());
    }
    std::vector<DoorNews> news()
    {
        const std::lock_guard lock(mutex);
        return news_;
    }
    /// A message goes through the proxy and arrives.
    void check_it_works()
    {
        End client(proxy->door(0));
        End server(place.acceptor());
        CHECK(client.send(message_of(50, 1)));
        CHECK(server.receive() == message_of(50, 1));
    }

    Place place;
    std::mutex mutex;
    std::vector<DoorNews> news_;
    std::unique_ptr<Proxy> proxy; ///< last: its thread uses the rest
};

} // namespace

TEST_CASE("proxy: a server that does not read stops its client, and gets everything when it does")
{
    Flood flood({}, 100'000);
    End server(flood.place.acceptor());
    REQUIRE(flood.stops_reading());
    for (std::size_t i = 0; i < Flood::count; ++i)
        REQUIRE(server.receive() == message_of(Flood::message_bytes, i));
}

TEST_CASE("proxy: what a rule holds back is bounded, too")
{
    constexpr std::size_t held_bytes_max = 1'000'000;
    constexpr std::size_t read_bytes = 4 * 65'536; // of one reading, at most
    for (const auto kind : {Treatment::Kind::delay, Treatment::Kind::hold}) {
        CAPTURE(kind);
        Flood flood({kind, std::chrono::hours(1)}, held_bytes_max);
        REQUIRE(flood.stops_reading());
        CHECK(flood.taken * Flood::message_bytes > held_bytes_max / 4);
        CHECK(flood.taken * Flood::message_bytes < held_bytes_max + read_bytes);
    }
}

TEST_CASE("proxy: a place for one message is enough for many, whatever is done to them")
{
    using Kind = Treatment::Kind;
    constexpr std::size_t count = 10;
    for (const auto kind : {Kind::pass, Kind::twice, Kind::delay, Kind::swap, Kind::hold}) {
        CAPTURE(kind);
        Proxy::Settings settings;
        settings.framing = framing;
        settings.held_bytes_max = 1;
        settings.treat = [kind](const PassingFrame&) { return Treatment{kind, milliseconds(1)}; };
        OpenPlace place;
        Proxy proxy(std::move(settings));
        proxy.lead(0, place.address());
        End client(proxy.door(0));
        End server(place.acceptor());
        for (std::size_t i = 0; i < count; ++i) REQUIRE(client.send(message_of(50, i)));
        const std::size_t expected = kind == Kind::twice ? 2 * count : count;
        for (std::size_t i = 0; i < expected; ++i) REQUIRE(server.receive().has_value());
        CHECK(proxy.sender_waits() > 0);
    }
}

TEST_CASE("proxy: the end of one direction comes behind what a rule holds back, and the other one lives")
{
    using Kind = Treatment::Kind;
    for (const auto kind : {Kind::pass, Kind::twice, Kind::delay, Kind::swap, Kind::hold, Kind::pause}) {
        CAPTURE(kind);
        Proxy::Settings settings;
        settings.framing = framing;
        settings.at_end = Proxy::AtEnd::pass_on;
        settings.treat = [kind](const PassingFrame&) { return Treatment{kind, milliseconds(20)}; };
        OpenPlace place;
        Proxy proxy(std::move(settings));
        proxy.lead(0, place.address());
        End client(proxy.door(0));
        End server(place.acceptor());
        REQUIRE(client.send(message_of(50, 1)));
        client.end();
        for (int i = 0; i < (kind == Kind::twice ? 2 : 1); ++i) CHECK(server.receive() == message_of(50, 1));
        CHECK(server.sees_the_end());
        REQUIRE(server.send(message_of(50, 2)));
        server.end();
        for (int i = 0; i < (kind == Kind::twice ? 2 : 1); ++i) CHECK(client.receive() == message_of(50, 2));
        CHECK(client.sees_the_end());
    }
}

TEST_CASE("proxy: a server that is away is told once, and once when it is back")
{
    Street street;
    for (int i = 0; i < 3; ++i) CHECK(End(street.proxy->door(0)).sees_a_break());
    REQUIRE(street.news().size() == 1);
    CHECK(street.news()[0].kind == DoorNews::Kind::server_lost);
    CHECK(street.news()[0].why == "Connection refused");
    street.place.listen();
    for (int i = 0; i < 3; ++i) street.check_it_works();
    REQUIRE(street.news().size() == 2);
    CHECK(street.news()[1].kind == DoorNews::Kind::server_found);
}

TEST_CASE("proxy: a server that never accepts is away, too")
{
    Street street(milliseconds(20));
    street.place.listen(0);
    const End queued(street.place.address()); // the queue is full: the kernel answers nobody else
    End client(street.proxy->door(0));
    CHECK(client.sees_a_break());
    REQUIRE(street.news().size() == 1);
    CHECK(street.news()[0].kind == DoorNews::Kind::server_lost);
    CHECK(street.news()[0].why == "Connection timed out");
}

TEST_CASE("proxy: a server's name is refused, as it is not looked up")
{
    Street street;
    CHECK_THROWS_WITH_AS(street.proxy->lead(0, Address{"localhost", 8583}),
                         "\"localhost\" is no IP address; names are not looked up", WireError);
}

TEST_CASE("proxy: without descriptors it says so, lets clients wait and takes them when there are some")
{
    Street street;
    street.place.listen();
    End client;
    {
        const NoDescriptors none;
        client.connect(street.proxy->door(0));
        REQUIRE(wait_until([&] { return !street.news().empty(); }));
    }
    CHECK(street.news()[0].kind == DoorNews::Kind::accepting_paused);
    CHECK(street.news()[0].why == "Too many open files");
    End server(street.place.acceptor());
    CHECK(client.send(message_of(50, 1)));
    CHECK(server.receive() == message_of(50, 1));
    street.check_it_works();
    REQUIRE(street.news().size() == 2);
    CHECK(street.news()[1].kind == DoorNews::Kind::accepting_again);
}
