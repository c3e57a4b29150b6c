#include "net/dialer.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/dialled.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace wire;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using test::parties;

namespace {

using Places = std::vector<net::Endpoint>;

net::LinkConfig link_to(Places places)
{
    net::LinkConfig link;
    link.name = "acq-a";
    link.role = net::Role::connect;
    link.addresses = std::move(places);
    link.reconnect = {1ms, 2ms, 0.2};
    return link;
}

net::Endpoint at(const Dialled& network)
{
    return {"127.0.0.1", network.port()};
}

/// A dialer in a thread of its own, without books: only its sessions matter.
class RunningDialer {
public:
    explicit RunningDialer(const net::LinkConfig& link, std::shared_ptr<net::TlsContext> tls = nullptr)
        : log_(net::Log::Level::debug, [this](std::string_view line) { keep(line); })
    {
        auto settings = link_settings();
        settings->role = net::Role::connect;
        settings->needs_sign_on = true;
        net::ConnectionContext context;
        context.link = settings;
        context.deliveries = std::make_shared<net::Deliveries>(1, authz::Time{});
        context.pulse = std::make_shared<net::Pulse>(std::chrono::steady_clock::now());
        context.turns = &turns_;
        context.counters = counters;
        context.tls = std::move(tls);
        context.handshaker = &handshaker_;
        context.log = &log_;
        dialer_ = std::make_shared<net::Dialer>(io_.get_executor(), link, std::move(context), nullptr);
        dialer_->start();
        thread_ = std::thread([this] { io_.run(); });
    }
    /// Ends only if the dialer leaves nothing to wait for.
    ~RunningDialer()
    {
        asio::post(io_, [this] { dialer_->abandon(); });
        work_.reset();
        thread_.join();
    }

    void drain()
    {
        const auto farewell = net::Farewell::within(std::chrono::steady_clock::now(), 10s);
        asio::post(io_, [this, farewell] { dialer_->drain(farewell, [this] { keep("all empty"); }); });
    }
    void wait_logged(std::string_view text, std::size_t count = 1)
    {
        std::unique_lock lock(mutex_);
        const bool is_there = changed_.wait_for(lock, 10s, [&] { return lines_with(text) >= count; });
        CHECK_MESSAGE(is_there, text);
    }
    std::size_t logged(std::string_view text)
    {
        const std::lock_guard lock(mutex_);
        return lines_with(text);
    }

