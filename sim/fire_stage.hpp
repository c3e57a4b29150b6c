/// What a fault run plays on: server, database, proxy and recorder, cards, and at the end the checker.
#pragma once

#include "sim/fire_command.hpp"
#include "sim/fire_postgres.hpp"
#include "sim/fire_report.hpp"
#include "sim/fire_traffic.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sim {

class FireStage {
public:
    struct Settings {
        const FireOptions& options;
        FirePostgres& postgres;
        std::int64_t opening_minor = 0; ///< of every card's account
        FireTraffic::Settings traffic{};
        std::function<Treatment(const PassingFrame&)> treat; ///< on the proxy's thread
    };

    /// throws   HostError, OfficeError, WireError, PostgresError
    explicit FireStage(Settings settings);
    FireStage(const FireStage&) = delete;
    FireStage& operator=(const FireStage&) = delete;

    [[nodiscard]] ChildHost& host() { return *host_; }
    [[nodiscard]] FirePostgres& postgres() { return settings_.postgres; }
    [[nodiscard]] Proxy& proxy() { return *proxy_; }
    [[nodiscard]] const Side& side() const { return side_; }
    [[nodiscard]] const std::string& folder() const { return bed_.folder(); }
    [[nodiscard]] std::unique_ptr<FireTraffic> traffic(const FirePlan& plan, FireTraffic::Faults faults);

    /// Lets new connections through to where the server listens now, or to nowhere.
    void open_doors();
    void close_doors();

    /// Ends the recording and judges everything since the start. The server has stopped.
    void judge(FireReport& report);
    /// Writes what is needed to find out why, and keeps the folder.
    /// returns  its name
    std::string keep(const FireReport& report);

private:
    Settings settings_;
    TestBed bed_;
    RunIds ids_;
    ImportedCards imported_;
    const Side& side_;
    FireWriter writer_;
    std::unique_ptr<ChildHost> host_;
    Recording recording_;
    std::unique_ptr<Proxy> proxy_;
    std::string export_;
};

} // namespace sim
