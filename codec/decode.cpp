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

/// Reads from the front to the back; every length is compared with what is left before it is used. What reads
/// takes the place where it begins and returns the place behind it; null, with the reason in error_, when the
/// message is wrong.
class Decoder {
public:
    using Bytes = const std::uint8_t*;

    Decoder(const Dialect& dialect, std::span<const std::uint8_t> wire, Message& message,
            WrongCharacters wrong)
        : dialect_(dialect), begin_(wire.data()), end_(wire.data() + wire.size()), message_(message),
          wrong_(wrong)
    {
        message_.clear();
        message_.input_ = {reinterpret_cast<const char*>(wire.data()), wire.size()};
        message_.dialect_ = &dialect;
    }

    /// Fills the message up to the error, if there is one.
    [[nodiscard]] bool run()
    {
        const bool is_good = read_message();
        (void)message_.own_.append(nullptr, 0, message_.packed_left_);
        return is_good;
    }

    [[nodiscard]] const Error& error() const { return error_; }

private:
    [[nodiscard]] std::size_t left(Bytes at) const { return static_cast<std::size_t>(end_ - at); }
    [[nodiscard]] std::size_t offset_of(Bytes at) const { return static_cast<std::size_t>(at - begin_); }

    [[gnu::cold, gnu::noinline]] Bytes fail(Errc code, int de, Bytes at)
    {
        error_ = {code, de, offset_of(at)};
        return nullptr;
    }

    bool read_message()
    {
        if (left(begin_) > message_bytes_limit) return fail(Errc::too_large, 0, begin_ + message_bytes_limit);
        Bytes at = read_mti(begin_);
        if (at == nullptr) return false;
        const Result<ReadBitmap> read = read_bitmap(dialect_.bitmap, {at, left(at)});
        if (!read) return fail(read.error().code, 1, at + read.error().offset);
        at += read->size;
        message_.elements_ = read->bitmap;
        int last = 1;
        for (const int de : read->bitmap) {
            at = read_element(de, dialect_.plans[static_cast<std::size_t>(de)], at);
            if (at == nullptr) {
                message_.elements_.clear_from(de);
                return false;
            }
            last = de;
        }
        // Left-over bytes are the symptom of a wrong dialect: they belong to no element.
        return at == end_ || fail(Errc::trailing_bytes, last, at);
    }

    Bytes read_mti(Bytes at)
    {
        const bool is_packed = dialect_.mti == DigitsForm::bcd;
        const std::size_t size = is_packed ? 2 : 4;
        if (left(at) < size) return fail(Errc::truncated, 0, at);
        const unsigned zero = dialect_.mti == DigitsForm::ebcdic ? 0xF0 : '0';
        char digits[4];
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned digit = is_packed ? nibble_at({at, size}, i) : at[i] - zero;
            digits[i] = digit <= 9 ? static_cast<char>('0' + digit) : '?';
        }
        const std::optional<Mti> mti = Mti::parse({digits, sizeof digits});
        if (!mti || !mti->is_of_known_version()) return fail(Errc::bad_mti, 0, at);
        message_.set_mti(*mti);
        return at + size;
    }

    [[gnu::always_inline]] inline Bytes read_element(int de, FieldPlan plan, Bytes at)
    {
        if (plan.way != FieldPlan::Way::planned) [[unlikely]]
            return plan.way == FieldPlan::Way::by_row ? read_by_row(de, at)
                                                      : fail(Errc::unknown_element, de, at);
        const std::size_t prefix = plan.prefix;
        std::size_t count = plan.max;
        if (prefix > 0) {
            if (left(at) < prefix) return fail(Errc::truncated, de, at);
            count = plan.prefix_is_packed ? count_of_packed(at, prefix) : count_of_digits(at, prefix);
        }
        if (count > plan.max) return fail(Errc::bad_length, de, at);

        const bool is_packed = plan.check == FieldPlan::Check::packed;
        const Extent extent{prefix, is_packed ? (count + 1) / 2 : count, count};
        const std::span value(at + prefix, extent.size);
        if (left(value.data()) < extent.size) return fail(Errc::truncated, de, value.data());
        const bool has_slack = left(value.data()) >= word_slack;
        if (is_packed) {
            const bool is_good = has_slack ? are_packed_digits_before_slack(value) : are_packed_digits(value);
            if (!is_good || (count % 2 == 1 && value[0] > 9)) return pass_wrong(de, at, extent);
        } else if (plan.check == FieldPlan::Check::digits) {
            const bool is_good = has_slack ? are_digits_before_slack(value) : are_digits(value, '0');
            if (!is_good) return pass_wrong(de, at, extent);
        }
        (void)add(de, at, extent, is_packed);
        return value.data() + extent.size;
    }

    [[gnu::noinline]] Bytes read_by_row(int de, Bytes at)
    {
        const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
        const FieldResult<Extent> extent = measure(spec, {at, left(at)});
        if (!extent) return fail(extent.error().code, de, at + extent.error().offset);
        const std::span value(at + extent->prefix, extent->size);
        if (find_bad_byte(spec, value, extent->value_size)) return pass_wrong(de, at, *extent);
        Message::Place& place = add(de, at, *extent, !is_plain(spec.coding));
        if (!place.is_packed && spec.fill != Fill::none) {
            const std::string_view filled = message_.input_.substr(place.value_at, place.value_size);
            const std::string_view bare = without_fill(spec, filled);
            place.value_at += static_cast<std::uint32_t>(bare.data() - filled.data());
            place.value_size = static_cast<std::uint16_t>(bare.size());
        }
        return value.data() + value.size();
    }

    /// An element that has a wrong character somewhere: the end, or not in the message.
    [[gnu::cold, gnu::noinline]] Bytes pass_wrong(int de, Bytes at, const Extent& extent)
    {
        const std::span value(at + extent.prefix, extent.size);
        if (wrong_ == WrongCharacters::stop) {
            const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
            const std::size_t bad = find_bad_byte(spec, value, extent.value_size).value_or(0);
            return fail(Errc::bad_character, de, value.data() + bad);
        }
        message_.elements_.clear(de);
        return value.data() + value.size();
    }

    Message::Place& add(int de, Bytes at, const Extent& extent, bool is_packed)
    {
        Message::Place& place = message_.places_[static_cast<std::size_t>(de)];
        place = {.value_at = static_cast<std::uint32_t>(offset_of(at) + extent.prefix),
                 .wire_at = static_cast<std::uint32_t>(offset_of(at)),
                 .value_size = static_cast<std::uint16_t>(extent.value_size),
                 .wire_size = static_cast<std::uint16_t>(extent.prefix + extent.size),
                 .is_packed = is_packed};
        if (is_packed) message_.packed_left_ += place.value_size;
        return place;
    }

    const Dialect& dialect_;
    const Bytes begin_;
    const Bytes end_;
    Message& message_;
    const WrongCharacters wrong_;
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
