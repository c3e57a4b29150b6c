/// Everything that a server of our own needs: a folder, a key for card tokens, a configuration with both
/// networks, tables in the database.
#pragma once

#include "sim/host.hpp"
#include "sim/office.hpp"
#include "sim/player.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace sim {

class TestBed {
public:
    struct Settings {
        std::string bin;          ///< folder of tollgated and tollgatectl
        std::string database_url; ///< of an empty database, or one that has been used so before; empty: the
                                  ///< server's books are elsewhere, and there is no office to ask
        std::string network_timeout = "20s"; ///< far above what any scenario takes, on any machine
        int workers = 2;
        std::string store_options{};                  ///< lines for [store]
        std::string link_options{};                   ///< lines for each [[link]]
        std::string network_a = "iso-single-message"; ///< or a file of the same name with another framing
    };

    /// Makes the folder and migrates the database.
    /// throws   HostError, OfficeError
    explicit TestBed(Settings settings);
    /// Removes the folder unless keep() was called.
    ~TestBed();
    TestBed(const TestBed&) = delete;
    TestBed& operator=(const TestBed&) = delete;

    /// One more server on the same database. Thread-safe.
    [[nodiscard]] std::unique_ptr<ChildHost> start_host();
    [[nodiscard]] CtlOffice& office() { return *office_; }
    /// Both networks, each with two links.
    [[nodiscard]] const std::vector<Side>& sides() const { return sides_; }
    [[nodiscard]] const std::string& folder() const { return folder_; }
    void keep() { is_kept_ = true; }

private:
    [[nodiscard]] std::string configuration() const;

    Settings settings_;
    std::string folder_;
    std::unique_ptr<CtlOffice> office_;
    std::vector<Side> sides_;
    std::atomic<int> hosts_{0};
    bool is_kept_ = false;
};

/// Folder of the running program: where its sisters are.
[[nodiscard]] std::string own_folder();

} // namespace sim
