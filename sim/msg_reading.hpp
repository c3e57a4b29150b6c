/// A message taken apart, as far as it can be read: what every message tool looks at.
#pragma once

#include "codec/decode.hpp"
#include "codec/describe.hpp"
#include "codec/dialect.hpp"
#include "codec/structure.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sim {

/// Bytes [offset, offset + size) of the message, counted from its MTI.
struct ByteRange {
    std::size_t offset = 0;
    std::size_t size = 0;
};

struct ReadElement {
    int de = 0;
    const codec::FieldSpec* row = nullptr; ///< of the dialect; never null
    ByteRange range;                       ///< count included
    std::string wire;
    std::string value;
    std::vector<codec::Part> parts;          ///< of a row with a structure
    std::optional<codec::PartError> problem; ///< with its parts
};

struct Reading {
    std::shared_ptr<const codec::Dialect> dialect;
    std::vector<std::uint8_t> bytes;
    std::string mti; ///< empty when it cannot be read
    ByteRange mti_range;
    ByteRange bitmap_range; ///< size 0 when it cannot be read
    std::vector<ReadElement> elements;
    std::optional<codec::Error> error; ///< then the elements are those that could be read all the same
};

[[nodiscard]] Reading read_message(std::shared_ptr<const codec::Dialect> dialect,
                                   std::span<const std::uint8_t> bytes);

/// True when nothing of the value is masked, in no part of it either.
[[nodiscard]] bool is_shown_whole(const ReadElement& element);

/// The value for people; nothing of an element whose parts cannot be read.
[[nodiscard]] std::string shown_value(const ReadElement& element, codec::Show show);

} // namespace sim
