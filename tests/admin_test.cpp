#include "net/admin.hpp"
#include "net/process_metrics.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_server.hpp"

#include <doctest/doctest.h>

using namespace wire;
using http_client::get;

namespace {

const net::Endpoint loopback{"127.0.0.1", 0};

std::optional<net::Page> hello(std::string_view target)
{
    if (target != "/hello") return std::nullopt;
    return net::Page{200, "text/plain", "hello\n"};
}

struct QuietLog {
    net::Log log{net::Log::Level::error, [](std::string_view) {}};
};

net::Config config_with_admin()
{
    net::Config config = RunningServer::good_config();
    config.admin.address = loopback;
    return config;
}

} // namespace

TEST_CASE("admin: what is asked for is answered, or why not")
{
    QuietLog quiet;
    const net::Admin admin(loopback, hello, quiet.log);
    struct Row {
        const char* name;
        std::string method;
        std::string target;
        std::string status;
        std::string body;
    };
    const Row rows[] = {
        {"a page", "GET", "/hello", "200", "hello\n"},
        {"its head", "HEAD", "/hello", "200", ""},
        {"no such page", "GET", "/nothing", "404", ""},
        {"nothing can be changed", "DELETE", "/hello", "405", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto answer = get(admin.port(), row.target, row.method);
        CHECK(answer.status == row.status);
        CHECK(answer.body == row.body);
    }
}

TEST_CASE("admin: what is no small HTTP request is cut off, and others are served")
{
    QuietLog quiet;
    const net::Admin admin(loopback, hello, quiet.log);
    const std::string too_long(net::Admin::request_bytes_max, 'x');
    const std::string requests[] = {
        "GET /" + too_long + " HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nX: " + too_long + "\r\n\r\n",
        "\x02\x30no HTTP at all\r\n\r\n",
        "POST /hello HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + too_long,
    };
    for (const std::string& request : requests) {
        CAPTURE(request.substr(0, 40));
        CHECK(http_client::raw(admin.port(), request).find("200 OK") == std::string::npos);
        CHECK(get(admin.port(), "/hello").status == "200");
    }
}

TEST_CASE(
    "admin: who connects and says nothing takes one place of few, and gets it no longer than others need")
{
    QuietLog quiet;
    const net::Admin admin(loopback, hello, quiet.log);
    std::vector<std::unique_ptr<Peer>> silent;
    for (std::size_t i = 0; i + 1 < net::Admin::connections_max; ++i)
        silent.push_back(std::make_unique<Peer>(admin.port()));
    CHECK(get(admin.port(), "/hello").status == "200"); // the last place
    silent.push_back(std::make_unique<Peer>(admin.port()));
    const Peer one_too_many(admin.port());
    CHECK(one_too_many.is_ended());                       // at once, not after their time
    CHECK(silent.front()->is_ended());                    // after its time
    while (get(admin.port(), "/hello").status != "200") { // the places of the others are free by now, or soon
    }
}

TEST_CASE("admin: an end with connections open waits for none of them")
{
    QuietLog quiet;
    auto admin = std::make_unique<net::Admin>(loopback, hello, quiet.log);
    const Peer silent(admin->port());
    CHECK(get(admin->port(), "/hello").status == "200"); // by now the silent one is served, too
    admin.reset();
    CHECK(silent.is_ended());
}

TEST_CASE("admin: an address that is taken is tried again")
{
    QuietLog quiet;
    auto first = std::make_unique<net::Admin>(loopback, hello, quiet.log);
    const net::Admin second({"127.0.0.1", first->port()}, hello, quiet.log);
    CHECK(second.port() == 0);
    const auto port = first->port();
    first.reset();
    while (second.port() == 0) std::this_thread::yield();
    CHECK(get(port, "/hello").status == "200");
    CHECK_THROWS_AS(net::Admin({"no address", 1}, hello, quiet.log), net::Admin::BadAddress);
}

TEST_CASE("health: a server is ready from its start until it drains")
{
    SharedBooks books;
    RunningServer server(books, config_with_admin());
    const Peer peer(server.port());
    CHECK(peer.code_of(sale()) == "00");
    for (const char* probe : {"/livez", "/readyz", "/startupz"}) {
        CAPTURE(probe);
        const auto answer = get(server.admin_port(), probe);
        CHECK(answer.status == "200");
        CHECK(answer.body == "ok\n");
    }
    const auto told = get(server.admin_port(), "/readyz?verbose");
    CHECK(told.body.find("[+] listening: 1 of 1 links\n") != std::string::npos);
    CHECK(told.body.find("[i] link acq-a: 1 connections, signed on\n") != std::string::npos);

    books.shut();
    peer.send(sale("000002")); // in flight: the drain waits for it
    books.wait_for_requests(2);
    server.begin_stop();
    server.wait_logged("draining");
    CHECK(get(server.admin_port(), "/readyz").status == "503");
    CHECK(get(server.admin_port(), "/livez").status == "200");
    CHECK(get(server.admin_port(), "/startupz").status == "200");
    books.open();
    CHECK(server.stop());
}

TEST_CASE("health: each check fails its own probes")
{
    using Clock = std::chrono::steady_clock;
    struct Row {
        const char* name;
        void (*spoil)(net::NodeCounters&);
        unsigned live;
        unsigned ready;
        unsigned started;
    };
    const Row rows[] = {
        {"nothing wrong", [](net::NodeCounters&) {}, 200, 200, 200},
        {"the I/O thread hangs",
         [](net::NodeCounters& c) { c.health.beat(Clock::now() - std::chrono::seconds{6}); }, 503, 200, 200},
        {"not started", [](net::NodeCounters& c) { c.health.is_started = false; }, 200, 503, 503},
        {"draining", [](net::NodeCounters& c) { c.health.is_draining = true; }, 200, 503, 200},
        {"no listener", [](net::NodeCounters& c) { c.health.links_listening = 0; }, 200, 503, 200},
        {"one of two listeners", [](net::NodeCounters& c) { c.health.links_to_listen = 2; }, 200, 503, 200},
        {"all links are dialled",
         [](net::NodeCounters& c) {
             c.health.links_to_listen = c.health.links_listening = 0;
             c.show(c.of_link("net-a"));
         },
         200, 200, 200},
        {"the first transaction that fails is no outage",
         [](net::NodeCounters& c) { c.queue->ended(authz::BatchEnd::retry, 1, {}, Clock::now()); }, 200, 200,
         200},
        {"nothing is committed any more",
         [](net::NodeCounters& c) {
             c.queue->ended(authz::BatchEnd::retry, 1, {}, Clock::now() - std::chrono::seconds{3});
             c.queue->ended(authz::BatchEnd::in_doubt, 1, {}, Clock::now());
         },
         200, 503, 200},
        {"something is committed again",
         [](net::NodeCounters& c) {
             c.queue->ended(authz::BatchEnd::retry, 1, {}, Clock::now() - std::chrono::seconds{3});
             c.queue->ended(authz::BatchEnd::committed, 1, {}, Clock::now());
         },
         200, 200, 200},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        net::NodeCounters counters;
        counters.health.beat(Clock::now());
        counters.health.is_started = true;
        counters.health.links_to_listen = counters.health.links_listening = 1;
        row.spoil(counters);
        CHECK(net::health_page(counters, "/livez")->status == row.live);
        CHECK(net::health_page(counters, "/readyz?verbose")->status == row.ready);
        CHECK(net::health_page(counters, "/startupz")->status == row.started);
        CHECK(!net::health_page(counters, "/other"));
    }
}

TEST_CASE("process: the figures of /proc are read")
{
    const auto before = net::process_figures();
    CHECK(before.resident_bytes > 1'000'000);
    CHECK(before.open_fds >= 3);
    CHECK(before.max_fds >= before.open_fds);
    CHECK(before.start_time_seconds > 1.7e9);
    CHECK(before.start_time_seconds < 1e11);
    const int descriptors[] = {::dup(0), ::dup(0)};
    CHECK(net::process_figures().open_fds == before.open_fds + 2);
    for (const int fd : descriptors) ::close(fd);
}
