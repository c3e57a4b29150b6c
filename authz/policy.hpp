#pragma once

#include "authz/reason.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace authz {

/// What a link's profile lets a decision do; DOMAIN 11 lists the choices. Built once from configuration, then
/// read only.
struct Policy {
    /// A sale transmitted longer ago is refused (row A9); without a value no sale is too old.
    std::optional<std::chrono::seconds> staleness_limit = std::chrono::seconds{120};
    std::int64_t amount_max_minor =
        999'999'999'999;          ///< per message; twelve digits are all that DE4 can carry
    bool partial_cancels = false; ///< rows E2, E3
    /// The least that a sale is approved in part for (row A3); without a value it is approved whole or not at
    /// all.
    std::optional<std::int64_t> partial_approval_min_minor;
    std::vector<std::string> blocked_mccs; ///< row A8
    AnswerCodes answer_codes = iso87_answer_codes();
};

} // namespace authz
