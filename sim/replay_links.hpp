/// Which message of a capture refers to which: by DE90, or by what both have alike (DOMAIN 3.3).
#pragma once

#include "sim/replay_traffic.hpp"

#include <vector>

namespace sim {

/// Fills in target, names_absent, group and role of all.
///
/// DE90 names STAN and DE7 (or the local time) of the original; its MTI may be 0000. Without DE90 a reversal,
/// an advice or a message of class 4 refers to the one with its own STAN, DE7 and terminal; if there is none,
/// to the only one with its RRN, terminal and card. Card and terminal never differ when both have them.
/// Copies of one message, and messages that refer to the same, are one group.
void link_requests(std::vector<ReplayRequest>& requests, const ReversalKinds& reversals);

/// What DE90 says (DOMAIN 1.6).
struct NamedOriginal {
    std::string mti; ///< empty: not given
    std::string stan;
    std::string time; ///< DE7, or DE13 and DE12
    std::string institutions;

    /// Nothing when it is absent, all zero or no DE90 of 1987.
    [[nodiscard]] static std::optional<NamedOriginal> in(const codec::Message& message);
    [[nodiscard]] std::string text() const;
};

} // namespace sim
