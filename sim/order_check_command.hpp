/// `tollgate-sim replay CAPTURE --order-check N`.
#pragma once

#include "sim/order_check_books.hpp"
#include "sim/report.hpp"

#include <cstdint>
#include <iosfwd>

namespace sim {

struct OrderCheckRun {
    const ReplayTraffic& traffic;
    std::size_t orders = 0;
    std::uint64_t seed = 0;
    std::uint64_t messages_max =
        capture_records_max; ///< that are held in memory; books on PostgreSQL hold all orders
    ServerBooks::Settings books{};
};

/// returns  money when two orders of the same messages give different ledgers; differs when nothing was approved,
///          so that equal ledgers say nothing
/// throws   as ServerBooks; std::invalid_argument when the orders do not fit into memory
[[nodiscard]] Exit run_order_check(const OrderCheckRun& run, std::ostream& out);

/// What two states differ in, a line each: card numbers masked, amounts in minor units.
[[nodiscard]] std::string differences_of(const ReplayTraffic& traffic, const BooksState& as_captured,
                                         const BooksState& as_sent);

} // namespace sim
