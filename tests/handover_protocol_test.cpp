// Who serves when sockets change hands: each word, each end of a process between two words, and a "ready"
// that crosses the end of the other's patience.
#include "net/handover_socket.hpp"
#include "net/takeover.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/running_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

using namespace wire;
using namespace std::chrono_literals;
namespace handover = net::handover;
namespace fs = std::filesystem;

namespace {

constexpr timeval read_max{30, 0};

sockaddr* of(sockaddr_un& address)
{
    return reinterpret_cast<sockaddr*>(&address);
}

/// One side of a connection, word by word.
class RawSide {
public:
    explicit RawSide(net::Descriptor socket) : socket_(std::move(socket))
    {
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &read_max, sizeof read_max);
    }
    bool says(std::string_view word) const { return handover::tell(socket_.get(), word); }
    /// Waits for it; "end": there is none any more.
    std::string hears() const
    {
        char word[1'000];
        auto size = ::recv(socket_.get(), word, sizeof word, 0);
        if (size < 0 && errno == ECONNRESET) size = ::recv(socket_.get(), word, sizeof word, 0);
        return size > 0 ? std::string(word, static_cast<std::size_t>(size)) : size == 0 ? "end" : "nothing";
    }

private:
    net::Descriptor socket_;
};

/// As the process that wants the sockets.
RawSide raw_new(const fs::path& path)
{
    net::Descriptor socket = handover::unix_socket();
    sockaddr_un address = handover::address_of(path);
    REQUIRE(::connect(socket.get(), of(address), sizeof address) == 0);
    return RawSide(std::move(socket));
}

/// As the process that has them.
class RawOld {
public:
    explicit RawOld(const fs::path& path) : listening_(handover::unix_socket())
    {
        sockaddr_un address = handover::address_of(path);
        REQUIRE(::bind(listening_.get(), of(address), sizeof address) == 0);
        REQUIRE(::listen(listening_.get(), 1) == 0);
    }
    RawSide take() const { return RawSide(net::Descriptor(::accept(listening_.get(), nullptr, nullptr))); }

private:
    net::Descriptor listening_;
};

/// The process that has the sockets, in a thread of its own.
class Old {
public:
    Old(const fs::path& path, std::chrono::milliseconds patience)
        : socket_(std::make_shared<net::HandoverSocket>(
              io_.get_executor(), path,
              net::HandoverSocket::Calls{[] { return std::vector<net::HandoverSocket::Offer>{}; },
                                         [this](pid_t) { ++lets_go; }},
              log_, patience)),
          work_(boost::asio::make_work_guard(io_))
    {
        socket_->start();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Old()
    {
        boost::asio::post(io_, [this] { socket_->stop(); });
        work_.reset();
        thread_.join();
    }
    Old(const Old&) = delete;
    Old& operator=(const Old&) = delete;

    template <class Predicate> static bool comes(Predicate predicate)
    {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (!predicate() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
        return predicate();
    }

    std::atomic<int> lets_go{0};
    std::atomic<int> failures{0};

private:
    boost::asio::io_context io_{1};
    net::Log log_{net::Log::Level::warning, [this](std::string_view) { ++failures; }};
    std::shared_ptr<net::HandoverSocket> socket_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};

/// The process that wants them, as far as it has come.
struct New {
    boost::asio::io_context io{1};
    std::shared_ptr<net::Takeover> takeover;
    std::string calls;

    void say_ready()
    {
        takeover->say_ready(io.get_executor(), {[this] { calls += "ours "; }, [this] { calls += "refused "; },
                                                [this] { calls += "alone "; }});
    }
    /// Until it has been told one thing more.
    void run_on()
    {
        const std::string before = calls;
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (calls == before && std::chrono::steady_clock::now() < end) (void)io.run_one_until(end);
    }
};

} // namespace

TEST_CASE(
    "hand-over: a new process that dies between any two words leaves the old one serving, and to be found")
{
    struct Row {
        const char* name;
        std::function<void(const RawSide&)> does;
    };
    const Row rows[] = {
        {"before it has the sockets", [](const RawSide&) {}},
        {"before it is ready", [](const RawSide& side) { CHECK(side.hears() == handover::greeting); }},
        {"when it has said ready",
         [](const RawSide& side) {
             CHECK(side.hears() == handover::greeting);
             CHECK(side.says("ready"));
         }},
        {"when it has been given the word",
         [](const RawSide& side) {
             CHECK(side.hears() == handover::greeting);
             CHECK(side.says("ready"));
             CHECK(side.hears() == "go");
         }},
        {"when it has said something else",
         [](const RawSide& side) {
             CHECK(side.hears() == handover::greeting);
             CHECK(side.says("hello"));
             CHECK(side.hears() == "no");
             CHECK(side.hears() == "end");
         }},
    };
    const Folder folder;
    Old old(folder / "handover", 60s);
    int failures = 0;
    for (const Row& row : rows) {
        CAPTURE(row.name);
        row.does(raw_new(folder / "handover"));
        ++failures;
        CHECK(Old::comes([&] { return old.failures == failures; }));
        CHECK(old.lets_go == 0);
    }
    const RawSide good = raw_new(folder / "handover");
    CHECK(good.hears() == handover::greeting);
    CHECK(good.says("ready"));
    CHECK(good.hears() == "go");
    CHECK(old.lets_go == 0); // not before it knows that the other one knows
    CHECK(good.says("taken"));
    CHECK(good.hears() == "end");
    CHECK(Old::comes([&] { return old.lets_go == 1; }));
    CHECK(old.failures == failures);
}

TEST_CASE("hand-over: an old process that dies between any two words leaves the new one serving")
{
    struct Row {
        const char* name;
        std::function<void(const RawSide&)> does;
        std::string calls;
    };
    const Row rows[] = {
        {"before it has read anything", [](const RawSide&) {}, "ours alone "},
        {"when it knows that the new one is ready",
         [](const RawSide& side) { CHECK(side.hears() == "ready"); }, "ours alone "},
        {"when it has given the word, unread", [](const RawSide& side) { CHECK(side.says("go")); },
         "ours alone "},
        {"when it knows that its word has come",
         [](const RawSide& side) {
             CHECK(side.hears() == "ready");
             CHECK(side.says("go"));
             CHECK(side.hears() == "taken");
         },
         "ours alone "},
        {"it does not die, and has given up",
         [](const RawSide& side) {
             CHECK(side.hears() == "ready");
             CHECK(side.says("no"));
         },
         "refused "},
        {"it had given up before it was told", [](const RawSide& side) { CHECK(side.says("no")); },
         "refused "},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const Folder folder;
        const RawOld old(folder / "handover");
        auto found = std::async(std::launch::async, [&] { return net::Takeover::from(folder / "handover"); });
        auto side = std::make_unique<RawSide>(old.take());
        REQUIRE(side->says(handover::greeting));
        New the_new;
        the_new.takeover = found.get();
        REQUIRE(the_new.takeover);
        the_new.say_ready();
        std::thread io([&] { the_new.io.run(); });
        row.does(*side);
        side.reset();
        io.join(); // nothing is waited for any more
        CHECK(the_new.calls == row.calls);
    }
}

TEST_CASE("hand-over: the new process is alone only when the old one has ended its side")
{
    const Folder folder;
    const RawOld old(folder / "handover");
    auto found = std::async(std::launch::async, [&] { return net::Takeover::from(folder / "handover"); });
    auto side = std::make_unique<RawSide>(old.take());
    REQUIRE(side->says(handover::greeting));
    New the_new;
    the_new.takeover = found.get();
    the_new.say_ready();
    the_new.io.poll();
    CHECK(the_new.calls == "");
    CHECK(side->says("go"));
    the_new.run_on();
    the_new.io.poll();
    CHECK(the_new.calls == "ours ");
    side.reset();
    the_new.run_on();
    CHECK(the_new.calls == "ours alone ");
}

TEST_CASE(
    "hand-over: when ready crosses the end of the other's patience, one of the two serves, and one only")
{
    const Folder folder;
    int given = 0;
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
        const auto path = folder / std::to_string(i);
        Old old(path, std::chrono::milliseconds{i % 5});
        New the_new;
        the_new.takeover = net::Takeover::from(path);
        REQUIRE(the_new.takeover);
        for (int steps = 0; steps < i % 10 * 50; ++steps) std::this_thread::yield();
        the_new.say_ready();
        the_new.io.run();
        if (the_new.calls == "refused ") {
            ++refused;
            CHECK(Old::comes([&] { return old.failures == 1; }));
            CHECK(old.lets_go == 0);
        } else {
            ++given;
            CHECK(the_new.calls == "ours alone ");
            CHECK(Old::comes([&] { return old.lets_go == 1; }));
            CHECK(old.failures == 0);
        }
    }
    MESSAGE("given ", given, ", refused ", refused);
}

TEST_CASE("hand-over: a server that is refused ends what it has begun, one whose giver dies serves on")
{
    for (const std::string word : {"no", ""}) {
        CAPTURE(word);
        const Folder folder;
        const RawOld old(folder / "handover");
        std::thread giver([&] {
            const RawSide side = old.take();
            side.says(handover::greeting);
            (void)side.hears();
            if (!word.empty()) side.says(word);
        });
        SharedBooks books;
        net::Config config = RunningServer::good_config();
        config.node.handover_socket = folder / "handover";
        RunningServer server(books, config);
        giver.join();
        if (word.empty()) {
            CHECK(Peer(server.port()).code_of(sale("000001")) == "00");
            CHECK(Old::comes([&] { return !!net::Takeover::from(folder / "handover"); })); // it is found
        } else {
            CHECK(server.comes_to_log("handover_failed"));
            CHECK(server.comes_to_log("\"event\":\"drained\""));
        }
        CHECK(server.stop());
    }
}
