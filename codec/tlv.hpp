#pragma once

#include "codec/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace codec {

/// One BER-TLV object (ISO 8825-1; EMV Book 3, annex B): views over the bytes it was read from.
struct Tlv {
    std::string_view tag; ///< 1 to 4 bytes
    std::string_view value;
    std::size_t offset = 0; ///< of the tag's first byte
    std::size_t size = 0;   ///< tag, length and value
};

/// Reads objects from the front to the back without allocating. A zero byte between objects is EMV's padding:
/// an object with tag "\0", no value and size 1. Of the length forms 1 to 4 length bytes are read; the
/// indefinite form is refused.
///     TlvReader reader(bytes);  while (auto tlv = reader.next()) ...;  if (reader.error()) ...
class TlvReader {
public:
    explicit TlvReader(std::string_view bytes) : bytes_(bytes) {}

    /// Nothing at the end, and at an error.
    [[nodiscard]] std::optional<Tlv> next();

    struct Failure {
        Errc code = Errc::truncated;
        std::size_t offset = 0;
        std::string_view tag; ///< empty when the tag itself is wrong
    };
    [[nodiscard]] const std::optional<Failure>& error() const { return error_; }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
    std::optional<Failure> error_;
};

} // namespace codec
