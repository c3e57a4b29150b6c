/// What some networks put between frame and MTI: addresses, a status, a length once more. Layouts by byte are
/// in docs/wire_format.md.
#pragma once

#include <boost/system/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace codec {

enum class HeaderKind : std::uint8_t { none, tpdu, visa, cups, base24, atm };

/// "none", "tpdu", "visa", "cups", "base24", "atm": in the order of HeaderKind.
[[nodiscard]] std::span<const std::string_view> header_names();
[[nodiscard]] std::optional<HeaderKind> find_header(std::string_view name);

/// The most that header and message together may have: what the header's own length can say.
[[nodiscard]] std::size_t headed_bytes_max(HeaderKind kind);

/// A header's bytes: a value, without memory of its own.
class HeaderBytes {
public:
    static constexpr std::size_t size_max = 46;

    HeaderBytes() = default;
    /// bytes   at most size_max
    explicit HeaderBytes(std::span<const std::uint8_t> bytes);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::span<const std::uint8_t> view() const { return std::span(bytes_).first(size_); }
    [[nodiscard]] std::span<std::uint8_t> view() { return std::span(bytes_).first(size_); }

private:
    std::array<std::uint8_t, size_max> bytes_{};
    std::uint8_t size_ = 0;
};

struct FrameHeader {
    std::size_t size = 0; ///< the MTI follows
    /// Our own message comes back: refused by the network. It must never be taken for a request.
    bool is_returned_message = false;
};

/// Offset in bytes from the header's first one.
struct HeaderError {
    std::string_view why; ///< for people, without any value
    std::size_t offset = 0;
};
template <class T> using HeaderResult = boost::system::result<T, HeaderError>;

/// frame    header and message, all of it: a total length inside the header must be its size
[[nodiscard]] HeaderResult<FrameHeader> read_header(HeaderKind kind, std::span<const std::uint8_t> frame);

struct AnswerFacts {
    std::size_t message_bytes = 0; ///< of the answer, from its MTI on
    int wrong_element = 0;         ///< that the answer complains about; 0 when it does not
};

/// The header of an answer, from the one that read_header() found in front of the request and that is no
/// returned message. Header and message together are within headed_bytes_max().
[[nodiscard]] HeaderBytes make_answer_header(HeaderKind kind, std::span<const std::uint8_t> request,
                                             AnswerFacts facts);

/// The header of a message that asks: addresses zero, status good.
[[nodiscard]] HeaderBytes make_request_header(HeaderKind kind, std::size_t message_bytes);

} // namespace codec
