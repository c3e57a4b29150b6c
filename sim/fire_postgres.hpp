/// The private PostgreSQL cluster of scripts/with_postgres, for a run that stops, freezes and kills it.
#pragma once

#include "sim/child_process.hpp"

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace sim {

struct PostgresError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class FirePostgres {
public:
    /// data     the cluster's folder, with a server that runs in it
    /// url      of a database in it
    /// log      file for what a server started by us prints
    /// throws   PostgresError when no server runs there
    FirePostgres(std::string data, std::string url, std::string log);
    /// Stops a server that we started.
    ~FirePostgres();
    FirePostgres(const FirePostgres&) = delete;
    FirePostgres& operator=(const FirePostgres&) = delete;

    /// Immediate stop, as pg_ctl's: what was not committed is lost.
    void stop_now();
    /// The same server again, with the same options; ready when this returns. Call it from a thread that
    /// lives as long as the server has to.
    void start();
    void wait_until_ready();

    void freeze();
    void go_on();

    /// Sessions of the server under test: all of the cluster but our own. Empty while the database is away.
    [[nodiscard]] std::vector<pid_t> sessions();
    void terminate(pid_t session);
    /// Runs one statement with psql.
    [[nodiscard]] Finished ask(const std::string& sql) const;
    /// SIGKILL. Returns when PostgreSQL has noticed, and ends all other sessions.
    static void kill_now(pid_t session);
    /// Stops sessions for a moment until one is seen in its COMMIT, and kills that one.
    /// returns  false when none was after some tries
    bool kill_at_commit();

private:
    [[nodiscard]] std::vector<pid_t> family() const;

    std::string data_;
    std::string url_;
    std::string log_;
    std::vector<std::string> command_; ///< what started the server
    std::string bin_;
    pid_t postmaster_ = -1;
    std::vector<pid_t> frozen_;
    std::unique_ptr<ChildProcess> ours_;
};

} // namespace sim
