#pragma once

#include "tests/support/database.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/// What a test may do to the cluster of scripts/with_postgres when nobody else uses it.
namespace cluster_faults {

/// Waits until the cluster takes connections.
inline void wait_ready(const FreshDatabase& database)
{
    for (;;) {
        try {
            database.run("select 1");
            return;
        } catch (const std::exception&) {
            // It is starting, or recovering.
        }
    }
}

/// An immediate stop, as by a power cut, and a start with the same settings.
inline void restart(const FreshDatabase& database)
{
    const char* folder = std::getenv("TOLLGATE_POSTGRES_DIR");
    if (folder == nullptr) throw std::runtime_error("TOLLGATE_POSTGRES_DIR is not set");
    struct stat owner {};
    if (::stat(folder, &owner) != 0) throw std::runtime_error("no folder of the cluster");
    std::string command = "cd / && ";
    if (::geteuid() == 0)
        command += "setpriv --reuid=" + std::to_string(owner.st_uid) +
                   " --regid=" + std::to_string(owner.st_gid) + " --clear-groups -- ";
    command += "/usr/lib/postgresql/15/bin/pg_ctl restart --silent --wait --mode=immediate --pgdata='" +
               std::string(folder) + "' --log='" + folder + "/restarted.log' >/dev/null 2>&1 </dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("the cluster did not start again");
    wait_ready(database);
}

/// kill -9 of the backends of these sessions. Returns when PostgreSQL has noticed, and ended the others, too.
inline void kill_backends(const FreshDatabase& database, const std::string& application_name)
{
    const auto backends = [&](const std::string& which) {
        std::vector<pid_t> found;
        for (const auto& row : database.rows("select pid from pg_stat_activity where " + which +
                                             " and datname = current_database() and pid <> pg_backend_pid()"))
            found.push_back(static_cast<pid_t>(std::stol(row[0])));
        return found;
    };
    const auto others = backends("application_name <> '" + application_name + "'");
    const auto victims = backends("application_name = '" + application_name + "'");
    if (victims.empty()) throw std::runtime_error("no session of that name");
    for (const pid_t victim : victims) ::kill(victim, SIGKILL);
    for (const pid_t other : others)
        while (::kill(other, 0) == 0) std::this_thread::yield();
}

/// While it lives every COMMIT waits for a standby that nobody is.
class MissingStandby {
public:
    explicit MissingStandby(const FreshDatabase& database) : database_(database)
    {
        name("nobody");
        // The server's processes hear of it one after the other: it holds when a COMMIT waits.
        for (int i = 0; commits_waiting() == "0"; ++i) {
            if (probe_.valid() && probe_.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
                continue;
            probe_ = std::async(std::launch::async, [&database, i] {
                try {
                    database.run("create table probe_" + std::to_string(i) + "()");
                } catch (const std::exception&) {
                    // The server was restarted.
                }
            });
        }
    }
    ~MissingStandby() { end(); }
    MissingStandby(const MissingStandby&) = delete;
    MissingStandby& operator=(const MissingStandby&) = delete;

    /// It is not waited for any more.
    void end()
    {
        if (is_named_) name("");
    }

    /// Of the ledger under test. Waits until its COMMIT waits.
    void wait_for_commit() const
    {
        while (database_.value(waiting_ + " and application_name = 'test'") == "0") {
        }
    }

private:
    std::string commits_waiting() const { return database_.value(waiting_); }

    void name(const std::string& standby)
    {
        database_.run("alter system set synchronous_standby_names = '" + standby + "'");
        database_.run("select pg_reload_conf()");
        while (database_.value("show synchronous_standby_names") != standby) {
        }
        is_named_ = !standby.empty();
    }

    const FreshDatabase& database_;
    const std::string waiting_ =
        "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()";
    bool is_named_ = false;
    std::future<void> probe_;
};

} // namespace cluster_faults
