/// The whole PostgreSQL cluster of scripts/with_postgres, stopped by SIGSTOP until this object ends.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

class StoppedPostgres {
public:
    /// Stops the postmaster first, so that it starts no more children, and then these.
    /// throws   std::runtime_error when the cluster's postmaster cannot be found
    StoppedPostgres() : postmaster_(postmaster())
    {
        send(postmaster_, SIGSTOP);
        children_ = children_of(postmaster_);
        for (const pid_t child : children_) send(child, SIGSTOP);
    }
    ~StoppedPostgres() { go_on(); }
    StoppedPostgres(const StoppedPostgres&) = delete;
    StoppedPostgres& operator=(const StoppedPostgres&) = delete;

    void go_on()
    {
        for (const pid_t child : children_) send(child, SIGCONT);
        if (postmaster_ > 0) send(postmaster_, SIGCONT);
        children_.clear();
        postmaster_ = -1;
    }

    [[nodiscard]] std::size_t stopped() const { return children_.size() + 1; }

private:
    static pid_t postmaster()
    {
        const char* folder = std::getenv("TOLLGATE_POSTGRES_DIR");
        std::ifstream in(std::string(folder == nullptr ? "" : folder) + "/postmaster.pid");
        pid_t pid = -1;
        if (!(in >> pid) || pid <= 1) throw std::runtime_error("no postmaster.pid in TOLLGATE_POSTGRES_DIR");
        return pid;
    }

    static pid_t parent_of(const std::filesystem::path& process)
    {
        std::ifstream in(process / "stat");
        std::string line;
        std::getline(in, line);
        const std::size_t end_of_name = line.rfind(')');
        if (end_of_name == std::string::npos || end_of_name + 4 >= line.size()) return -1;
        return static_cast<pid_t>(std::strtol(line.c_str() + end_of_name + 4, nullptr, 10)); // ") S PARENT"
    }

    static std::vector<pid_t> children_of(pid_t parent)
    {
        std::vector<pid_t> children;
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            const std::string name = entry.path().filename().string();
            if (name.find_first_not_of("0123456789") != std::string::npos) continue;
            if (parent_of(entry.path()) == parent) children.push_back(static_cast<pid_t>(std::stol(name)));
        }
        return children;
    }

    static void send(pid_t pid, int number) { ::kill(pid, number); }

    pid_t postmaster_ = -1;
    std::vector<pid_t> children_;
};

} // namespace test
