#include "codec/decode.hpp"

#include "codec/bitmap.hpp"
#include "codec/coding.hpp"
#include "codec/digits.hpp"
#include "codec/encode.hpp"

#include <optional>
#include <string_view>

namespace codec {

namespace {

/// What to do with an element whose length is known and whose characters are wrong.
enum class WrongCharacters : std::uint8_t { stop, leave_out };

constexpr std::size_t no_count = ~std::size_t{0};

/// The number that decimal digits make; above every maximum when one is none.
std::size_t count_of_digits(const std::uint8_t* at, std::size_t digits)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const unsigned digit = at[i] - unsigned{'0'};
        if (digit > 9) return no_count;
        count = count * 10 + digit;
    }
    return count;
}

std::size_t count_of_packed(const std::uint8_t* at, std::size_t bytes)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        const unsigned high = at[i] >> 4U;
        const unsigned low = at[i] & 0xFU;
        if (high > 9 || low > 9) return no_count;
        count = count * 100 + high * 10 + low;
    }
    return count;
}

} // namespace

/// Reads from the front to the back; every length is compared with what is left before it is used. Functions
/// return false when the message is wrong, and say why in error_.
class Decoder {
public:
    Decoder(const Dialect& dialect, std::span<const std::uint8_t> wire, Message& message,
            WrongCharacters wrong)
        : dialect_(dialect), begin_(wire.data()), size_(wire.size()), message_(message), wrong_(wrong)
    {
        message_.clear();
        message_.input_ = {reinterpret_cast<const char*>(wire.data()), wire.size()};
        message_.dialect_ = &dialect;
    }

    /// Fills the message up to the error, if there is one.
    [[nodiscard]] bool run()
    {
        const bool is_good = read_message();
        (void)message_.own_.grow(0, message_.packed_left_, nullptr);
        return is_good;
    }

    [[nodiscard]] const Error& error() const { return error_; }

private:
    [[nodiscard]] std::size_t left() const { return size_ - at_; }
    [[nodiscard]] std::span<const std::uint8_t> left_bytes() const { return {begin_ + at_, left()}; }

    bool fail(Errc code, int de, std::size_t offset)
    {
        error_ = {code, de, offset};
        return false;
    }

    bool read_message()
    {
        if (size_ > message_bytes_limit) return fail(Errc::too_large, 0, message_bytes_limit);
        if (!read_mti()) return false;
        const Result<ReadBitmap> read = read_bitmap(dialect_.bitmap, left_bytes());
        if (!read) return fail(read.error().code, 1, at_ + read.error().offset);
        at_ += read->size;
        int last = 1;
        for (int de = read->bitmap.next_after(0); de != 0; de = read->bitmap.next_after(de)) {
            if (!read_element(de)) return false;
            last = de;
        }
        // Left-over bytes are the symptom of a wrong dialect: they belong to no element.
        return at_ == size_ || fail(Errc::trailing_bytes, last, at_);
    }

