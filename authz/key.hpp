#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

namespace authz {

/// Sixteen bytes that name something; distinct types, so that a token is never taken for a key.
template <class Tag> struct Id128 {
    std::array<std::uint8_t, 16> bytes{};

    friend auto operator<=>(const Id128&, const Id128&) = default;
};

/// What makes two messages the same transaction. The first four bytes are the transmission second
/// (big-endian, seconds since 1970, the year inferred), so that keys sort by time; the other twelve are a
/// digest of the fields in KeyFields.
using Key = Id128<struct KeyTag>;

/// Keyed hash of a card number (HMAC-SHA-256, first 16 bytes). The card number itself never comes here.
using CardToken = Id128<struct CardTokenTag>;

/// Digest of everything in a message that must be equal for a repeat to be a repeat (DOMAIN 3.4, "same
/// content").
using ContentDigest = Id128<struct ContentDigestTag>;

struct Id128Hash {
    template <class Tag> std::size_t operator()(const Id128<Tag>& id) const
    {
        std::size_t tail = 0; // the tail is a digest already; the head of a key is only a time
        std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
        return tail;
    }
};

} // namespace authz
