#include "codec/decode.hpp"

#include "codec/bitmap.hpp"
#include "codec/coding.hpp"
#include "codec/encode.hpp"
#include "codec/packed_digits.hpp"

#include <optional>
#include <string_view>

namespace codec {

namespace {

/// What to do with an element whose length is known and whose characters are wrong.
enum class WrongCharacters : std::uint8_t { stop, leave_out };

} // namespace

/// Reads from the front to the back; every length is compared with what is left before it is used.
class Decoder {
public:
    Decoder(const Dialect& dialect, std::span<const std::uint8_t> wire, Message& message)
        : dialect_(dialect), wire_(wire), message_(message)
    {
        message_.clear();
        message_.input_ = {reinterpret_cast<const char*>(wire.data()), wire.size()};
        message_.dialect_ = &dialect;
    }

    /// Fills the message up to the error, if there is one.
    [[nodiscard]] std::optional<Error> run(WrongCharacters wrong)
    {
        const auto error = read_message(wrong);
        message_.own_.reserve(message_.packed_left_);
        return error;
    }

private:
    [[nodiscard]] std::span<const std::uint8_t> left() const { return wire_.subspan(at_); }

    [[nodiscard]] std::optional<Error> read_message(WrongCharacters wrong)
    {
        if (wire_.size() > message_bytes_limit) return Error{Errc::too_large, 0, message_bytes_limit};
        if (auto error = read_mti()) return error;
        const Result<ReadBitmap> read = read_bitmap(dialect_.bitmap, left());
        if (!read) return Error{read.error().code, 1, at_ + read.error().offset};
        at_ += read->size;
        for (int de = read->bitmap.next_after(0); de != 0; de = read->bitmap.next_after(de))
            if (auto error = read_element(de, wrong)) return error;
        // Left-over bytes are the symptom of a wrong dialect: they belong to no element.
        if (at_ != wire_.size()) return Error{Errc::trailing_bytes, last_de_, at_};
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Error> read_mti()
    {
        const bool is_packed = dialect_.mti == DigitsForm::bcd;
        const std::size_t size = is_packed ? 2 : 4;
        if (left().size() < size) return Error{Errc::truncated, 0, at_};
        char digits[4];
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned digit = is_packed                           ? nibble_at(wire_, i)
                                   : dialect_.mti == DigitsForm::ascii ? wire_[i] - unsigned{'0'}
                                                                       : wire_[i] - 0xF0U;
            if (digit > 9) return Error{Errc::bad_mti, 0, at_};
            digits[i] = static_cast<char>('0' + digit);
        }
        const std::optional<Mti> mti = Mti::parse({digits, sizeof digits});
        if (!mti || !mti->is_of_known_version()) return Error{Errc::bad_mti, 0, at_};
        message_.set_mti(*mti);
        at_ += size;
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Error> read_element(int de, WrongCharacters wrong)
    {
        last_de_ = de;
        const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
        if (spec.kind == FieldKind::none) return Error{Errc::unknown_element, de, at_};
        const FieldResult<Extent> extent = measure(spec, left());
        if (!extent) return Error{extent.error().code, de, at_ + extent.error().offset};
        const std::size_t value_at = at_ + extent->prefix;
        const auto bad = find_bad_byte(spec, wire_.subspan(value_at, extent->size), extent->value_size);
        if (!bad)
            add(de, spec, *extent);
        else if (wrong == WrongCharacters::stop)
            return Error{Errc::bad_character, de, value_at + *bad};
        at_ = value_at + extent->size;
        return std::nullopt;
    }

    void add(int de, const FieldSpec& spec, const Extent& extent)
    {
        Message::Place& place = message_.add(de);
        place.wire_at = static_cast<std::uint32_t>(at_);
        place.wire_size = static_cast<std::uint16_t>(extent.prefix + extent.size);
        place.value_at = static_cast<std::uint32_t>(at_ + extent.prefix);
        place.value_size = static_cast<std::uint16_t>(extent.value_size);
        if (!is_plain(spec.coding)) {
            place.is_packed = true;
            message_.packed_left_ += place.value_size;
        } else if (spec.fill != Fill::none) {
            const std::string_view filled = message_.input_.substr(place.value_at, place.value_size);
            const std::string_view value = without_fill(spec, filled);
            place.value_at += static_cast<std::uint32_t>(value.data() - filled.data());
            place.value_size = static_cast<std::uint16_t>(value.size());
        }
    }

    const Dialect& dialect_;
    std::span<const std::uint8_t> wire_;
    Message& message_;
    std::size_t at_ = 0;
    int last_de_ = 1;
};

Result<void> decode(const Dialect& dialect, std::span<const std::uint8_t> wire, Message& message)
{
    if (const auto error = Decoder(dialect, wire, message).run(WrongCharacters::stop)) return *error;
    return {};
}

Result<Message> decode(const Dialect& dialect, std::span<const std::uint8_t> wire)
{
    Message message;
    if (const auto error = Decoder(dialect, wire, message).run(WrongCharacters::stop)) return *error;
    return message;
}

Message decode_readable_part(const Dialect& dialect, std::span<const std::uint8_t> wire)
{
    Message message;
    const auto error = Decoder(dialect, wire, message).run(WrongCharacters::leave_out);
    // The lengths do not add up either: what stands behind the first wrong element may be shifted.
    if (error) (void)Decoder(dialect, wire, message).run(WrongCharacters::stop);
    return message;
}

} // namespace codec
