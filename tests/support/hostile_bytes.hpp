#pragma once

#include "tests/support/wire.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

/// What hostile clients send, for the tests and for the measurement of what it costs the honest ones.
namespace hostile {

using wire::Bytes;

inline std::string stan_of(std::size_t number)
{
    const std::string digits = std::to_string(number % 1'000'000);
    return std::string(6 - digits.size(), '0') + digits;
}

/// So small a sale that no account runs dry.
inline codec::Message small_sale(std::size_t number)
{
    return wire::with(wire::sale(stan_of(number)), {{4, "000000000001"}});
}

inline void append(Bytes& all, const Bytes& more)
{
    all.insert(all.end(), more.begin(), more.end());
}

/// Random bytes that begin with a length far above every limit.
inline Bytes garbage(std::minstd_rand& random)
{
    Bytes bytes(4'096);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 8);
    bytes[0] |= 0x80;
    return bytes;
}

inline Bytes text(const std::string& words)
{
    return {words.begin(), words.end()};
}

/// A frame that claims to be so long, filled as far as a frame may be.
inline Bytes claim(std::size_t length)
{
    Bytes bytes{static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length & 0xFF)};
    bytes.resize(2 + std::min<std::size_t>(length, 8'192), 'x');
    return bytes;
}

inline Bytes empty_frames(std::size_t count)
{
    return Bytes(2 * count, 0);
}

/// Requests of different keys.
inline Bytes sales(std::size_t first, std::size_t count)
{
    Bytes all;
    for (std::size_t i = 0; i < count; ++i) append(all, wire::frame(small_sale(first + i)));
    return all;
}

/// Requests of one key.
inline Bytes copies(std::size_t count)
{
    Bytes all;
    for (std::size_t i = 0; i < count; ++i) append(all, wire::frame(wire::as(wire::sale("777777"), "0201")));
    return all;
}

inline Bytes echoes(std::size_t count)
{
    Bytes all;
    for (std::size_t i = 0; i < count; ++i) append(all, wire::frame(wire::management("301")));
    return all;
}

/// Sign-on and sign-off; each of them is answered.
inline Bytes sessions(std::size_t count)
{
    Bytes all;
    for (std::size_t i = 0; i < count; ++i) {
        append(all, wire::frame(wire::management("001")));
        append(all, wire::frame(wire::management("002")));
    }
    return all;
}

/// Messages that no profile serves.
inline Bytes unknown_types(std::size_t count)
{
    const char* const types[] = {"0302", "0500", "0600", "0620", "0700", "0340", "0360", "0644"};
    Bytes all;
    for (std::size_t i = 0; i < count; ++i)
        append(all, wire::frame(wire::as(wire::sale(), types[i % std::size(types)])));
    return all;
}

} // namespace hostile
