#include "sim/fire_postgres.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace sim {

namespace {

constexpr std::chrono::milliseconds pause{20};
constexpr std::chrono::seconds patience{120};

pid_t postmaster_of(const std::string& data)
{
    std::ifstream in(data + "/postmaster.pid");
    pid_t pid = -1;
    if (!(in >> pid) || pid <= 1) throw PostgresError("no server runs in " + data);
    return pid;
}

/// postmaster.opts: the program, then each argument in double quotes.
std::vector<std::string> command_in(const std::string& data)
{
    std::ifstream in(data + "/postmaster.opts");
    std::string line;
    std::getline(in, line);
    std::vector<std::string> words{line.substr(0, line.find(" \""))};
    for (std::size_t open = line.find('"'); open != std::string::npos; open = line.find('"', open)) {
        const std::size_t close = line.find('"', open + 1);
        if (close == std::string::npos) break;
        words.push_back(line.substr(open + 1, close - open - 1));
        open = close + 1;
    }
    if (words.front().empty()) throw PostgresError("cannot read postmaster.opts in " + data);
    return words;
}

template <class Condition> void wait_for(const Condition& holds, const std::string& what)
{
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) throw PostgresError("waited too long for " + what);
        std::this_thread::sleep_for(pause);
    }
}

std::string text_of(const std::string& path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Told by the process's title (update_process_title, on by default): a query may wait for ever for a lock of
/// one that is stopped.
bool is_stopped_in_commit(pid_t session)
{
    const std::string process = "/proc/" + std::to_string(session);
    const std::string state = text_of(process + "/stat"); // "42 (postgres) T 1 ..."
    const auto name_end = state.rfind(')');
    if (name_end == std::string::npos || state.compare(name_end + 2, 1, "T") != 0) return false;
    const std::string title = text_of(process + "/cmdline");
    const auto last = title.find_last_not_of(std::string_view(" \0", 2));
    return std::string_view(title).substr(0, last + 1).ends_with("COMMIT");
}

/// A server must not run as root, and its working folder must be one that its user may enter.
std::vector<std::string> as_owner(const std::string& data)
{
    struct stat owner {};
    if (::stat(data.c_str(), &owner) != 0) throw PostgresError("no folder " + data);
    std::vector<std::string> words{"/usr/bin/env", "--chdir=/"};
    if (owner.st_uid != ::geteuid()) {
        words.emplace_back("setpriv");
        words.push_back("--reuid=" + std::to_string(owner.st_uid));
        words.push_back("--regid=" + std::to_string(owner.st_gid));
        words.insert(words.end(), {"--clear-groups", "--"});
    }
    return words;
}

} // namespace

FirePostgres::FirePostgres(std::string data, std::string url, std::string log)
    : data_(std::move(data)), url_(std::move(url)), log_(std::move(log)), command_(command_in(data_)),
      bin_(std::filesystem::path(command_.front()).parent_path().string()), postmaster_(postmaster_of(data_))
{
    // A crash recovery begins by syncing every file of the cluster: at once, not one after the other.
    (void)ask("alter system set recovery_init_sync_method = syncfs");
    (void)ask("select pg_reload_conf()");
}

FirePostgres::~FirePostgres()
{
    go_on();
    if (!ours_) return;
    ours_->signal(SIGINT);
    (void)ours_->wait();
}

void FirePostgres::stop_now()
{
    ::kill(postmaster_, SIGQUIT);
    if (ours_) {
        (void)ours_->wait();
        ours_.reset();
    }
    wait_for([&] { return ::kill(postmaster_, 0) != 0; }, "PostgreSQL's end");
}

void FirePostgres::start()
{
    std::vector<std::string> arguments = as_owner(data_);
    arguments.insert(arguments.end(), command_.begin(), command_.end());
    ours_ = std::make_unique<ChildProcess>(arguments, log_);
    wait_until_ready();
    postmaster_ = postmaster_of(data_);
}

void FirePostgres::wait_until_ready()
{
    wait_for(
        [&] {
            if (ours_ && !ours_->is_running())
                throw PostgresError("PostgreSQL ended at its start; see " + log_);
            return ask("select 1").status == 0;
        },
        "PostgreSQL to be ready");
}

/// The postmaster first, so that it starts no more children.
std::vector<pid_t> FirePostgres::family() const
{
    std::vector<pid_t> all{postmaster_};
    const std::string process = std::to_string(postmaster_);
    std::ifstream in("/proc/" + process + "/task/" + process + "/children");
    for (pid_t child = 0; in >> child;) all.push_back(child);
    return all;
}

void FirePostgres::freeze()
{
    ::kill(postmaster_, SIGSTOP);
    frozen_ = family();
    for (const pid_t pid : frozen_) ::kill(pid, SIGSTOP);
}

void FirePostgres::go_on()
{
    for (const pid_t pid : frozen_) ::kill(pid, SIGCONT);
    frozen_.clear();
}

Finished FirePostgres::ask(const std::string& sql) const
{
    return run_program({bin_ + "/psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", sql, url_},
                       "");
}

std::vector<pid_t> FirePostgres::sessions()
{
    std::istringstream rows(ask("select pid from pg_stat_activity where backend_type = 'client backend'"
                                " and pid <> pg_backend_pid() order by pid")
                                .out);
    std::vector<pid_t> pids;
    for (pid_t pid = 0; rows >> pid;) pids.push_back(pid);
    return pids;
}

void FirePostgres::terminate(pid_t session)
{
    (void)ask("select pg_terminate_backend(" + std::to_string(session) + ")");
}

bool FirePostgres::kill_at_commit()
{
    constexpr int tries = 40;
    for (int i = 0; i < tries; ++i) {
        const auto all = sessions();
        for (const pid_t session : all) ::kill(session, SIGSTOP);
        const auto committing = std::ranges::find_if(all, is_stopped_in_commit);
        const bool is_found = committing != all.end();
        if (is_found) kill_now(*committing);
        for (const pid_t session : all) ::kill(session, SIGCONT);
        if (is_found) return true;
        std::this_thread::sleep_for(pause / 10);
    }
    return false;
}

void FirePostgres::kill_now(pid_t session)
{
    ::kill(session, SIGKILL);
    // Until then the postmaster would still let new sessions in, as if nothing had happened.
    wait_for([&] { return ::kill(session, 0) != 0; }, "PostgreSQL to notice that a session was killed");
}

} // namespace sim