    bool read_mti()
    {
        const bool is_packed = dialect_.mti == DigitsForm::bcd;
        const std::size_t size = is_packed ? 2 : 4;
        if (left() < size) return fail(Errc::truncated, 0, at_);
        const unsigned zero = dialect_.mti == DigitsForm::ebcdic ? 0xF0 : '0';
        char digits[4];
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned digit = is_packed ? nibble_at(left_bytes(), i) : begin_[i] - zero;
            digits[i] = digit <= 9 ? static_cast<char>('0' + digit) : '?';
        }
        const std::optional<Mti> mti = Mti::parse({digits, sizeof digits});
        if (!mti || !mti->is_of_known_version()) return fail(Errc::bad_mti, 0, at_);
        message_.set_mti(*mti);
        at_ += size;
        return true;
    }

    bool read_element(int de)
    {
        using Shape = FieldPlan::Shape;
        const FieldPlan& plan = dialect_.plans[static_cast<std::size_t>(de)];
        const std::uint8_t* const at = begin_ + at_;
        switch (plan.shape) {
        case Shape::fixed:
            return take(de, plan, {0, plan.size, plan.max});
        case Shape::ascii_ll:
            return left() >= 2 ? take_counted(de, plan, 2, count_of_digits(at, 2)) : cut(de);
        case Shape::ascii_lll:
            return left() >= 3 ? take_counted(de, plan, 3, count_of_digits(at, 3)) : cut(de);
        case Shape::packed_ll:
            return left() >= 1 ? take_counted(de, plan, 1, count_of_packed(at, 1)) : cut(de);
        case Shape::packed_lll:
            return left() >= 2 ? take_counted(de, plan, 2, count_of_packed(at, 2)) : cut(de);
        case Shape::general:
            return take_by_row(de);
        case Shape::undefined:
            break;
        }
        return fail(Errc::unknown_element, de, at_);
    }

    bool cut(int de) { return fail(Errc::truncated, de, at_); }

    bool take_counted(int de, const FieldPlan& plan, std::size_t prefix, std::size_t count)
    {
        if (count > plan.max) return fail(Errc::bad_length, de, at_);
        const std::size_t size = plan.check == FieldPlan::Check::packed ? (count + 1) / 2 : count;
        return take(de, plan, {prefix, size, count});
    }

    bool take(int de, const FieldPlan& plan, const Extent& extent)
    {
        if (left() - extent.prefix < extent.size) return fail(Errc::truncated, de, at_ + extent.prefix);
        const std::span value(begin_ + at_ + extent.prefix, extent.size);
        const bool is_packed = plan.check == FieldPlan::Check::packed;
        if (is_packed) {
            if (!are_packed_digits(value) || (extent.value_size % 2 == 1 && value[0] > 9))
                return take_wrong(de, extent);
        } else if (plan.check == FieldPlan::Check::digits && !are_digits(value, '0')) {
            return take_wrong(de, extent);
        }
        add(de, extent, is_packed);
        return true;
    }

    /// An element that has a wrong character somewhere.
    bool take_wrong(int de, const Extent& extent)
    {
        const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
        const auto value = left_bytes().subspan(extent.prefix, extent.size);
        if (wrong_ == WrongCharacters::stop) {
            const std::size_t bad = find_bad_byte(spec, value, extent.value_size).value_or(0);
            return fail(Errc::bad_character, de, at_ + extent.prefix + bad);
        }
        at_ += extent.prefix + extent.size;
        return true;
    }

    bool take_by_row(int de)
    {
        const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
        const FieldResult<Extent> extent = measure(spec, left_bytes());
        if (!extent) return fail(extent.error().code, de, at_ + extent.error().offset);
        const auto value = left_bytes().subspan(extent->prefix, extent->size);
        if (find_bad_byte(spec, value, extent->value_size)) return take_wrong(de, *extent);
        Message::Place& place = add(de, *extent, !is_plain(spec.coding));
        if (!place.is_packed && spec.fill != Fill::none) {
            const std::string_view filled = message_.input_.substr(place.value_at, place.value_size);
            const std::string_view bare = without_fill(spec, filled);
            place.value_at += static_cast<std::uint32_t>(bare.data() - filled.data());
            place.value_size = static_cast<std::uint16_t>(bare.size());
        }
        return true;
    }

    Message::Place& add(int de, const Extent& extent, bool is_packed)
    {
        Message::Place& place = message_.places_[static_cast<std::size_t>(de)];
        place = {.value_at = static_cast<std::uint32_t>(at_ + extent.prefix),
                 .wire_at = static_cast<std::uint32_t>(at_),
                 .value_size = static_cast<std::uint16_t>(extent.value_size),
                 .wire_size = static_cast<std::uint16_t>(extent.prefix + extent.size),
                 .is_packed = is_packed};
        message_.elements_.set(de);
        if (is_packed) message_.packed_left_ += place.value_size;
        at_ += extent.prefix + extent.size;
        return place;
    }

    const Dialect& dialect_;
    const std::uint8_t* const begin_;
    const std::size_t size_;
    Message& message_;
    const WrongCharacters wrong_;
    std::size_t at_ = 0;
    Error error_;
};

Result<void> decode(const Dialect& dialect, std::span<const std::uint8_t> wire, Message& message)
{
    Decoder decoder(dialect, wire, message, WrongCharacters::stop);
    if (!decoder.run()) return decoder.error();
    return {};
}

Result<Message> decode(const Dialect& dialect, std::span<const std::uint8_t> wire)
{
    Message message;
    Decoder decoder(dialect, wire, message, WrongCharacters::stop);
    if (!decoder.run()) return decoder.error();
    return message;
}

Message decode_readable_part(const Dialect& dialect, std::span<const std::uint8_t> wire)
{
    Message message;
    // When the lengths do not add up either, what stands behind the first wrong element may be shifted.
    if (!Decoder(dialect, wire, message, WrongCharacters::leave_out).run())
        (void)Decoder(dialect, wire, message, WrongCharacters::stop).run();
    return message;
}

} // namespace codec
