// Connections are taken, one after the other, also behind a time in which none could be.
#include "sim/accept_loop.hpp"
#include "tests/support/no_descriptors.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <vector>

using namespace sim;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct Scene {
    Scene()
    {
        tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
        AcceptLoop::Events events;
        events.taken = [this](tcp::socket socket) { taken.push_back(std::move(socket)); };
        events.paused = [this](const AcceptLoop::Error& why) { pauses.push_back(why); };
        events.goes_on = [this] { ++times_on; };
        loop = std::make_unique<AcceptLoop>(std::move(acceptor), std::move(events));
    }

    void connect(tcp::socket& client) { client.connect(loop->acceptor().local_endpoint()); }

    template <class Condition> void run_until(Condition condition)
    {
        while (!condition()) REQUIRE(io.run_one() > 0);
    }

    asio::io_context io;
    std::vector<tcp::socket> taken;
    std::vector<AcceptLoop::Error> pauses;
    int times_on = 0;
    std::unique_ptr<AcceptLoop> loop;
};

} // namespace

TEST_CASE("accept loop: every connection is taken")
{
    Scene scene;
    tcp::socket first(scene.io);
    tcp::socket second(scene.io);
    scene.connect(first);
    scene.connect(second);
    scene.run_until([&] { return scene.taken.size() == 2; });
    CHECK(scene.pauses.empty());
    CHECK(scene.times_on == 0);
}

TEST_CASE("accept loop: who comes while no descriptor is left waits, and is taken when there is one")
{
    Scene scene;
    tcp::socket first(scene.io, tcp::v4());
    tcp::socket second(scene.io, tcp::v4());
    {
        const test::NoDescriptors none;
        scene.connect(first);
        scene.run_until([&] { return !scene.pauses.empty(); });
        (void)scene.io.run_one(); // the end of the pause
        (void)scene.io.run_one(); // no descriptor still: that is told once
    }
    CHECK(scene.pauses == std::vector<AcceptLoop::Error>{asio::error::no_descriptors});
    CHECK(scene.taken.empty());
    scene.run_until([&] { return scene.taken.size() == 1; });
    CHECK(scene.times_on == 1);
    scene.connect(second);
    scene.run_until([&] { return scene.taken.size() == 2; });
    CHECK(scene.times_on == 1);
}

TEST_CASE("accept loop: nothing comes of one that has been destroyed")
{
    Scene scene;
    tcp::socket client(scene.io, tcp::v4());
    {
        const test::NoDescriptors none;
        scene.connect(client);
        scene.run_until([&] { return !scene.pauses.empty(); });
    }
    scene.loop.reset();
    scene.io.run();
    CHECK(scene.taken.empty());
    CHECK(scene.times_on == 0);
}
