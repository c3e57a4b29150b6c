#include "tests/support/own_cluster.hpp"

#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace test {

namespace {

const std::string programs = "/usr/lib/postgresql/15/bin/";
constexpr const char* port = "5432"; // only part of the socket's name
constexpr std::chrono::seconds start_limit{60};
constexpr std::chrono::milliseconds poll_every{20};

/// PostgreSQL refuses root: then it runs as `postgres`, or `nobody`.
const passwd* server_user()
{
    if (::geteuid() != 0) return nullptr;
    if (const passwd* user = ::getpwnam("postgres")) return user;
    return ::getpwnam("nobody");
}

void give_to_server(const std::string& folder)
{
    const passwd* user = server_user();
    if (user != nullptr && ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("cannot give " + folder + " to " + user->pw_name);
}

std::string last_line_of(const std::string& file)
{
    std::ifstream in(file);
    std::string last;
    for (std::string line; std::getline(in, line);) last = line;
    return last;
}

} // namespace

ScratchFolder::ScratchFolder()
    : path_((std::filesystem::temp_directory_path() / "tollgate-test-XXXXXX").string())
{
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a folder below " + path_);
    std::filesystem::permissions(path_, std::filesystem::perms{0755});
}

ScratchFolder::~ScratchFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::make(const std::string& name) const
{
    std::string folder = path_ + "/" + name;
    std::filesystem::create_directory(folder);
    give_to_server(folder);
    return folder;
}

OwnCluster::OwnCluster(Settings settings) : settings_(std::move(settings))
{
    std::vector<std::string> init{programs + "initdb", "--pgdata=" + data_folder(), "--username=postgres",
                                  "--auth=trust",      "--encoding=UTF8",           "--locale=C",
                                  "--data-checksums",  "--no-instructions",         "--wal-segsize=1"};
    if (!settings_.wal_folder.empty()) init.push_back("--waldir=" + settings_.wal_folder);
    const sim::Finished made = sim::run_program(as_server(std::move(init)), "");
    if (made.status != 0) throw std::runtime_error("initdb: " + made.err);
    if (start() == Started::no)
        throw std::runtime_error("PostgreSQL does not start: " + last_line_of(log_file()));
}

OwnCluster::~OwnCluster()
{
    try {
        stop();
    } catch (const std::exception&) {
        // Killed by the end of server_.
    }
}

std::vector<std::string> OwnCluster::as_server(std::vector<std::string> command) const
{
    std::vector<std::string> whole{"/usr/bin/setpriv", "--pdeathsig=INT"}; // also when the test is killed
    if (const passwd* user = server_user())
        whole.insert(whole.end(), {"--reuid=" + std::to_string(user->pw_uid),
                                   "--regid=" + std::to_string(user->pw_gid), "--clear-groups"});
    whole.insert(whole.end(),
                 {"--", "/usr/bin/prlimit", "--core=0"}); // a PANIC aborts: no core of its memory
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

OwnCluster::Started OwnCluster::start()
{
    std::vector<std::string> command{programs + "postgres", "-D", data_folder()};
    std::vector<std::string> settings{"listen_addresses=", std::string("port=") + port,
                                      "unix_socket_directories=" + settings_.folder, "fsync=on"};
    settings.insert(settings.end(), settings_.server.begin(), settings_.server.end());
    for (const std::string& setting : settings) command.insert(command.end(), {"-c", setting});
    server_ = std::make_unique<sim::ChildProcess>(as_server(std::move(command)), log_file());

    const auto end = std::chrono::steady_clock::now() + start_limit;
    while (server_->is_running() && std::chrono::steady_clock::now() < end) {
        const auto asked = sim::run_program({programs + "pg_isready", "--quiet", "--username=postgres",
                                             "--host=" + settings_.folder, "--port=" + std::string(port)},
                                            "");
        if (asked.status == 0) return Started::yes;
        std::this_thread::sleep_for(poll_every);
    }
    return Started::no;
}

void OwnCluster::stop()
{
    if (!is_running()) return;
    server_->signal(SIGINT);
    (void)server_->wait();
}

std::string OwnCluster::url() const
{
    return "postgresql://postgres@/postgres?host=" + settings_.folder + "&port=" + port;
}

std::string OwnCluster::sql(const std::string& text) const
{
    const auto ran = sim::run_program({programs + "psql", "--no-psqlrc", "--quiet", "--no-align",
                                       "--tuples-only", "--set=ON_ERROR_STOP=1", "--dbname=" + url()},
                                      text);
    if (ran.status != 0) throw std::runtime_error("psql: " + ran.err);
    return ran.out.substr(0, ran.out.find_last_not_of('\n') + 1);
}

std::size_t OwnCluster::logged(const std::string& text) const
{
    std::ifstream in(log_file());
    std::size_t count = 0;
    for (std::string line; std::getline(in, line);)
        if (line.find(text) != std::string::npos) ++count;
    return count;
}

} // namespace test
