/// The file that a network sends the issuer for a day: what it believes to have happened.
#pragma once

#include "sim/amount.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// One transaction that the network settles, or has undone.
struct SettlementLine {
    enum class Outcome : std::uint8_t {
        approved, ///< by the issuer
        reversed, ///< no answer in time: it did not happen
        advised,  ///< by the network in the issuer's place
    };
    std::uint64_t number = 0; ///< in the order in which they began
    std::string kind;         ///< "sale", "refund", "cancel"
    Outcome outcome = Outcome::approved;
    std::string mti;         ///< of the request; of the advice when that is all the issuer has seen
    std::string stan;        ///< DE11
    std::string transmitted; ///< DE7 of the same message
    std::string local_time;  ///< DE13 and DE12, MMDDhhmmss
    std::string rrn;         ///< DE37
    std::string terminal;    ///< DE41
    std::string card;        ///< masked: six first and four last digits
    Amount amount;
    std::string approval;        ///< DE38
    bool is_acknowledged = true; ///< the issuer knows of the outcome

    friend bool operator==(const SettlementLine&, const SettlementLine&) = default;
};

struct SettlementDay {
    std::string network;
    std::string business_date; ///< YYYY-MM-DD
    std::vector<SettlementLine> lines;
};

/// + what the issuer owes the network, - the other way; minor units. Nothing for what was reversed.
[[nodiscard]] std::int64_t owed_minor(const SettlementLine& line);

/// The whole file: layout in docs/simulator.md. A '?' stands for each character that would end a column.
[[nodiscard]] std::string text_of(const SettlementDay& day);

/// A file that is damaged, cut, or whose sums are not those of its lines.
struct SettlementError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// throws   SettlementError
[[nodiscard]] SettlementDay parse_settlement(std::string_view text);

/// YYYY-MM-DD to which a moment belongs.
/// local_ms     of the network's clock, ms since 1970
/// cutover_ms   when the day ends, ms since midnight; 0: at midnight
[[nodiscard]] std::string business_date(std::int64_t local_ms, std::int64_t cutover_ms);

} // namespace sim
