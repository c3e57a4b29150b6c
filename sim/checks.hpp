/// What an expectation says against what came. All functions throw StepFailed.
#pragma once

#include "sim/network_model.hpp"
#include "sim/terminal.hpp"

#include <cstdint>
#include <string>

namespace sim {

void check_answer(const NetworkModel& network, const Exchange& exchange, const Delivery& delivery,
                  const Expect& expect);

/// All answers that the host gave to this message, lost ones too, are the same bytes.
void check_identical(const NetworkModel& network, const Exchange& exchange);

void check_balance(const std::string& account, const Amount& expected, std::int64_t found_minor);
void check_amount(const std::string& what, const Amount& expected, std::int64_t found_minor);
void check_state(const std::string& message, const std::string& expected, const std::string& found);
void check_count(const std::string& what, std::int64_t expected, std::int64_t found);

} // namespace sim
