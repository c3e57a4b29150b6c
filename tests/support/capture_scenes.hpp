/// Captures made by hand: what went over the wire, what tcpdump saw of it, and what there is to read.
#pragma once

#include "tests/support/tcp_capture.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tests {

/// What a test takes from the messages of a scene: framed by be16, in iso87-ascii.
[[nodiscard]] std::string sale_frame(int stan);
[[nodiscard]] std::string answer_frame(int stan);

/// One connection, packet by packet. Offsets count from a direction's first byte.
class Scene {
public:
    explicit Scene(CaptureForm form = {}) : capture_(form) {}

    void open();
    void client(std::uint32_t offset, const std::string& payload, std::string_view flags = "A");
    void server(std::uint32_t offset, const std::string& payload, std::string_view flags = "A");
    /// The server has all that the client sent in front of it.
    void server_has(std::uint32_t offset);
    void client_has(std::uint32_t offset);
    void add(CapturedSegment segment) { capture_.add(segment); }

    [[nodiscard]] const std::string& bytes() const { return capture_.bytes(); }

    std::uint32_t client_start = 1001; ///< sequence number of the first byte
    std::uint32_t server_start = 5001;

private:
    TcpCapture capture_;
};

enum class Judge : std::uint8_t {
    tshark, ///< its reassembly is the same
    none    ///< it decides otherwise, for the reason that the scene's name says
};

struct SceneRow {
    const char* name;
    void (*play)(Scene& scene);
    /// "> 0200 000001": a message; "< 12 missing in the capture": bytes that could not be read.
    std::vector<std::string> expected;
    /// "retransmitted 1": counters that are not 0.
    std::vector<std::string> counted{};
    CaptureForm form{};
    Judge judge = Judge::tshark;
};

[[nodiscard]] std::span<const SceneRow> scene_rows();
[[nodiscard]] std::string pcap_of(const SceneRow& row);

} // namespace tests
