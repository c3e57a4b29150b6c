/// What is around a message on the wire: a frame, and a header between frame and MTI.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sim {

/// By the names of codec/frame_rule.hpp and codec/frame_header.hpp; "none" is nothing.
struct EnvelopeNames {
    std::string framing = "none";
    std::string header = "none";

    friend bool operator==(const EnvelopeNames&, const EnvelopeNames&) = default;
};

/// Every framing and every header, "none" first.
[[nodiscard]] std::vector<std::string> framing_names();
[[nodiscard]] std::vector<std::string> header_names();

/// throws   InputError with the names there are
void check_names(const EnvelopeNames& envelope);

struct Opened {
    std::string problem; ///< why there is no message: without any value. Empty when there is one
    std::vector<std::uint8_t> header;
    std::vector<std::uint8_t> message; ///< from its MTI on
    std::size_t messages_behind = 0;   ///< whole frames that follow
};

/// The first message of a stream; without framing, of all bytes.
[[nodiscard]] Opened open_envelope(const EnvelopeNames& envelope, std::span<const std::uint8_t> bytes);

/// header   bytes to put in front; empty: those of a request
/// throws   InputError when the frame cannot carry the message
[[nodiscard]] std::vector<std::uint8_t> close_envelope(const EnvelopeNames& envelope,
                                                       std::span<const std::uint8_t> header,
                                                       std::span<const std::uint8_t> message);

} // namespace sim
