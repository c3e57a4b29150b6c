#include "codec/decode.hpp"

#include "codec/bitmap.hpp"
#include "codec/coding.hpp"
#include "codec/digits.hpp"
#include "codec/ebcdic.hpp"
#include "codec/field.hpp"

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
///
/// Elements are read in two ways. read_elements() goes by the rows of the dialect and knows what is wrong and
/// where. read_good_elements() goes by their plans, looks at digits in runs over many elements, and knows
/// only that something is wrong: then the first way reads again. Whatever the second way accepts, the first
/// does, too.
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

    [[gnu::cold]] Bytes fail(Errc code, int de, Bytes at)
    {
        error_ = {code, de, offset_of(at)};
        return nullptr;
    }

    bool read_message()
    {
        if (left(begin_) > message_bytes_limit) return fail(Errc::too_large, 0, begin_ + message_bytes_limit);
        const Bytes bitmap_at = read_mti(begin_);
        if (bitmap_at == nullptr) return false;
        const Result<ReadBitmap> read = read_bitmap(dialect_.bitmap, {bitmap_at, left(bitmap_at)});
        if (!read) return fail(read.error().code, 1, bitmap_at + read.error().offset);
        message_.elements_ = read->bitmap;
        const Bytes at = bitmap_at + read->size;
        return read_good_elements(at) || read_elements(at);
    }

    Bytes read_mti(Bytes at)
    {
        const bool is_packed = dialect_.mti == DigitsForm::bcd;
        const std::size_t size = is_packed ? 2 : 4;
        if (left(at) < size) return fail(Errc::truncated, 0, at);
        std::uint32_t digits; // ASCII, or something that parse() refuses
        if (is_packed)
            digits = static_cast<std::uint32_t>(hex_digits_of(split_nibbles(load<std::uint16_t>(at))));
        else if (dialect_.mti == DigitsForm::ebcdic)
            digits = turned_ebcdic_digits(load<std::uint32_t>(at));
        else
            digits = load<std::uint32_t>(at);
        const std::optional<Mti> mti = Mti::parse({reinterpret_cast<const char*>(&digits), sizeof digits});
        if (!mti || !mti->is_of_known_version()) return fail(Errc::bad_mti, 0, at);
        message_.set_mti(*mti);
        return at + size;
    }

    // --- by rows ---

    bool read_elements(Bytes at)
    {
        int last = 1;
        for (const int de : message_.elements_) {
            at = read_element(de, at);
            if (at == nullptr) {
                message_.elements_.clear_from(de);
                return false;
            }
            last = de;
        }
        // Left-over bytes are the symptom of a wrong dialect: they belong to no element.
        return at == end_ || fail(Errc::trailing_bytes, last, at);
    }

    Bytes read_element(int de, Bytes at)
    {
        const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
        if (spec.kind == FieldKind::none) return fail(Errc::unknown_element, de, at);
        const FieldResult<Extent> extent = measure(spec, {at, left(at)});
        if (!extent) return fail(extent.error().code, de, at + extent.error().offset);
        const std::span value(at + extent->prefix, extent->size);
        const auto bad = find_bad_byte(spec, value, extent->value_size);
        if (bad && wrong_ == WrongCharacters::stop) return fail(Errc::bad_character, de, value.data() + *bad);
        if (bad)
            message_.elements_.clear(de);
        else
            add(de, spec, at, *extent);
        return value.data() + value.size();
    }

    void add(int de, const FieldSpec& spec, Bytes at, const Extent& extent)
    {
        Message::Place& place = message_.places_[static_cast<std::size_t>(de)];
        place = place_of(at, extent, !is_plain(spec.coding));
        if (place.is_packed) {
            message_.packed_left_ += place.value_size;
        } else if (spec.fill != Fill::none) {
            const std::string_view filled = message_.input_.substr(place.value_at, place.value_size);
            const std::string_view bare = without_fill(spec, filled);
            place.value_at += static_cast<std::uint32_t>(bare.data() - filled.data());
            place.value_size = static_cast<std::uint16_t>(bare.size());
        }
    }

    [[nodiscard]] Message::Place place_of(Bytes at, const Extent& extent, bool is_packed) const
    {
        return {.value_at = static_cast<std::uint32_t>(offset_of(at) + extent.prefix),
                .wire_at = static_cast<std::uint32_t>(offset_of(at)),
                .value_size = static_cast<std::uint16_t>(extent.value_size),
                .wire_size = static_cast<std::uint16_t>(extent.prefix + extent.size),
                .is_packed = is_packed};
    }

    // --- by plans ---

    /// returns  false at the first doubt; then nothing that it did counts
    bool read_good_elements(Bytes at)
    {
        CheckedRun run(at);
        std::uint32_t packed = 0;
        const FieldPlan* const plans = dialect_.plans.data();
        Message::Place* const places = message_.places_.data();
        for (const int de : message_.elements_) {
            const FieldPlan plan = plans[static_cast<std::size_t>(de)];
            if (plan.way != FieldPlan::Way::planned) [[unlikely]] {
                run.end(at);
                const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
                if (plan.way == FieldPlan::Way::undefined || !is_good_by_row(spec, at)) return give_up();
                at = read_element(de, at);
                run.begin(at, FieldPlan::Check::nothing);
                continue;
            }
            const std::size_t prefix = plan.prefix;
            std::size_t count = plan.max;
            if (prefix != 0) {
                if (left(at) < prefix) return give_up();
                count = plan.prefix_is_packed ? count_of_packed(at, prefix) : count_of_digits(at, prefix);
                if (count > plan.max) return give_up();
            }
            const std::size_t size = prefix + plan.size_of(count);
            if (left(at) < size) return give_up();
            if (plan.check != run.check()) {
                run.end(at);
                run.begin(at + prefix, plan.check);
            }
            if (plan.is_packed()) {
                if (count % 2 == 1 && at[prefix] > 9) return give_up(); // what pads is a zero
                packed += static_cast<std::uint32_t>(count);
            }
            places[static_cast<std::size_t>(de)] =
                place_of(at, {prefix, size - prefix, count}, plan.is_packed());
            at += size;
        }
        run.end(at);
        if (!run.is_good() || at != end_) return give_up();
        message_.packed_left_ += packed;
        return true;
    }

    [[nodiscard]] bool is_good_by_row(const FieldSpec& spec, Bytes at) const
    {
        const FieldResult<Extent> extent = measure(spec, {at, left(at)});
        return extent && !find_bad_byte(spec, {at + extent->prefix, extent->size}, extent->value_size);
    }

    [[gnu::cold]] bool give_up()
    {
        message_.packed_left_ = 0;
        return false;
    }

    /// Bytes of several elements, one behind the other, that the same must hold of.
    class CheckedRun {
    public:
        explicit CheckedRun(Bytes at) : begin_(at) {}

        [[nodiscard]] FieldPlan::Check check() const { return check_; }
        [[nodiscard]] bool is_good() const { return is_good_; }

        void begin(Bytes at, FieldPlan::Check check)
        {
            begin_ = at;
            check_ = check;
        }
        void end(Bytes at)
        {
            const std::span bytes(begin_, at);
            if (check_ == FieldPlan::Check::digits)
                is_good_ &= are_digits(bytes, '0');
            else if (check_ == FieldPlan::Check::packed)
                is_good_ &= are_packed_digits(bytes);
        }

    private:
        Bytes begin_;
        FieldPlan::Check check_ = FieldPlan::Check::nothing;
        bool is_good_ = true;
    };

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
