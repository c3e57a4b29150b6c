// Listening sockets that come from another process; here two servers in one.
#include "net/handover_socket.hpp"
#include "net/service_manager.hpp"
#include "net/takeover.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/running_server.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

using namespace wire;

namespace {

using Offers = std::vector<net::HandoverSocket::Offer>;

net::Config config_with(const std::filesystem::path& socket)
{
    net::Config config = RunningServer::good_config();
    config.links.push_back(config.links.front());
    config.links.back().name = "acq-b";
    config.node.handover_socket = socket;
    return config;
}

} // namespace

TEST_CASE("hand-over: the next server has the same ports, and what the first has begun is answered")
{
    const Folder folder;
    SharedBooks books;
    const auto config = config_with(folder / "handover");
    auto first = std::make_unique<RunningServer>(books, config);
    const std::uint16_t ports[] = {first->port(0), first->port(1)};
    const Peer busy(ports[0]);
    const Peer idle(ports[1]);
    CHECK(idle.code_of(management("301")) == "00");
    books.shut();
    busy.send(sale("000001"));
    books.wait_for_requests(1);
    SharedBooks other_books;
    RunningServer second(other_books, config);
    CHECK(second.port(0) == ports[0]);
    CHECK(second.port(1) == ports[1]);
    CHECK(first->comes_to_log("handed_over"));
    CHECK(idle.is_ended());
    busy.send(sale("000002")); // it rests only when nothing is in flight
    for (const std::uint16_t port : ports) CHECK(Peer(port).code_of(management("301")) == "00");
    books.open();
    for (const char* stan : {"000001", "000002"}) {
        const auto answer = busy.read_frame();
        REQUIRE(answer);
        CHECK(unframe(*answer).get(39) == "00");
        CHECK(unframe(*answer).get(11) == stan);
    }
    CHECK(busy.is_ended());
    CHECK(first->comes_to_log("\"event\":\"drained\"")); // by itself
    CHECK(first->stop());
    first.reset();
    while (!std::filesystem::exists(folder / "handover")) std::this_thread::yield(); // that of the second
    CHECK(Peer(ports[0]).code_of(sale("000003")) == "00");
    CHECK(second.stop());
    CHECK(!std::filesystem::exists(folder / "handover"));
}

TEST_CASE("hand-over: who signed on is signed off, and what crosses the sign-off is answered")
{
    const Folder folder;
    SharedBooks books;
    const auto config = config_with(folder / "handover");
    RunningServer first(books, config);
    const Peer peer(first.port());
    CHECK(peer.code_of(management("001")) == "00");
    RunningServer second(books, config);
    const auto sign_off = peer.read_frame();
    REQUIRE(sign_off);
    CHECK(unframe(*sign_off).get(70) == "002");
    CHECK(peer.code_of(sale("000001")) == "00");
    peer.send(with(as(unframe(*sign_off), "0810"), {{39, "00"}}));
    CHECK(peer.code_of(sale("000002")) == "00"); // it should not, and is answered
    peer.end_sending();
    CHECK(peer.is_ended());
    CHECK(first.stop());
    CHECK(books.balance() == 1'000'000 - 2 * 100);
}

TEST_CASE(
    "hand-over: a peer that ignores the sign-off is served until half of the drain time, and let go at rest")
{
    const Folder folder;
    SharedBooks books;
    auto config = config_with(folder / "handover");
    config.node.drain_timeout = std::chrono::seconds{4};
    auto first = std::make_unique<RunningServer>(books, config);
    const Peer peer(first->port());
    CHECK(peer.code_of(management("001")) == "00");
    const auto before = std::chrono::steady_clock::now(); // the hand-over begins later
    RunningServer second(books, config);
    const auto sign_off = peer.read_frame();
    REQUIRE(sign_off);
    CHECK(unframe(*sign_off).get(70) == "002");
    for (;;) { // each request is asked when the one before it is answered, so that all get one but the last
        if (!peer.send(management("301"))) break;
        if (!peer.read_frame()) break;
    }
    CHECK(std::chrono::steady_clock::now() - before >= config.node.drain_timeout / 2); // and not earlier
    CHECK(first->stop());
    CHECK(first->logged("\"reason\":\"drained\""));
    CHECK(Peer(second.port()).code_of(management("301")) == "00");
}

