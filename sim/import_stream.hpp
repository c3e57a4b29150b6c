/// The messages in one direction of a captured connection, also where it begins in the middle of one or bytes
/// are missing.
#pragma once

#include "codec/dialect.hpp"
#include "codec/frame_header.hpp"
#include "codec/framing.hpp"
#include "sim/capture.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sim {

/// How messages stand in the streams of a capture.
struct MessageForm {
    std::shared_ptr<const codec::Dialect> dialect;
    codec::Framing framing;
    codec::HeaderKind header = codec::HeaderKind::none;
};

class MessageSink {
public:
    virtual ~MessageSink() = default;
    /// A frame's message from the MTI on; it need not decode. Valid during the call.
    virtual void message(std::span<const std::uint8_t> wire) = 0;
    virtual void unread(const Unread& unread) = 0;
};

/// Frame readers that no stream needs at the moment: only one that ends inside a frame keeps its own.
class FrameReaders {
public:
    explicit FrameReaders(codec::Framing framing) : framing_(framing) {}

    [[nodiscard]] std::unique_ptr<codec::FrameReader> take();
    void give_back(std::unique_ptr<codec::FrameReader> reader);

private:
    codec::Framing framing_;
    std::vector<std::unique_ptr<codec::FrameReader>> idle_;
};

class MessageStream {
public:
    /// The reason that gap() gives.
    static constexpr std::string_view missing = "missing in the capture";

    /// form, readers, sink  live longer
    MessageStream(const MessageForm& form, FrameReaders& readers, MessageSink& sink)
        : form_(form), readers_(readers), sink_(sink)
    {
    }

    /// The first byte that comes is the first byte of a frame. Otherwise the first frame is searched for.
    void opened();
    void bytes(std::span<const std::uint8_t> next);
    /// 0: nobody knows how many.
    void gap(std::uint64_t missing_bytes);
    void ended();

private:
    enum class Mode : std::uint8_t { searching, reading, ignoring };
    enum class Verdict : std::uint8_t { message, none, need_more };
    /// Whether a frame that is not whole can still become so.
    enum class Rest : std::uint8_t { may_come, never_comes };

    void read(std::span<const std::uint8_t> next);
    [[nodiscard]] bool read_frames();
    void frame(std::span<const std::uint8_t> framed);
    void lose_track(std::string why);
    void read_found();
    void break_off(std::string why);
    [[nodiscard]] bool has_found(Rest rest);
    [[nodiscard]] Verdict verdict_at(std::size_t at) const;
    [[nodiscard]] Verdict verdict_of(std::span<const std::uint8_t> framed, Verdict if_cut) const;
    void report_skipped();

    const MessageForm& form_;
    FrameReaders& readers_;
    MessageSink& sink_;
    Mode mode_ = Mode::searching;
    bool is_at_start_ = true;
    bool has_messages_ = false;
    std::unique_ptr<codec::FrameReader> reader_; ///< of a stream that ended inside a frame
    std::vector<std::uint8_t> searched_;         ///< bytes in which no message was found yet
    std::uint64_t skipped_ = 0;                  ///< bytes in front of them that are in none
    std::string why_ = "before the first whole message of a connection that was open already";
};

} // namespace sim
