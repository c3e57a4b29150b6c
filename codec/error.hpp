#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace codec {

enum class Errc : std::uint8_t {
    truncated,      ///< the message ends inside this element
    trailing_bytes, ///< bytes are left after the last element: the symptom of a wrong dialect
    bad_mti,
    bad_bitmap,
    unknown_element, ///< its bit is set and the dialect has no row for it
    bad_length,      ///< the length prefix is not a number, or above the element's maximum
    bad_character,   ///< outside the element's character class
    wrong_size,      ///< encoding only: the value does not fit the element
    too_large,       ///< encoding only: the message passes the limit
};

/// Where a message is wrong, never what stood there: values may be card data.
struct Error {
    Errc code = Errc::truncated;
    int de = 0;             ///< 0 = MTI, 1 = bitmap
    std::size_t offset = 0; ///< in bytes, from the start of the MTI

    friend bool operator==(const Error&, const Error&) = default;
};

/// What is wrong, without a place: "character not allowed".
[[nodiscard]] std::string_view text_of(Errc code);

/// One line for people: "DE4 at byte 36: character not allowed".
[[nodiscard]] std::string text_of(const Error& error);

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T> using Result = boost::system::result<T, Error>;

} // namespace codec