TEST_CASE("hand-over: sessions are signed off in turn, so that a peer with two of them always has one")
{
    const Folder folder;
    SharedBooks books;
    auto config = config_with(folder / "handover");
    config.node.drain_timeout = std::chrono::minutes{1}; // the second one's turn comes after seconds
    RunningServer first(books, config);
    const Peer peers[] = {Peer(first.port()), Peer(first.port())};
    for (const Peer& peer : peers) CHECK(peer.code_of(management("001")) == "00");
    RunningServer second(books, config);
    pollfd readable[] = {{peers[0].fd(), POLLIN, 0}, {peers[1].fd(), POLLIN, 0}};
    REQUIRE(::poll(readable, 2, 30'000) == 1);
    const bool is_first = readable[0].revents != 0;
    const Peer& goes = is_first ? peers[0] : peers[1];
    const Peer& stays = is_first ? peers[1] : peers[0];
    const auto sign_off = goes.read_frame();
    REQUIRE(sign_off);
    CHECK(unframe(*sign_off).get(70) == "002");
    const Peer comes(second.port());
    CHECK(comes.code_of(management("001")) == "00");
    CHECK(stays.code_of(sale("000001")) == "00"); // its answer is the first that it gets
    for (const Peer* peer : {&goes, &stays, &comes}) peer->end_sending();
    CHECK(first.stop());
    CHECK(second.stop());
}

TEST_CASE("hand-over: what is sent behind the end is read, and no reset takes away the answers before it")
{
    const Folder folder;
    SharedBooks books;
    const auto config = config_with(folder / "handover");
    RunningServer first(books, config);
    const Peer peer(first.port());
    CHECK(peer.code_of(management("301")) == "00");
    RunningServer second(books, config);
    CHECK(peer.is_ended());
    for (int i = 0; i < 3; ++i) {
        CHECK(peer.send(sale("000001")));
        std::uint8_t byte = 0;
        CHECK(::recv(peer.fd(), &byte, 1, 0) == 0); // an end, and not a reset
    }
    peer.end_sending();
    CHECK(first.stop());
    CHECK(books.balance() == 1'000'000); // it was not served: the next connection asks again
}

TEST_CASE("hand-over: a server that ends before it is ready leaves the first one as it was")
{
    const Folder folder;
    SharedBooks books;
    RunningServer server(books, config_with(folder / "handover"));
    const Peer peer(server.port());
    CHECK(peer.code_of(management("301")) == "00");
    for (std::size_t i = 1; i <= 3; ++i) {
        auto takeover = net::Takeover::from(folder / "handover");
        REQUIRE(takeover);
        const net::InheritedSockets sockets = takeover->take_sockets();
        REQUIRE(sockets.sockets().size() == 2);
        CHECK(sockets.sockets()[0].name == "acq-a");
        CHECK(sockets.sockets()[1].name == "acq-b");
        CHECK(sockets.sockets()[1].endpoint.port() == server.port(1));
        takeover.reset();
        while (server.lines_with("handover_failed") < i) std::this_thread::yield();
        CHECK(peer.code_of(management("301")) == "00");
        CHECK(Peer(server.port()).code_of(management("301")) == "00");
    }
    CHECK(!server.logged("handed_over"));
    CHECK(server.stop());
}

TEST_CASE(
    "hand-over: a socket that whoever has it, too, has shut is not ready, and does not hide behind others")
{
    const Folder folder;
    SharedBooks books;
    auto config = config_with(folder / "handover");
    config.admin.address = net::Endpoint{"127.0.0.1", 0};
    const RunningServer server(books, config);
    const auto ready = [&] { return http_client::get(server.admin_port(), "/readyz?verbose"); };
    while (ready().status != "200") std::this_thread::yield(); // from run() on
    auto takeover = net::Takeover::from(folder / "handover");
    REQUIRE(takeover);
    const net::InheritedSockets sockets = takeover->take_sockets();
    REQUIRE(::shutdown(sockets.sockets()[1].descriptor.get(), SHUT_RDWR) == 0);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (ready().status == "200" && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    CHECK(ready().status == "503");
    CHECK(ready().body.find("[-] listening: 1 of 2 links") != std::string::npos);
}

TEST_CASE("hand-over: a process without a descriptor to spare does not turn in circles")
{
    const Folder folder;
    net::Log log{net::Log::Level::error, [](std::string_view) {}};
    boost::asio::io_context io;
    const auto socket = std::make_shared<net::HandoverSocket>(
        io.get_executor(), folder / "handover", net::HandoverSocket::Calls{[] { return Offers{}; }, {}}, log);
    socket->start();
    const net::Descriptor asks(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder / "handover").string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::connect(asks.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit few{static_cast<rlim_t>(asks.get()) + 1, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    std::vector<net::Descriptor> spare;
    do spare.emplace_back(::dup(asks.get()));
    while (spare.back());
    std::size_t steps = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
    while (steps < 1'000 && std::chrono::steady_clock::now() < end) steps += io.run_one_until(end);
    CHECK(steps < 1'000);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    char greeting[100];
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    const auto is_greeted = [&] { return ::recv(asks.get(), greeting, sizeof greeting, MSG_DONTWAIT) > 0; };
    bool has_come = false;
    while (!has_come && std::chrono::steady_clock::now() < late) {
        (void)io.run_one_for(std::chrono::milliseconds{100});
        has_come = is_greeted();
    }
    CHECK(has_come); // with a descriptor again, who has waited is served
    socket->stop();
    io.run();
}

TEST_CASE("hand-over: a process of another user gets nothing" * doctest::skip(::geteuid() != 0))
{
    const Folder folder;
    SharedBooks books;
    RunningServer server(books, config_with(folder / "handover"));
    CHECK(Peer(server.port()).code_of(management("301")) == "00"); // from run() on it is to be found
    sockaddr_un address = net::handover::address_of(folder / "handover");
    std::filesystem::permissions(folder / "", std::filesystem::perms::all); // only its mode keeps others out
    std::filesystem::permissions(folder / "handover", std::filesystem::perms::all);
    const pid_t child = ::fork();
    if (child == 0) { // nothing but system calls
        const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
        char byte = 0;
        const bool is_other = ::syscall(SYS_setuid, 65'534) == 0;
        const bool is_connected =
            ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::_exit(is_other && is_connected && ::recv(socket, &byte, 1, 0) == 0 ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0); // it was let in, and given nothing
    CHECK(server.comes_to_log("handover_refused"));
    CHECK(!server.logged("handover_begun"));
    CHECK(server.stop());
}

TEST_CASE("hand-over: nobody behind the path is no mistake, and what a crash has left is replaced")
{
    const Folder folder;
    const auto path = folder / "handover";
    CHECK(!net::Takeover::from(path));
    {
        // A socket that nobody listens on any more.
        const net::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.string().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    CHECK(!net::Takeover::from(path));
    SharedBooks books;
    RunningServer server(books, config_with(path));
    CHECK(Peer(server.port()).code_of(management("301")) == "00");
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(net::Takeover::from(path));
}

TEST_CASE("hand-over: a path that cannot be is told at the start")
{
    const Folder folder;
    SharedBooks books;
    for (const auto& path : {folder / "missing" / "handover", folder / std::string(200, 'x')}) {
        CAPTURE(path.string());
        CHECK_THROWS_AS(RunningServer(books, config_with(path)), net::HandoverError);
    }
}

TEST_CASE("socket activation: a link takes the socket that listens on its address, or has its name")
{
    const auto listening = [] {
        net::Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket.get(), 8) == 0);
        return socket;
    };
    net::InheritedSockets sockets;
    CHECK(sockets.add(listening(), "acq-a"));
    CHECK(sockets.add(listening(), ""));
    CHECK(!sockets.add(net::Descriptor(::socket(AF_INET, SOCK_STREAM, 0)), "acq-c")); // it does not listen
    CHECK(!sockets.add(net::Descriptor(::open("/dev/null", O_RDONLY)), "acq-c"));
    CHECK(!sockets.add(net::Descriptor(), "acq-c"));
    const auto second = sockets.sockets()[1].endpoint;
    const auto loopback = boost::asio::ip::make_address("127.0.0.1");
    CHECK(!sockets.take("acq-c", {loopback, 0}));
    CHECK(!sockets.take("acq-a", {boost::asio::ip::make_address("127.0.0.2"), 0}));
    CHECK(sockets.take("acq-a", {loopback, 0}));
    CHECK(!sockets.take("acq-a", {loopback, 0})); // once
    CHECK(sockets.take("acq-b", second));
    CHECK(sockets.sockets().empty());
}

TEST_CASE("service manager: its sockets are those that it says are for this process")
{
    ::setenv("LISTEN_PID", "1", 1);
    ::setenv("LISTEN_FDS", "1", 1);
    CHECK(net::sockets_of_service_manager().sockets().empty());
    CHECK(std::getenv("LISTEN_FDS") == nullptr);
    constexpr int first = 3;
    ::close(first); // whatever this process was started with
    net::Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(::listen(socket.get(), 8) == 0); // on any port
    if (socket.get() != first) REQUIRE(::dup2(socket.get(), first) == first);
    if (socket.get() == first) (void)socket.release();
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_FDNAMES", "acq-a", 1);
    const auto sockets = net::sockets_of_service_manager();
    REQUIRE(sockets.sockets().size() == 1);
    CHECK(sockets.sockets()[0].name == "acq-a");
}

TEST_CASE("service manager: it is told when the server is ready and when it stops")
{
    const Folder folder;
    const auto path = folder / "notify";
    const net::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{10, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const auto told = [&] {
        char text[200];
        const auto size = ::recv(socket.get(), text, sizeof text, 0);
        return size < 0 ? std::string("nothing") : std::string(text, static_cast<std::size_t>(size));
    };
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    SharedBooks books;
    RunningServer server(books);
    CHECK(told() == "READY=1");
    CHECK(server.stop());
    CHECK(told() == "STOPPING=1");
    ::unsetenv("NOTIFY_SOCKET");
}
