/// What a recording says about each key: what was asked, and what was answered, in the order in which it was
/// seen. Reads the messages of network "iso-single-message" by itself: nothing of the server's reading is in
/// it.
#pragma once

#include "codec/dialect.hpp"
#include "sim/recorder.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace sim {

/// Two digits of the MTI, STAN, DE7 and DE41: what makes two messages the same.
using KeyName = std::string;

enum class AskedFor : std::uint8_t { sale, refund, linked_refund, cancel, reversal, inquiry };

[[nodiscard]] std::string_view name_of(AskedFor asked_for);

/// A request that went on to the server.
struct SeenRequest {
    std::size_t place = 0; ///< in the recording
    Clock::time_point at;
    std::uint32_t connection = 0;
};

struct SeenAnswer {
    std::size_t place = 0;
    Clock::time_point at_least; ///< not before
    std::uint32_t connection = 0;
    std::uint64_t digest = 0; ///< of all its bytes
    std::string code;         ///< DE39

    [[nodiscard]] bool approves() const { return code == "00"; }
};

/// One content that came under a key. The MTI's repeat digit is no part of it.
struct SeenContent {
    AskedFor asked_for = AskedFor::sale;
    std::uint64_t digest = 0;
    std::string amount; ///< DE4
    std::string pan;
    KeyName target;        ///< what DE90 names; empty without one
    std::size_t first = 0; ///< place of the first one in the recording
    std::vector<SeenRequest> requests;
    std::vector<SeenAnswer> answers;

    [[nodiscard]] std::int64_t amount_minor() const;
    [[nodiscard]] bool is_approved() const;
};

struct SeenKey {
    std::vector<SeenContent> contents; ///< as first seen; more than one is an error of the sender

    /// The one with an approval, or null.
    [[nodiscard]] const SeenContent* approved() const;
};

struct WireFacts {
    std::unordered_map<KeyName, SeenKey> keys;
    std::size_t requests = 0; ///< that went on whole
    std::size_t answers = 0;
    std::size_t format_errors = 0;         ///< answers to requests that had been damaged on their way
    std::vector<std::size_t> unreadable;   ///< places of answers that are no message, or to nothing
    std::vector<std::size_t> wrong_echoes; ///< places of answers that do not give back what was asked
};

[[nodiscard]] WireFacts read_recording(const Recording& recording, const codec::Dialect& dialect);

} // namespace sim
