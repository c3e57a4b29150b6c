// Who has the I/O thread next, and what else keeps it free for those who ask for little.
#include "net/descriptor.hpp"
#include "net/io_turns.hpp"
#include "net/scheduling.hpp"
#include "net/tcp_socket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

using namespace std::chrono_literals;
using net::IoTurns;
namespace asio = boost::asio;

namespace {

constexpr net::MonoTime begin{100s};

/// Somebody's work, which uses up all that is done at once.
void work_for_long()
{
    const auto end = std::chrono::steady_clock::now() + IoTurns::at_once_max;
    while (std::chrono::steady_clock::now() < end) {
    }
}

/// An executor that has no memory for the next call.
struct ShortOfMemory {
    asio::io_context* io;
    bool* is_short;

    template <class Call> void execute(Call call) const
    {
        if (std::exchange(*is_short, false)) throw std::bad_alloc();
        asio::post(*io, std::move(call));
    }
    asio::execution_context& query(asio::execution::context_t) const { return *io; }
    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t)
    {
        return asio::execution::blocking.never;
    }
    bool operator==(const ShortOfMemory&) const = default;
};

/// Slots of this process's table of descriptors, in proc(5)'s words.
std::size_t descriptor_slots()
{
    std::ifstream status("/proc/self/status");
    std::size_t slots = 0;
    for (std::string word; status >> word;)
        if (word == "FDSize:") status >> slots;
    return slots;
}

/// What sched_getattr(2) says of this thread.
struct Scheduling {
    std::uint32_t size = 0;
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t slice_ns = 0;
    std::uint64_t others[2]{};
};

/// Those on which this thread may run.
cpu_set_t processors()
{
    cpu_set_t all;
    REQUIRE(::sched_getaffinity(0, sizeof all, &all) == 0);
    return all;
}

/// Its version, major and minor.
std::pair<int, int> kernel()
{
    utsname name{};
    REQUIRE(::uname(&name) == 0);
    std::pair<int, int> version;
    REQUIRE(std::sscanf(name.release, "%d.%d", &version.first, &version.second) == 2);
    return version;
}

Scheduling scheduling()
{
    Scheduling now;
    REQUIRE(::syscall(SYS_sched_getattr, 0, &now, sizeof now, 0) == 0);
    return now;
}

} // namespace

TEST_CASE("I/O turns: who has just come has no credit, and earns an eighth of the time")
{
    IoTurns::Account account(begin);
    CHECK_FALSE(account.has_credit(begin));
    REQUIRE(account.has_credit(begin + 800us));
    account.charge(99us);
    CHECK(account.has_credit(begin + 800us));
    account.charge(1us);
    CHECK_FALSE(account.has_credit(begin + 800us));
    CHECK(account.has_credit(begin + 801us));
}

TEST_CASE("I/O turns: neither credit nor debt grows without end")
{
    IoTurns::Account saver(begin);
    REQUIRE(saver.has_credit(begin + 1h));
    saver.charge(IoTurns::Account::most);
    CHECK_FALSE(saver.has_credit(begin + 1h));

    IoTurns::Account spender(begin);
    spender.charge(1h);
    const auto until_even = IoTurns::Account::most * IoTurns::Account::share;
    CHECK_FALSE(spender.has_credit(begin + until_even));
    CHECK(spender.has_credit(begin + until_even + 8us));
}

TEST_CASE("I/O turns: a spell is charged with the time that it lasts")
{
    IoTurns::Account account(std::chrono::steady_clock::now() - 8 * IoTurns::at_once_max);
    REQUIRE(account.has_credit(std::chrono::steady_clock::now()));
    const net::MonoTime then = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
        const IoTurns::Spell spell(account);
        work_for_long();
    }
    CHECK_FALSE(account.has_credit(then));
}

TEST_CASE("I/O turns: those that wait have them in order, and between two the thread does what else there is")
{
    asio::io_context io;
    IoTurns turns(io.get_executor());
    std::string diary;
    const auto write = [&](char letter) {
        return [&, letter] {
            diary += letter;
            work_for_long();
        };
    };
    turns.add(write('a'));
    turns.add([&, b = write('b')] {
        asio::post(io, write('x'));
        b();
    });
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
            co_await turns.next();
            write('c')();
            turns.add(write('d'));
        },
        asio::detached);
    io.run();
    CHECK(diary == "abxcd");
}

TEST_CASE("I/O turns: where there was no memory to come back with, the next one brings them back")
{
    asio::io_context io;
    bool is_short = true;
    IoTurns turns(ShortOfMemory{&io, &is_short});
    std::string diary;
    CHECK_THROWS_AS(turns.add([&] { diary += 'a'; }), std::bad_alloc);
    turns.add([&] { diary += 'b'; });
    io.run();
    CHECK(diary == "b");
}

TEST_CASE("I/O turns: what still waits at their end is dropped, coroutines too")
{
    const auto held = std::make_shared<int>(1);
    bool has_come = false;
    {
        asio::io_context io;
        IoTurns turns(io.get_executor());
        asio::co_spawn(
            io,
            [&turns, &has_come, held]() -> asio::awaitable<void> {
                co_await turns.next();
                has_come = true;
            },
            asio::detached);
        REQUIRE(io.poll_one() == 1); // it waits
        turns.add([&has_come, held] { has_come = true; });
        REQUIRE(held.use_count() == 3);
    }
    CHECK(held.use_count() == 1);
    CHECK_FALSE(has_come);
}

