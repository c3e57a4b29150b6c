/// The sign-on of a connection that we open: 0800 with DE70 001, as the network writes it. No I/O.
#pragma once

#include "sim/serve_writer.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace sim {

/// May be used by several threads at a time.
class SignOn {
public:
    /// throws   std::invalid_argument when the network has no message "sign_on"
    SignOn(std::shared_ptr<const NetworkModel> network, std::uint64_t seed);

    struct Asked {
        Bytes request;      ///< from the MTI on
        std::string answer; ///< what its answer is known by
    };
    /// One more, with a STAN of its own.
    [[nodiscard]] Asked ask();
    /// returns  DE39; nothing when the message is not the answer
    [[nodiscard]] std::optional<std::string> answered(const Asked& asked,
                                                      std::span<const std::uint8_t> message) const;

private:
    std::shared_ptr<const NetworkModel> network_;
    ServeWriter writer_;
};

} // namespace sim
