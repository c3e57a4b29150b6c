/// Which frames are meant: "mti=0200 && (stan=4711 || pan~400000) && !every=10".
///
///     filter  := and { "||" and }        and  := not { "&&" not }       not := "!" not | "(" filter ")" | term
///     term    := name operator value     operator := = != < > ~         value := a word, or "text in quotes"
///
/// Names, operators and what they mean are in docs/simulator.md.
#pragma once

#include "codec/dialect.hpp"
#include "codec/frame_header.hpp"
#include "sim/proxy.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sim {

/// A text that is no filter, or no rule.
struct FilterError : std::runtime_error {
    /// at       character of the text, from 0
    FilterError(std::size_t at, const std::string& what) : std::runtime_error(what), at_character(at) {}
    std::size_t at_character;
};

/// A frame as a filter sees it.
class SeenFrame {
public:
    /// Looks at `frame` and `dialect` as long as it lives. What does not decode has the elements that could
    /// be read.
    SeenFrame(const PassingFrame& frame, const codec::Dialect& dialect, codec::HeaderKind header);

    [[nodiscard]] const PassingFrame& frame() const { return frame_; }
    [[nodiscard]] const codec::Message& message() const { return message_; }
    [[nodiscard]] bool has_mti() const { return has_mti_; }

private:
    const PassingFrame& frame_;
    codec::Message message_;
    bool has_mti_ = false;
};

/// Terms that count (n, every) and draw (p) remember: of two that are joined by && the second sees only what
/// the first lets through. Not thread-safe.
class FrameFilter {
public:
    /// Reads a filter from the beginning of `text`, up to the first character that cannot belong to it.
    /// end      where the filter ends is put here
    /// throws   FilterError
    [[nodiscard]] static FrameFilter parse_front(std::string_view text, std::size_t& end, std::uint64_t seed);
    /// The whole of `text`.
    [[nodiscard]] static FrameFilter parse(std::string_view text, std::uint64_t seed);

    [[nodiscard]] bool matches(const SeenFrame& seen);

    struct Node; ///< of the expression's tree

private:
    explicit FrameFilter(std::shared_ptr<Node> root) : root_(std::move(root)) {}
    std::shared_ptr<Node> root_;
};

} // namespace sim
