/// Cuts a stream into messages and puts messages into frames, by any row of frame_rule.hpp.
#pragma once

#include "codec/frame_rule.hpp"
#include "codec/wiped_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace codec {

/// How one connection's streams are cut.
struct Framing {
    /// The most that may stand in one frame: header and message. The framing's own limit may be lower.
    std::size_t message_bytes_max = 8192;
    const FrameRule* rule = &frame_rules().front(); ///< "be16"; never null

    [[nodiscard]] std::size_t limit() const;
};

/// Takes a byte stream in any pieces and gives whole messages. Never allocates by a claimed length.
///     auto space = reader.space();  reader.received(socket.read(space));
///     for (auto next = reader.next(); next.status != need_more; next = reader.next()) ...
class FrameReader {
public:
    enum class Status : std::uint8_t {
        need_more,  ///< no whole message is there
        message,    ///< `message` is one; valid until space() is called
        empty,      ///< a frame without a message: a keep-alive
        control,    ///< a session-control frame ("be16-zeros"): not ISO 8583, and no request
        bad_length, ///< the length lies. The stream cannot be read on, and next() says so for ever
        bad_frame   ///< what must stand around the message does not. As bad_length
    };
    struct Next {
        Status status = Status::need_more;
        std::span<const std::uint8_t> message;
        std::span<const std::uint8_t> frame; ///< of empty and control, whole: what an echo sends back
        std::string_view why;                ///< of bad_length and bad_frame: for people, without any value
    };

    explicit FrameReader(Framing framing);

    /// Where to put the next bytes; never empty. Call next() until there is no message before: what has not
    /// been taken is kept and makes the buffer grow.
    [[nodiscard]] std::span<std::uint8_t> space();
    void received(std::size_t bytes);
    [[nodiscard]] Next next();

    /// True when the first byte of a frame has come and its last has not.
    [[nodiscard]] bool is_mid_frame() const;
    /// What next() has not given out, also of a stream that cannot be read on. Valid until space() is called.
    [[nodiscard]] std::span<const std::uint8_t> unread() const { return available(); }
    /// Memory that it holds.
    [[nodiscard]] std::size_t buffer_bytes() const { return buffer_.size(); }

private:
    /// What the bytes from begin_ on are.
    struct Cut {
        Status status = Status::need_more;
        std::size_t message_bytes = 0; ///< all fragments together; a claim as long as more is needed
        std::size_t frame_bytes = 0;   ///< the message with everything around
        std::string_view why = {};
        std::size_t searched = 0; ///< of need_more: bytes in which no trailer begins
    };

    [[nodiscard]] std::span<const std::uint8_t> available() const;
    [[nodiscard]] Cut cut() const;
    [[nodiscard]] Cut cut_by_length(std::span<const std::uint8_t> bytes) const;
    [[nodiscard]] Cut cut_by_trailer(std::span<const std::uint8_t> bytes) const;
    [[nodiscard]] Cut cut_fragments(std::span<const std::uint8_t> bytes) const;
    void join_fragments(const Cut& frame);
    void drop_consumed();
    void grow();

    Framing framing_;
    std::size_t limit_; ///< of the framing
    WipedBytes buffer_;
    std::size_t begin_ = 0;    ///< first byte not yet given out
    std::size_t end_ = 0;      ///< behind the last byte received
    std::size_t searched_ = 0; ///< bytes from begin_ on in which no trailer begins
    Cut broken_;               ///< bad_length or bad_frame, once it has been found
};

/// True when append_frame() can: the message is within the limit, and where a byte ends the frame it does not
/// hold that byte.
[[nodiscard]] bool can_carry(const Framing& framing, std::span<const std::uint8_t> message);

/// Appends the message with everything around it; one fragment where there are fragments. can_carry() must
/// hold.
void append_frame(const Framing& framing, std::span<const std::uint8_t> message,
                  std::vector<std::uint8_t>& out);

} // namespace codec