TEST_CASE("descriptors: there is room for as many connections as may come, before they come")
{
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const std::size_t before = descriptor_slots();
    REQUIRE(before > 0);
    net::make_room_for_connections(before);
    CHECK(descriptor_slots() >= std::min<std::size_t>(2 * before, limit.rlim_cur));
}

TEST_CASE("descriptors: whoever may have few gets room for as many")
{
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const rlimit few{std::min<rlim_t>(limit.rlim_cur, 2 * descriptor_slots()), limit.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    net::make_room_for_connections(1'000'000);
    CHECK(descriptor_slots() >= few.rlim_cur);
    CHECK(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they have heaps of their own
TEST_CASE("heap: small blocks that are freed are joined at once, and none is left for later")
{
    net::free_without_pauses();
    std::vector<std::unique_ptr<char[]>> blocks;
    for (int i = 0; i < 10'000; ++i) blocks.push_back(std::make_unique<char[]>(48));
    blocks.clear();
    CHECK(::mallinfo2().fsmblks == 0);
}
#endif

TEST_CASE("sockets: the kernel keeps little for a peer that does not read")
{
    using asio::ip::tcp;
    asio::io_context io;
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    tcp::socket peer(io, tcp::v4());
    peer.set_option(asio::socket_base::receive_buffer_size(4'096));
    peer.connect(acceptor.local_endpoint());
    tcp::socket socket = acceptor.accept();
    net::set_options(socket);

    const std::string answer(128, 'x');
    boost::system::error_code error;
    std::size_t taken = 0;
    while (!error) taken += socket.write_some(asio::buffer(answer), error);
    CHECK(error == asio::error::would_block);
    CHECK(taken > 4'096);
    CHECK(taken <= 512 * 1'024); // by socket(7) twice what it is asked for, its own overhead in it
}

TEST_CASE("sockets: options of one that has gone are no reason to refuse")
{
    asio::io_context io;
    asio::ip::tcp::socket socket(io, asio::ip::tcp::v4());
    socket.close();
    CHECK_NOTHROW(net::set_options(socket));
}

TEST_CASE("own processor: its thread alone has it, and whoever comes later keeps off it")
{
#ifdef __SANITIZE_THREAD__ // it makes threads with attributes of its own, not with the usual ones
    constexpr bool has_usual_threads = false;
#else
    constexpr bool has_usual_threads = true;
#endif
    const cpu_set_t all = processors();
    const auto of_new_thread = [] {
        cpu_set_t found;
        std::thread([&found] { found = processors(); }).join();
        return found;
    };
    if (CPU_COUNT(&all) < 2) {
        CHECK_THROWS_AS(net::OwnProcessor(), std::runtime_error);
        return;
    }
    {
        const net::OwnProcessor processor;
        cpu_set_t own;
        std::thread([&] {
            processor.take();
            own = processors();
            if (!has_usual_threads) return;
            const cpu_set_t others = of_new_thread(); // also of a thread that is made here
            CHECK(CPU_COUNT(&others) == CPU_COUNT(&all) - 1);
            cpu_set_t both;
            CPU_AND(&both, &own, &others);
            CHECK(CPU_COUNT(&both) == 0);
        }).join();
        CHECK(CPU_COUNT(&own) == 1);
    }
    const cpu_set_t afterwards = of_new_thread();
    CHECK(CPU_EQUAL(&afterwards, &all));
}

TEST_CASE(
    "own processor: whoever was there before keeps off it, too, and the one that makes it is left alone")
{
    const cpu_set_t all = processors();
    if (CPU_COUNT(&all) < 2) return;
    std::promise<void> made;
    std::promise<void> there;
    cpu_set_t found;
    std::thread earlier([&] {
        there.set_value();
        made.get_future().wait();
        found = processors();
    });
    there.get_future().wait();
    cpu_set_t own;
    {
        const net::OwnProcessor processor;
        made.set_value();
        earlier.join();
        const cpu_set_t mine = processors();
        CHECK(CPU_EQUAL(&mine, &all));
        std::thread([&] {
            processor.take();
            own = processors();
        }).join();
    }
    CHECK(CPU_COUNT(&found) == CPU_COUNT(&all) - 1);
    CPU_AND(&own, &own, &found);
    CHECK(CPU_COUNT(&own) == 0);
}

TEST_CASE("own processor: where there is one only, it is refused")
{
    std::thread([] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(::sched_getcpu(), &one);
        REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
        CHECK_THROWS_WITH_AS(net::OwnProcessor(),
                             "node.own_processor: this process may use one processor only",
                             std::runtime_error);
    }).join();
}

TEST_CASE("giving way: by ten steps, and no other thread's")
{
    const auto nice = [] { return scheduling().nice; };
    const int usual = nice();
    std::thread([&] {
        net::give_way();
        CHECK(nice() == std::min(usual + 10, 19));
    }).join();
    CHECK(nice() == usual);
}

TEST_CASE("slices: a thread gets those that it asks for, and nothing else about it changes")
{
    const auto asked = [](std::chrono::microseconds slice) {
        const Scheduling before = scheduling();
        net::ask_for_slices_of(slice);
        const Scheduling now = scheduling();
        CHECK(now.policy == before.policy);
        CHECK(now.nice == before.nice);
        return now.slice_ns;
    };
    std::thread([&] {
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 3);
        const std::uint64_t now = asked(net::io_slice);
        const bool has_kernel = kernel() >= std::pair(6, 12);
        if (has_kernel) CHECK(now == 400'000);
        if (has_kernel) CHECK(asked(net::worker_slice) == 100'000);
        if (!has_kernel) MESSAGE("this kernel has no slices to ask for");
    }).join();
}
