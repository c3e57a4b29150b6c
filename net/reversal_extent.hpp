#pragma once

#include "authz/request.hpp"
#include "codec/message.hpp"
#include "net/profile.hpp"

#include <optional>

namespace net {

/// True when a reversal says that a fault caused it: a timeout, a late or an undeliverable answer (C22). The
/// reason is in DE39, or in the places where dialects have a reason code of four digits, DE56 and DE25.
[[nodiscard]] bool has_fault_reason(const codec::Message& message);

/// What a reversal undoes, by its reason (DOMAIN 3.5). "00" in DE39 repeats an answer and is no reason.
[[nodiscard]] authz::ReversalScope scope_of(const codec::Message& message);

/// The part that a reversal names in DE95.
struct PartReading {
    std::optional<authz::PartialReversal> part; ///< none: it is a full reversal
    bool is_readable = true;
};

/// Nothing is a part that the element leaves out or that means the whole (DOMAIN 1.6).
[[nodiscard]] PartReading read_part(const codec::Message& message, authz::PartialReversal::Mode mode);

/// True when the first amount of DE95 is there and not zero.
[[nodiscard]] bool asks_for_part(const codec::Message& message);

} // namespace net
