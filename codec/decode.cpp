#include "codec/decode.hpp"

#include "codec/bitmap.hpp"
#include "codec/coding.hpp"

#include <optional>
#include <string_view>

namespace codec {

namespace {

/// What to do with an element whose length is known and whose characters are wrong.
enum class WrongCharacters : std::uint8_t { stop, leave_out };

/// Reads from the front to the back; every length is compared with what is left before it is used.
class Decoder {
public:
    Decoder(const Dialect& dialect, std::span<const std::uint8_t> wire, WrongCharacters wrong)
        : dialect_(dialect), wire_(wire), wrong_(wrong)
    {
    }

    /// Fills message() up to the error, if there is one.
    [[nodiscard]] std::optional<Error> run()
    {
        if (auto error = read_mti()) return error;
        const Result<ReadBitmap> read = read_bitmap(dialect_.bitmap, wire_.subspan(at_));
        if (!read) return Error{read.error().code, 1, at_ + read.error().offset};
        at_ += read->size;
        // Packed values are kept beside their wire bytes, up to two characters a byte.
        message_.reserve(dialect_.mti == DigitsForm::bcd ? 3 * wire_.size() : wire_.size());
        for (int de = read->bitmap.next_after(0); de != 0; de = read->bitmap.next_after(de))
            if (auto error = read_element(de)) return error;
        // Left-over bytes are the symptom of a wrong dialect: they belong to no element.
        if (at_ != wire_.size()) return Error{Errc::trailing_bytes, last_de_, at_};
        return std::nullopt;
    }

    [[nodiscard]] Message&& take_message() { return std::move(message_); }

private:
    [[nodiscard]] std::size_t left() const { return wire_.size() - at_; }

    [[nodiscard]] std::optional<Error> read_mti()
    {
        const bool is_packed = dialect_.mti == DigitsForm::bcd;
        const std::size_t size = is_packed ? 2 : 4;
        if (left() < size) return Error{Errc::truncated, 0, at_};
        char digits[4];
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned nibble = i % 2 == 0 ? wire_[i / 2] >> 4 : wire_[i / 2] & 0xFU;
            digits[i] = static_cast<char>(is_packed ? '0' + nibble : wire_[i]);
        }
        const std::optional<Mti> mti = Mti::parse({digits, sizeof digits}); // refuses '0' + 10 and above
        if (!mti || !mti->is_of_known_version()) return Error{Errc::bad_mti, 0, at_};
        message_.set_mti(*mti);
        at_ += size;
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Error> read_element(int de)
    {
        last_de_ = de;
        const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
        if (spec.kind == FieldKind::none) return Error{Errc::unknown_element, de, at_};

        const std::size_t prefix = prefix_size(spec);
        if (left() < prefix) return Error{Errc::truncated, de, at_};
        std::size_t value_size = spec.max;
        if (spec.length != LengthForm::fixed) {
            const auto count = read_prefix(spec, wire_.subspan(at_, prefix));
            const auto size = count ? value_size_of_count(spec, *count) : std::nullopt;
            if (!size || *size > spec.max) return Error{Errc::bad_length, de, at_};
            value_size = *size;
        }

        const std::size_t size = wire_size_of_value(spec, value_size);
        if (left() - prefix < size) return Error{Errc::truncated, de, at_ + prefix};
        const auto bad = add(de, spec, {prefix, size, value_size});
        if (bad && wrong_ == WrongCharacters::stop)
            return Error{Errc::bad_character, de, at_ + prefix + *bad};
        at_ += prefix + size;
        return std::nullopt;
    }

    struct Layout {
        std::size_t prefix = 0;     ///< bytes on the wire
        std::size_t size = 0;       ///< bytes on the wire, behind the prefix
        std::size_t value_size = 0; ///< characters
    };

    /// Adds the element that starts at at_.
    /// returns  the position of a wrong character in the value's wire bytes; then nothing is added
    [[nodiscard]] std::optional<std::size_t> add(int de, const FieldSpec& spec, Layout layout)
    {
        const std::string_view wire(reinterpret_cast<const char*>(wire_.data()) + at_,
                                    layout.prefix + layout.size);
        if (is_plain(spec.coding)) {
            const std::string_view value = wire.substr(layout.prefix);
            const auto bad = find_bad_character(spec.kind, value);
            if (!bad) message_.set_decoded(de, value, wire);
            return bad;
        }
        const std::span<char> value = message_.add_decoded(de, wire, layout.value_size);
        const auto bad = unpack_value(spec, wire_.subspan(at_ + layout.prefix, layout.size), value);
        if (bad) message_.wipe(de);
        return bad;
    }

    const Dialect& dialect_;
    std::span<const std::uint8_t> wire_;
    WrongCharacters wrong_;
    std::size_t at_ = 0;
    int last_de_ = 1;
    Message message_;
};

} // namespace

Result<Message> decode(const Dialect& dialect, std::span<const std::uint8_t> wire)
{
    Decoder decoder(dialect, wire, WrongCharacters::stop);
    if (const auto error = decoder.run()) return *error;
    return decoder.take_message();
}

Message decode_readable_part(const Dialect& dialect, std::span<const std::uint8_t> wire)
{
    Decoder lenient(dialect, wire, WrongCharacters::leave_out);
    if (!lenient.run()) return lenient.take_message();
    // The lengths do not add up either: what stands behind the first wrong element may be shifted.
    Decoder strict(dialect, wire, WrongCharacters::stop);
    (void)strict.run();
    return strict.take_message();
}

} // namespace codec
