/// What operators say to a running server: record start, stop and list.
#pragma once

#include "net/control_socket.hpp"
#include "net/recorder.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace net {

/// Does what one line of JSON says, and tells how it went in another one (docs/captures.md).
/// throws   nothing: what is wrong stands in the answer
[[nodiscard]] std::string answer_to(std::string_view line, Recorder& recorder);

/// The recorder of a server, and the socket over which it is asked, where there is one.
class Control {
public:
    /// throws   ControlError
    Control(const NodeConfig& node, std::shared_ptr<RecorderCounters> counters, Log& log);

    [[nodiscard]] Recorder& recorder() { return recorder_; }
    void start();
    /// Nobody is answered any more, and every capture is whole.
    void stop();

private:
    Recorder recorder_;
    std::optional<ControlSocket> socket_;
};

} // namespace net
