/// A PostgreSQL cluster that belongs to one test: it may be starved, may die, and is started again.
#pragma once

#include "sim/child_process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace test {

/// A folder below the system's folder for temporary files, which PostgreSQL's user can reach. Removed with
/// all that is in it.
class ScratchFolder {
public:
    ScratchFolder();
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    /// An empty folder in it, PostgreSQL's own.
    [[nodiscard]] std::string make(const std::string& name) const;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

class OwnCluster {
public:
    struct Settings {
        std::string folder;                ///< empty, PostgreSQL's own
        std::string wal_folder{};          ///< the same; empty: within the data folder
        std::vector<std::string> server{}; ///< "wal_recycle=off"
    };

    /// Makes it and starts it: unix socket only, fsync on, WAL segments of 1 MiB.
    /// throws   std::runtime_error with the last line of its log
    explicit OwnCluster(Settings settings);
    ~OwnCluster();
    OwnCluster(const OwnCluster&) = delete;
    OwnCluster& operator=(const OwnCluster&) = delete;

    enum class Started { yes, no };
    /// Waits until it takes connections, or has ended.
    Started start();
    void stop(); ///< orderly
    [[nodiscard]] bool is_running() { return server_ != nullptr && server_->is_running(); }

    /// Of the database `postgres`, whose user is superuser.
    [[nodiscard]] std::string url() const;
    /// What psql prints, unaligned and without titles.
    /// throws   std::runtime_error with psql's complaint
    std::string sql(const std::string& text) const;

    [[nodiscard]] std::string data_folder() const { return settings_.folder + "/data"; }
    [[nodiscard]] std::string log_file() const { return settings_.folder + "/server.log"; }
    /// How many lines of the log hold this text.
    [[nodiscard]] std::size_t logged(const std::string& text) const;

private:
    [[nodiscard]] std::vector<std::string> as_server(std::vector<std::string> command) const;

    Settings settings_;
    std::unique_ptr<sim::ChildProcess> server_;
};

} // namespace test
