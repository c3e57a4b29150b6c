#pragma once

#include "codec/bitmap.hpp"
#include "codec/mti.hpp"
#include "codec/wiped_bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace codec {

struct Dialect;

inline constexpr int de_max = 192;
/// No framing can carry more, so no value and no element is longer.
inline constexpr std::size_t message_bytes_limit = 65'535;

/// A message: MTI and data elements 2..192, apart from any encoding.
/// An element's value is text: digits of a packed number, raw bytes of a binary element, characters
/// otherwise, without padding of the wire where the dialect says that padding is not part of the value. A
/// decoded element also knows the bytes it had on the wire, so that an echo is byte for byte.
///
/// What decode() gives is a view: values stand in the bytes that were decoded, and are unpacked when they are
/// asked for. These bytes and the dialect must live as long as the message, or until own(). A copy always
/// owns its bytes. Reading a view unpacks into the message itself: one thread at a time.
class Message {
public:
    Message() = default;
    explicit Message(Mti mti) : mti_(mti) {}
    Message(const Message& other);
    Message& operator=(const Message& other);
    Message(Message&& other) noexcept;
    Message& operator=(Message&& other) noexcept;
    ~Message() = default;

    [[nodiscard]] Mti mti() const { return mti_; }
    void set_mti(Mti mti) { mti_ = mti; }

    [[nodiscard]] bool has(int de) const { return de >= 2 && de <= de_max && elements_.has(de); }
    /// The value; empty when the element is absent (or present and empty: ask has()). Valid until the message
    /// changes or moves.
    [[nodiscard]] std::string_view get(int de) const
    {
        if (!has(de)) return {};
        const Place& place = places_[static_cast<std::size_t>(de)];
        if (place.is_packed) unpack(de);
        return view(place.value_is_own, place.value_at, place.value_size);
    }
    void set(int de, std::string_view value);
    void erase(int de);
    /// Copies an element with its wire bytes; nothing happens when `from` lacks it. Both must be of one
    /// dialect.
    void echo(int de, const Message& from);
    /// The lowest present element above `de`; 0 when there is none. `for (int de = m.next_after(0); de; ...)`
    [[nodiscard]] int next_after(int de) const { return elements_.next_after(de); }
    [[nodiscard]] const Bitmap& bitmap() const { return elements_; }
    /// Numbers of the present elements, ascending.
    [[nodiscard]] std::vector<int> elements() const;

    /// The element's bytes on the wire with their length prefix; empty when it was set by hand.
    [[nodiscard]] std::string_view wire(int de) const;
    /// An element whose bytes go to the wire as they are, prefix included, right or wrong. Its value is
    /// empty.
    void set_wire(int de, std::string_view wire);

    /// Takes a copy of what it looked at.
    void own();
    /// Overwrites what was unpacked and forgets everything; keeps its memory for the next message.
    void clear();

    /// Same MTI and same values; wire bytes do not count.
    friend bool operator==(const Message& a, const Message& b);

private:
    friend class Decoder;
    friend class Encoder;

    /// Where an element is. Offsets count in own_ or in input_.
    struct Place {
        std::uint32_t value_at = 0; ///< of a packed value: where it stands on the wire
        std::uint32_t wire_at = 0;
        std::uint16_t value_size = 0; ///< characters
        std::uint16_t wire_size = 0;  ///< 0: set by hand
        bool value_is_own = false;
        bool wire_is_own = false;
        bool is_packed = false; ///< nobody has asked for the value yet: it is still to be unpacked
    };

    [[nodiscard]] Place& add(int de);
    [[nodiscard]] std::string_view view(bool is_own, std::uint32_t at, std::size_t size) const
    {
        return {(is_own ? own_.data() : input_.data()) + at, size};
    }
    void unpack(int de) const;
    void set_again(int de, std::string_view value);
    void set_new(int de, std::string_view value);
    void forget_packed(Place& place);
    [[nodiscard]] std::uint32_t append(std::string_view bytes);
    void copy_from(const Message& other);

    Mti mti_;
    Bitmap elements_;
    std::string_view input_;                ///< what was decoded
    const Dialect* dialect_ = nullptr;      ///< of input_
    mutable std::uint32_t packed_left_ = 0; ///< characters that the packed values will take
    /// Values that were set or unpacked. Always has room for packed_left_ more, so that get() moves nothing.
    mutable WipedArena own_;
    mutable std::array<Place, de_max + 1> places_; ///< of present elements; the others are not initialized
};

} // namespace codec
