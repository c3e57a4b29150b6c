#include "codec/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace codec {

namespace {

/// What may stand behind a first byte: so many bytes, and the first of them between these.
struct Following {
    std::size_t count;
    std::uint8_t from = 0x80;
    std::uint8_t to = 0xBF;
};

/// The table of RFC 3629, section 4. `count` 9: such a first byte does not exist.
constexpr Following following(std::uint8_t first)
{
    if (first < 0x80) return {0};
    if (first < 0xC2 || first > 0xF4) return {9};
    if (first < 0xE0) return {1};
    switch (first) {
    case 0xE0:
        return {2, 0xA0};
    case 0xED:
        return {2, 0x80, 0x9F};
    case 0xF0:
        return {3, 0x90};
    case 0xF4:
        return {3, 0x80, 0x8F};
    default:
        return {first < 0xF0 ? 2U : 3U};
    }
}

} // namespace

bool is_utf8(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto [count, from, to] = following(static_cast<std::uint8_t>(bytes.front()));
        if (bytes.size() <= count) return false;
        for (std::size_t at = 1; at <= count; ++at) {
            const auto byte = static_cast<std::uint8_t>(bytes[at]);
            if (byte < (at == 1 ? from : 0x80) || byte > (at == 1 ? to : 0xBF)) return false;
        }
        bytes.remove_prefix(1 + count);
    }
    return true;
}

} // namespace codec
