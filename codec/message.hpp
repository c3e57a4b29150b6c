#pragma once

#include "codec/mti.hpp"
#include "codec/wiped_bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace codec {

inline constexpr int de_max = 128;

/// A message: MTI and data elements 2..128, apart from any encoding. A value.
/// An element's value is text: digits of a packed number, raw bytes of a binary element, characters
/// otherwise, without padding of the wire where the dialect says that padding is not part of the value. A
/// decoded element also remembers the bytes it had on the wire, so that an echo is byte for byte.
class Message {
public:
    Message() = default;
    explicit Message(Mti mti) : mti_(mti) {}

    [[nodiscard]] Mti mti() const { return mti_; }
    void set_mti(Mti mti) { mti_ = mti; }

    [[nodiscard]] bool has(int de) const;
    /// The value; empty when the element is absent (or present and empty: ask has()). Valid until the message
    /// changes.
    [[nodiscard]] std::string_view get(int de) const;
    void set(int de, std::string_view value);
    void erase(int de);
    /// Copies an element with its wire bytes; nothing happens when `from` lacks it. Both must be of one
    /// dialect.
    void echo(int de, const Message& from);
    /// Numbers of the present elements, ascending.
    [[nodiscard]] std::vector<int> elements() const;

    /// For the codec: the element's bytes on the wire with their length prefix; empty when it was set by
    /// hand.
    [[nodiscard]] std::string_view wire(int de) const;
    void set_decoded(int de, std::string_view value, std::string_view wire);
    /// As set_decoded, for a value that is packed on the wire: gives the place to unpack it to, valid until
    /// the message changes.
    [[nodiscard]] std::span<char> add_decoded(int de, std::string_view wire, std::size_t value_size);
    /// Makes room for values and wire bytes of this many bytes together.
    void reserve(std::size_t bytes);

    /// Overwrites the element's memory before it is erased: track data, PIN blocks.
    void wipe(int de);

    /// Same MTI and same values; wire bytes do not count.
    friend bool operator==(const Message& a, const Message& b);

private:
    using Memory = std::vector<char, WipingAllocator<char>>;

    struct Element {
        std::uint32_t value_offset = 0;
        std::uint32_t value_size = 0;
        std::uint32_t wire_offset = 0;
        std::uint32_t wire_size = 0;
        bool present = false;
    };

    /// Old memory is handed back so that the caller may still read from it.
    [[nodiscard]] Memory make_room(std::size_t bytes);
    [[nodiscard]] std::uint32_t append(std::string_view bytes);
    [[nodiscard]] Element& element_at(int de);
    [[nodiscard]] std::string_view view(std::uint32_t offset, std::uint32_t size) const;

    Mti mti_;
    Memory bytes_; ///< all values and wire bytes, one behind the other
    std::array<Element, de_max + 1> elements_{};
};

} // namespace codec
