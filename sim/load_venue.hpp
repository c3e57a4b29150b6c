/// Where a load plays: a server that runs somewhere, or one of our own with cards in its books.
#pragma once

#include "sim/load_console.hpp"
#include "sim/load_file.hpp"
#include "sim/load_report.hpp"
#include "sim/target_options.hpp"
#include "sim/test_bed.hpp"

#include <memory>
#include <optional>
#include <string>

namespace sim {

class LoadVenue {
public:
    struct Settings {
        std::string bin;          ///< folder of tollgated and tollgatectl
        std::string database_url; ///< for a server of our own
        TargetOptions target{};   ///< of a running one
    };
    /// throws   HostError, OfficeError, FileError, and as reach_of()
    LoadVenue(const LoadPlan& plan, std::uint64_t seed, const Settings& settings);
    ~LoadVenue();

    /// Draws the plan's schedule, sends it and judges what came.
    /// throws   WireError, std::invalid_argument
    [[nodiscard]] LoadReport play(const LoadPlan& plan, LoadConsole& console);

    /// Stops a server of our own and checks its books; nothing without one.
    [[nodiscard]] std::optional<CtlOffice::Books> close();

private:
    [[nodiscard]] LoadRun::Events events(LoadReport& report, LoadConsole& console);
    void obey(LoadReport& report, LoadConsole& console);

    std::uint64_t seed_;
    std::uint64_t plays_ = 0; ///< each has keys of its own
    std::shared_ptr<const NetworkModel> network_;
    std::vector<CardInHand> cards_;
    Address address_;
    Reach reach_;
    std::unique_ptr<TestBed> bed_;
    std::unique_ptr<ChildHost> host_;
    LoadRun* running_ = nullptr;
};

} // namespace sim
