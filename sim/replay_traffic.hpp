/// What a replay begins with: the requests of a capture, what refers to what, and the answers they got then.
#pragma once

#include "codec/message.hpp"
#include "sim/capture.hpp"
#include "sim/wire.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

class NetworkModel;

/// What a request is to the others of its group.
enum class ReplayRole : std::uint8_t {
    management, ///< sign-on, echo: belongs to its connection
    original,   ///< refers to nothing
    question,   ///< refers to an original and may be refused: a cancel, a linked refund
    advice,     ///< tells what is so, before or after its original: never refused
    reversal,   ///< as an advice: the original is undone
};

/// How it was answered in the capture.
struct CapturedAnswer {
    std::uint64_t number = 0; ///< of its record
    WallTime at;
    codec::Message message;
    std::vector<std::string> dropped; ///< what the capture does not have of it
};

struct ReplayRequest {
    std::uint64_t number = 0; ///< of its record
    WallTime at;
    std::uint32_t connection = 0;
    ReplayRole role = ReplayRole::original;
    codec::Message message;
    bool had_mac = false;              ///< the capture does not keep it
    std::size_t group = 0;             ///< place of the first request of its group
    std::optional<std::size_t> target; ///< place of the request that it refers to
    bool names_absent = false;         ///< it refers to one that the capture does not have
    std::optional<CapturedAnswer> answer;
};

/// Which messages of a network undo others, by class and function: "42" for 0420 and 0421.
struct ReversalKinds {
    std::vector<std::string> kinds{"40", "42"};

    /// As the network's own file has it.
    [[nodiscard]] static ReversalKinds of(const NetworkModel& network);
};

struct ReplayTraffic {
    std::shared_ptr<const codec::Dialect> dialect;
    WireForm form;
    std::vector<ReplayRequest> requests; ///< by time; the capture's order where times are equal
    std::size_t unread = 0;              ///< records without a message
    std::size_t answers_alone = 0;       ///< answers whose request is not there
    std::size_t from_server = 0;         ///< requests of the server, and the answers to them: not replayed

    /// Places of the requests of each group of two and more, in order.
    [[nodiscard]] std::vector<std::vector<std::size_t>> groups() const;
};

/// throws   CaptureError with the record's number for a message that does not fit the capture's dialect,
///          codec::DialectError, InputError
[[nodiscard]] ReplayTraffic traffic_of(const Capture& capture, const ReversalKinds& reversals);

/// What an answer is known by: the MTI it must have, DE11, DE7 and DE41.
[[nodiscard]] std::string answer_key(codec::Mti answer, const codec::Message& message);

} // namespace sim