    std::shared_ptr<net::LinkCounters> counters = std::make_shared<net::LinkCounters>("acq-a");

private:
    std::size_t lines_with(std::string_view text) const
    {
        std::size_t count = 0;
        for (const std::string& line : lines_) count += line.find(text) != std::string::npos ? 1 : 0;
        return count;
    }
    void keep(std::string_view line)
    {
        {
            const std::lock_guard lock(mutex_);
            lines_.emplace_back(line);
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
    net::Log log_;
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
    net::IoTurns turns_{io_.get_executor()};
    net::Handshaker handshaker_;
    std::shared_ptr<net::Dialer> dialer_;
    std::thread thread_;
};

} // namespace

TEST_CASE("dialer: when the first address refuses, the second is dialled, and signed on to")
{
    const Dialled refusing(Dialled::Door::refusing);
    const Dialled network;
    RunningDialer dialer(link_to({at(refusing), at(network)}));
    const Peer peer = network.accept();
    CHECK(answer_next(peer) == "001");
    dialer.wait_logged("link_up");
    CHECK(dialer.logged("dial_failed") >= 1);
    CHECK(dialer.counters->sessions_up.value() == 1);
}

TEST_CASE("dialer: a name is looked up")
{
    const Dialled network;
    RunningDialer dialer(link_to({{"localhost", network.port()}}));
    CHECK(answer_next(network.accept()) == "001");
}

TEST_CASE("dialer: when the peer closes, it is dialled again")
{
    const Dialled network;
    RunningDialer dialer(link_to({at(network)}));
    for (int i = 0; i < 3; ++i) {
        const Peer peer = network.accept();
        CHECK(answer_next(peer) == "001");
        dialer.wait_logged("link_up", static_cast<std::size_t>(i) + 1);
    }
    const Peer peer = network.accept();
    CHECK(dialer.counters->sessions_up.value() == 3);
    CHECK(dialer.counters->sessions_down.value() == 3);
    CHECK(dialer.logged("link_down") == 3);
    CHECK(dialer.logged("peer_gone") >= 3);
}

TEST_CASE("dialer: a sign-on that is refused closes, and the next address is dialled")
{
    const Dialled first;
    const Dialled second;
    RunningDialer dialer(link_to({at(first), at(second)}));
    const Peer refusing = first.accept();
    CHECK(answer_next(refusing, "91") == "001");
    CHECK(refusing.is_ended());
    CHECK(answer_next(second.accept()) == "001");
    CHECK(dialer.logged("sign_on_refused") >= 1);
}

TEST_CASE("dialer: garbage instead of an answer closes, and it dials again")
{
    const Dialled network;
    RunningDialer dialer(link_to({at(network)}));
    {
        const Peer peer = network.accept();
        CHECK(peer.read_frame());
        peer.send(frame(Bytes{'?'}));
        CHECK(peer.is_ended());
    }
    CHECK(answer_next(network.accept()) == "001");
    dialer.wait_logged("link_up");
}

TEST_CASE("dialer: so many sessions are kept up as asked for, spread over the addresses")
{
    const Dialled first;
    const Dialled second;
    auto link = link_to({at(first), at(second)});
    link.sessions = 4;
    RunningDialer dialer(link);
    const Peer peers[] = {first.accept(), second.accept(), first.accept(), second.accept()};
    for (const Peer& peer : peers) CHECK(answer_next(peer) == "001");
    dialer.wait_logged("link_up", 4);
}

TEST_CASE("dialer: a drain signs off, serves until that is answered, closes and dials no more")
{
    const Dialled network;
    RunningDialer dialer(link_to({at(network)}));
    Peer peer = network.accept();
    CHECK(answer_next(peer) == "001");
    dialer.wait_logged("link_up");
    dialer.drain();
    const auto sign_off = peer.read_frame();
    REQUIRE(sign_off);
    CHECK(unframe(*sign_off).get(70) == "002");
    CHECK(peer.code_of(management("301")) == "00"); // still there
    CHECK(dialer.logged("all empty") == 0);
    peer.send(with(as(unframe(*sign_off), "0810"), {{39, "00"}}));
    CHECK(peer.is_ended());
    peer.reset();
    dialer.wait_logged("all empty");
    CHECK(dialer.logged("\"drained\"") >= 1);
    CHECK(dialer.logged("connection_opened") == 1);
}

TEST_CASE("dialer: a host that no certificate can be looked for is told and counted, and dialled again")
{
    const Dialled network;
    auto config = parties().client_config();
    config.peer_names.clear();                 // the host it is, then
    const std::string host("localhost\0", 10); // is found up to its end, and is no name for a certificate
    RunningDialer dialer(link_to({{host, network.port()}}),
                         std::make_shared<net::TlsContext>(config, net::Role::connect));
    dialer.wait_logged(R"("why":"\"localhost)", 3); // as far as the text of an exception goes
    CHECK(dialer.logged("dial_failed") >= 3);
    CHECK(dialer.counters->handshakes_failed.value() >= 3);
}

TEST_CASE("dialer: a drain or an end while nothing stands is over at once")
{
    const Dialled refusing(Dialled::Door::refusing);
    auto link = link_to({at(refusing)});
    link.reconnect = {1h, 1h, 0.0};
    RunningDialer dialer(link); // whose end waits for the pause to be broken off
    dialer.wait_logged("dial_failed");
    dialer.drain();
    dialer.wait_logged("all empty");
}
