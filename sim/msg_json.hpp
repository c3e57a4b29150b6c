/// Messages as JSON: what `describe --json` prints and `build` reads.
#pragma once

#include "codec/describe.hpp"
#include "sim/msg_reading.hpp"

#include <boost/json/object.hpp>

namespace sim {

/// Why a message does not decode: "text", "number" of the element, "offset" from the MTI.
[[nodiscard]] boost::json::object json_of(const codec::Error& error);

/// One object, schema "tollgate/message/1". Masked, a value that is not shown whole has "masked": true and
/// the hex "hidden". Numbers of parts count in the value that they are part of, all others from the MTI.
[[nodiscard]] boost::json::object json_of(const Reading& reading, codec::Show show);

} // namespace sim
