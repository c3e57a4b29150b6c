/// What a fault run did and what the checker says, for people and for programs.
#pragma once

#include "sim/auditor.hpp"
#include "sim/fire_faults.hpp"
#include "sim/fire_plan.hpp"
#include "sim/fire_traffic.hpp"
#include "sim/office.hpp"

#include <array>
#include <string>

namespace sim {

struct FireReport {
    std::uint64_t seed = 0;
    std::vector<Breach> tolerated;
    std::size_t planned = 0;
    FireTraffic::Counts traffic;
    FireFaults::Counts faults{};
    FireFaults::Seconds fault_seconds{};
    std::array<std::size_t, Treatment::kinds> treatments{}; ///< by Treatment::Kind, both directions
    std::size_t own_ends = 0;                               ///< ends of the server that nobody ordered
    std::size_t unanswered = 0;                             ///< when settling ended
    int stop_status = 0;                                    ///< of the server's last, orderly stop
    Audit audit;
    CtlOffice::Books books; ///< tollgatectl check
    double seconds = 0;
    double settled_after = 0; ///< seconds of settling

    [[nodiscard]] bool is_good() const;
};

[[nodiscard]] std::string text_of(const FireReport& report);
/// One object, schema "tollgate/fire/1".
[[nodiscard]] std::string json_of(const FireReport& report);

} // namespace sim
