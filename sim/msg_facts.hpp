/// What values of elements mean, as far as it can be checked without a network: for `validate` and `doctor`.
#pragma once

#include "codec/describe.hpp"
#include "sim/msg_reading.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

enum class Severity : std::uint8_t { error, warning };

/// One thing that was found; never with a value.
struct Finding {
    Severity severity = Severity::error;
    int de = 0;        ///< 0: the message as a whole
    std::string place; ///< "DE7 at byte 40", "DE55.9F1A at byte 120", "message"
    std::string text;  ///< "month 13"
};

/// MMDDhhmmss, YYMMDD, ...: what each pair of digits is, from the left. M month, D day, h hour, m minute, s
/// second, Y any two digits. February has 29 days, as nobody tells the year. returns  empty, or what is
/// wrong: "month above 12"
[[nodiscard]] std::string wrong_time(std::string_view digits, std::string_view pairs);

/// The pattern of wrong_time() for a date or time element of this size; empty when the element is none.
[[nodiscard]] std::string_view time_pattern(int de, std::size_t size, char version);

/// ISO/IEC 7812-1: the last digit checks the others. Only digits, at least one.
[[nodiscard]] bool passes_luhn(std::string_view digits);

/// Three digits or three capital letters (ISO 4217).
[[nodiscard]] bool is_currency(std::string_view value);

/// Everything that is known about single elements of the message.
[[nodiscard]] std::vector<Finding> findings_of_elements(const Reading& reading);

} // namespace sim
