#pragma once

#include "codec/field_spec.hpp"

#include <cstddef>
#include <cstdint>

namespace codec {

/// What the fast ways through decode() and encode() do with an element, worked out once from its row: eight
/// bytes instead of a cache line.
struct alignas(8) FieldPlan {
    enum class Way : std::uint8_t {
        undefined, ///< the dialect has no row
        by_row,    ///< an unusual shape: what stands below says nothing
        planned,
    };
    /// What must hold of the value's bytes.
    enum class Check : std::uint8_t {
        nothing,
        digits, ///< ASCII digits
        packed, ///< packed digits; a pad nibble is zero and stands in front
    };

    Way way = Way::undefined;
    Check check = Check::nothing;
    std::uint8_t prefix = 0;       ///< bytes of the count, up to 3; 0: fixed
    bool prefix_is_packed = false; ///< packed digits instead of ASCII digits
    std::uint16_t min = 0;         ///< characters
    std::uint16_t max = 0;         ///< characters; min where fixed

    [[nodiscard]] bool is_packed() const { return check == Check::packed; }
    [[nodiscard]] bool takes(std::size_t count) const { return count >= min && count <= max; }
    /// Bytes of so many characters.
    [[nodiscard]] std::size_t size_of(std::size_t count) const
    {
        return is_packed() ? (count + 1) / 2 : count;
    }
};

[[nodiscard]] FieldPlan plan_of(const FieldSpec& spec);

} // namespace codec
