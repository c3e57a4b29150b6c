#pragma once

#include "codec/structure.hpp"

#include <string>

namespace codec {

/// What of a structure does not fit together, or does not fit the value that it cuts, and what is expected;
/// empty when it is well formed. The rows of its parts are looked at by what_is_wrong(FieldSpec).
/// row     the value: an element or a part
[[nodiscard]] std::string what_is_wrong(const Structure& structure, const FieldSpec& row);

/// What this structure cannot have as a tag, and what is expected; empty when it can.
[[nodiscard]] std::string what_is_wrong_with_tag(const Structure& structure, std::string_view tag);

} // namespace codec
