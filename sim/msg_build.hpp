/// Messages from JSON.
#pragma once

#include "codec/dialect.hpp"
#include "sim/msg_envelope.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace sim {

/// throws   InputError with line and column
[[nodiscard]] boost::json::object parse_json_object(std::string_view text, std::string_view name);

/// Writes a message, without frame and header, from
///     {"mti": "0200", "fields": {"2": "4000001234560002", "55": {"9F26": "A1B2"}}}
/// or from what json_of() gave with Show::everything, byte for byte. Values are text, those of binary
/// elements hex; parts are an object, or an array of {"tag", "value"} where a tag comes twice. A "hex" beside
/// a value counts as long as it means that value. throws   InputError: every mistake on a line of its own,
/// with its path and what is expected; never with a value
[[nodiscard]] std::vector<std::uint8_t> build_message(const codec::Dialect& dialect,
                                                      const boost::json::object& json);

/// What the JSON says about frame and header of the message.
struct BuiltEnvelope {
    EnvelopeNames envelope;
    std::vector<std::uint8_t> header; ///< bytes in front of the MTI; empty where the JSON has none
};

/// given    what it is to be whatever the JSON says; "none" where nothing was given
/// throws   InputError
[[nodiscard]] BuiltEnvelope envelope_in(const boost::json::object& json, const EnvelopeNames& given);

} // namespace sim
