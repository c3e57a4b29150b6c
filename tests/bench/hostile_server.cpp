#include "tests/bench/hostile_server.hpp"

#include "net/server.hpp"
#include "tests/bench/approving_ledger.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/wire.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

net::LinkConfig link_of(const std::string& name)
{
    net::LinkConfig link;
    link.name = name;
    link.addresses = {{"127.0.0.1", 0}};
    link.network = "bench";
    link.dialect = "iso87-ascii";
    link.profile = "iso-single-message";
    link.timing.network_timeout = std::chrono::seconds{5};
    link.staleness_limit.reset();
    return link;
}

net::Config config()
{
    net::Config config;
    config.cards.bins = {"400000"};
    config.links = {link_of("plain"), link_of("tls")};
    config.node.own_processor = true;
    config.links.back().tls = test::parties().server_config();
    return config;
}

[[noreturn]] void serve(int ports_pipe)
{
    cpu_set_t all;
    std::memset(&all, 0xFF, sizeof all);
    ::sched_setaffinity(0, sizeof all, &all); // also where the clients have not
    const sched_param usual{};
    ::sched_setscheduler(0, SCHED_OTHER, &usual); // also where the honest client has a real-time class
    net::Log log(net::Log::Level::info, [](std::string_view) {});
    net::ServerParts parts;
    parts.ledgers = [] { return std::make_unique<ApprovingLedger>(); };
    parts.tokenizer = wire::token_of;
    parts.log = &log;
    net::Server server(config(), parts);
    const HostilePorts ports{server.listening().at(0).port, server.listening().at(1).port};
    if (::write(ports_pipe, &ports, sizeof ports) != sizeof ports) std::_Exit(1);
    (void)server.run();
    std::_Exit(0);
}

} // namespace

HostileServer::HostileServer()
{
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    (void)test::parties(); // both sides need the same files
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ends[0]);
        try {
            serve(ends[1]);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "server: %s\n", error.what());
            std::_Exit(1);
        }
    }
    ::close(ends[1]);
    const bool has_ports = ::read(ends[0], &ports_, sizeof ports_) == sizeof ports_;
    ::close(ends[0]);
    if (!has_ports) throw std::runtime_error("the server does not start");
}

HostileServer::~HostileServer()
{
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

std::size_t HostileServer::open_descriptors() const
{
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid_) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

double HostileServer::resident_kib() const
{
    std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
    double all = 0;
    double resident = 0;
    file >> all >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1'024;
}

} // namespace bench
