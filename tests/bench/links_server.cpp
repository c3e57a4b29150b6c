#include "tests/bench/links_server.hpp"

#include "net/server.hpp"
#include "store/card_token.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// --- tollgate

/// Approves everything and remembers nothing.
class Generous : public authz::Ledger {
public:
    authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time,
                             authz::CommitGate& gate) override
    {
        if (!gate.may_commit()) return {authz::BatchEnd::gate_closed, {}, ""};
        authz::BatchResult result;
        result.end = authz::BatchEnd::committed;
        result.outcomes.reserve(batch.size());
        for (const authz::Request& request : batch) {
            const bool is_sale = request.operation == authz::Operation::sale;
            result.outcomes.push_back({{authz::Reason::approved, "00", "123456", {}, {}}, is_sale});
        }
        return result;
    }
};

net::Config config_of(std::size_t connections_max)
{
    net::LinkConfig link;
    link.name = "bench";
    link.addresses = {{"127.0.0.1", 0}};
    link.network = "bench";
    link.dialect = "iso87-bcd";
    link.profile = "iso-single-message";
    link.timing.network_timeout = std::chrono::seconds{60};
    link.staleness_limit.reset();
    link.connections_max = connections_max;
    net::Config config;
    config.store.workers = 1;
    config.cards.bins = {links_bin};
    config.limits.connections_total = connections_max;
    config.limits.connections_per_source = connections_max;
    config.limits.accepts_per_source_second = connections_max;
    config.links = {link};
    return config;
}

[[noreturn]] void be_tollgate(std::size_t connections_max, int port_pipe)
{
    net::Log log(net::Log::Level::warning);
    const auto tokenizer =
        std::make_shared<store::CardTokenizer>(std::vector<unsigned char>(32, std::uint8_t{7}));
    net::ServerParts parts;
    parts.ledgers = [] { return std::make_unique<Generous>(); };
    parts.tokenizer = [tokenizer](std::string_view pan) { return tokenizer->token_of(pan); };
    parts.log = &log;
    net::Server server(config_of(connections_max), parts);
    const std::uint16_t port = server.listening().front().port;
    if (::write(port_pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
    (void)server.run();
    std::_Exit(0);
}

// --- echo

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> echo(tcp::socket socket)
{
    std::array<std::uint8_t, 8'192> buffer;
    for (;;) {
        const auto [unread, bytes] = co_await socket.async_read_some(asio::buffer(buffer), as_result);
        if (unread) co_return;
        const auto answer = asio::buffer(buffer, bytes);
        const auto [unsent, sent] = co_await asio::async_write(socket, answer, as_result);
        if (unsent) co_return;
    }
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor)
{
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(as_result);
        if (error) co_return;
        socket.set_option(tcp::no_delay(true));
        asio::co_spawn(acceptor.get_executor(), echo(std::move(socket)), asio::detached);
    }
}

[[noreturn]] void be_echo(int port_pipe)
{
    asio::io_context io{1};
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    const std::uint16_t port = acceptor.local_endpoint().port();
    if (::write(port_pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
    asio::co_spawn(io, accept_all(acceptor), asio::detached);
    io.run();
    std::_Exit(0);
}

} // namespace

LinksServer::LinksServer(Subject subject, std::size_t connections_max) : subject_(subject)
{
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ends[0]);
        try {
            if (subject.host == Host::echo) be_echo(ends[1]);
            be_tollgate(connections_max, ends[1]);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "server: %s\n", error.what());
            std::_Exit(1);
        }
    }
    ::close(ends[1]);
    const bool has_port = ::read(ends[0], &port_, sizeof port_) == sizeof port_;
    ::close(ends[0]);
    if (!has_port) throw std::runtime_error("a server does not start");
}

LinksServer::~LinksServer()
{
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

double LinksServer::cpu_seconds() const
{
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
        throw std::runtime_error("a server has ended");
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

double LinksServer::resident_kib() const
{
    std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
    double all = 0;
    double resident = 0;
    file >> all >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1'024;
}

} // namespace bench
