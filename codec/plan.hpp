#pragma once

#include "codec/field_spec.hpp"

#include <cstdint>

namespace codec {

/// What decode() and encode() do with an element, worked out once from its row: eight bytes instead of a
/// cache line, and the usual shapes told apart by one switch. Every other shape is `general`, which goes by
/// the row itself.
struct FieldPlan {
    enum class Shape : std::uint8_t {
        undefined, ///< the dialect has no row
        general,
        fixed,
        ascii_ll, ///< a count of two ASCII digits
        ascii_lll,
        packed_ll, ///< a count of one packed byte
        packed_lll,
    };
    /// What must hold of the value's bytes.
    enum class Check : std::uint8_t {
        nothing,
        digits, ///< ASCII digits
        packed, ///< packed digits; a pad nibble is zero and stands in front
    };

    Shape shape = Shape::undefined;
    Check check = Check::nothing;
    std::uint16_t max = 0;  ///< characters
    std::uint16_t size = 0; ///< bytes of a fixed element
};

[[nodiscard]] FieldPlan plan_of(const FieldSpec& spec);

} // namespace codec
