#include "codec/error.hpp"

#include <boost/throw_exception.hpp>

#include <stdexcept>

namespace codec {

std::string_view text_of(Errc code)
{
    switch (code) {
    case Errc::truncated:
        return "the message ends inside it";
    case Errc::trailing_bytes:
        return "bytes are left behind the last element";
    case Errc::bad_mti:
        return "not four digits of a known version";
    case Errc::bad_bitmap:
        return "not a bitmap";
    case Errc::unknown_element:
        return "not defined in this dialect";
    case Errc::bad_length:
        return "length is not a number or above the maximum";
    case Errc::bad_character:
        return "character not allowed";
    case Errc::wrong_size:
        return "value does not fit";
    case Errc::too_large:
        return "message too large";
    }
    return "unknown error";
}

std::string text_of(const Error& error)
{
    const std::string element = error.de == 0   ? "MTI"
                                : error.de == 1 ? "bitmap"
                                                : "DE" + std::to_string(error.de);
    return element + " at byte " + std::to_string(error.offset) + ": " + std::string(text_of(error.code));
}

void throw_exception_from_error(const Error& error, const boost::source_location& where)
{
    boost::throw_exception(std::runtime_error(text_of(error)), where);
}

} // namespace codec
