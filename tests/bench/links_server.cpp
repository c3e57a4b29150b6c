#include "tests/bench/links_server.hpp"

#include "net/server.hpp"
#include "store/card_token.hpp"
#include "tests/bench/approving_ledger.hpp"
#include "tests/bench/links_echo.hpp"
#include "tests/support/certificates.hpp"

#include <csignal>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <stdexcept>

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

net::Config config_of(Transport transport, std::size_t connections_max)
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
    if (transport == Transport::tls) link.tls = test::parties().server_config();
    net::Config config;
    config.store.workers = 1;
    config.cards.bins = {links_bin};
    config.limits.connections_total = connections_max;
    config.limits.connections_per_source = connections_max;
    config.limits.accepts_per_source_second = connections_max;
    config.links = {link};
    return config;
}

[[noreturn]] void be_tollgate(Transport transport, std::size_t connections_max, int port_pipe)
{
    net::Log log(net::Log::Level::warning);
    const auto tokenizer =
        std::make_shared<store::CardTokenizer>(std::vector<unsigned char>(32, std::uint8_t{7}));
    net::ServerParts parts;
    parts.ledgers = [] { return std::make_unique<ApprovingLedger>(); };
    parts.tokenizer = [tokenizer](std::string_view pan) { return tokenizer->token_of(pan); };
    parts.log = &log;
    net::Server server(config_of(transport, connections_max), parts);
    const std::uint16_t port = server.listening().front().port;
    if (::write(port_pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
    (void)server.run();
    std::_Exit(0);
}

} // namespace

LinksServer::LinksServer(Subject subject, std::size_t connections_max) : subject_(subject)
{
    if (subject.transport == Transport::tls) (void)test::parties(); // both processes have the same
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    // What earlier clients have freed would be inherited as resident memory, which connections could fill
    // without one page more: resident_kib() would not see them.
    ::malloc_trim(0);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ends[0]);
        try {
            if (subject.host != Host::tollgate) be_echo(subject, ends[1]);
            be_tollgate(subject.transport, connections_max, ends[1]);
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
