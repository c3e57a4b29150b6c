#pragma once

#include "codec/wiped_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace codec {

/// How a stream is cut into messages. One form today; DOMAIN 5 lists the others.
struct Framing {
    /// W1: two bytes, big-endian, counting the message only.
    std::size_t message_bytes_max = 8192; ///< at most 65,535
};

/// Takes a byte stream in any pieces and gives whole messages. Never allocates by a claimed length.
///     auto space = reader.space();  reader.received(socket.read(space));  while (auto next = reader.next();
///     ...)
class FrameReader {
public:
    enum class Status : std::uint8_t {
        need_more, ///< no whole message is there
        message,   ///< `message` is one; valid until space() is called
        empty,     ///< a frame of length zero: a keep-alive
        bad_length ///< above the limit: the stream cannot be read on
    };
    struct Next {
        Status status = Status::need_more;
        std::span<const std::uint8_t> message;
    };

    explicit FrameReader(Framing framing);

    /// Where to put the next bytes; never empty. Call next() until there is no message before: what has not
    /// been taken is kept and makes the buffer grow.
    [[nodiscard]] std::span<std::uint8_t> space();
    void received(std::size_t bytes);
    [[nodiscard]] Next next();

    /// True when the first byte of a frame has come and its last has not.
    [[nodiscard]] bool is_mid_frame() const;

private:
    void drop_consumed();
    void grow();

    Framing framing_;
    WipedBytes buffer_;
    std::size_t begin_ = 0; ///< first byte not yet given out
    std::size_t end_ = 0;   ///< behind the last byte received
    bool is_broken_ = false;
};

/// Appends header and message. The message must be within the framing's limit.
void append_frame(const Framing& framing, std::span<const std::uint8_t> message,
                  std::vector<std::uint8_t>& out);

} // namespace codec
