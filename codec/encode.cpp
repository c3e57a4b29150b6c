#include "codec/encode.hpp"

#include "codec/bitmap.hpp"
#include "codec/coding.hpp"
#include "codec/digits.hpp"

#include <algorithm>

namespace codec {

/// Writes from the front to the back. Functions return false when the message cannot be written, and say why
/// in error_.
class Encoder {
public:
    Encoder(const Dialect& dialect, const Message& message, std::span<std::uint8_t> out)
        : dialect_(dialect), message_(message), begin_(out.data()),
          size_(std::min(out.size(), message_bytes_limit))
    {
    }

    [[nodiscard]] bool run()
    {
        if (!message_.elements_.is_within(dialect_.defined)) return fail_unknown();
        if (!write_mti()) return false;
        const std::size_t size = write_bitmap(dialect_.bitmap, message_.elements_, left_bytes());
        if (size == 0) return fail(Errc::too_large, 1);
        at_ += size;
        for (int de = message_.next_after(0); de != 0; de = message_.next_after(de))
            if (!write_element(de)) return false;
        return true;
    }

    [[nodiscard]] const Error& error() const { return error_; }
    [[nodiscard]] std::size_t written() const { return at_; }

private:
    /// The longest count of a planned shape.
    static constexpr std::size_t prefix_max = 3;

    [[nodiscard]] std::size_t left() const { return size_ - at_; }
    [[nodiscard]] std::span<std::uint8_t> left_bytes() const { return {begin_ + at_, left()}; }

    bool fail(Errc code, int de)
    {
        error_ = {code, de, at_};
        return false;
    }

    bool fail_unknown()
    {
        int de = message_.next_after(0);
        while (dialect_.defined.has(de)) de = message_.next_after(de);
        return fail(Errc::unknown_element, de);
    }

    bool write_mti()
    {
        const Mti mti = message_.mti();
        const std::string_view digits = mti.text();
        const bool is_packed = dialect_.mti == DigitsForm::bcd;
        const std::size_t size = is_packed ? 2 : 4;
        if (left() < size) return fail(Errc::too_large, 0);
        const int zero = dialect_.mti == DigitsForm::ebcdic ? 0xF0 : '0';
        if (is_packed)
            pack_digits(digits, begin_);
        else
            for (std::size_t i = 0; i < size; ++i)
                begin_[i] = static_cast<std::uint8_t>(digits[i] - '0' + zero);
        at_ += size;
        return true;
    }

    bool write_element(int de)
    {
        const auto index = static_cast<std::size_t>(de);
        Message::Place& place = message_.places_[index];
        if (place.wire_size > 0) {
            if (left() < place.wire_size) return fail(Errc::too_large, de);
            copy_bytes(message_.view(place.wire_is_own, place.wire_at, 0).data(), place.wire_size,
                       begin_ + at_);
            at_ += place.wire_size;
            return true;
        }
        const std::string_view value = message_.view(place.value_is_own, place.value_at, place.value_size);
        return write_planned(dialect_.plans[index], value) || write_by_row(de, value);
    }

    bool write_by_row(int de, std::string_view value)
    {
        const auto written = write_field(dialect_.fields[static_cast<std::size_t>(de)], value, left_bytes());
        if (!written) return fail(written.error().code, de);
        at_ += *written;
        return true;
    }

    /// Writes a value of a usual shape that is as it should be.
    /// returns  false, and nothing is written, when it is not: write_by_row() knows what to do or what is
    /// wrong
    bool write_planned(const FieldPlan& plan, std::string_view value)
    {
        using Shape = FieldPlan::Shape;
        const std::size_t count = value.size();
        if (count > plan.max || left() < count + prefix_max) return false;
        if (plan.check != FieldPlan::Check::nothing && !are_digits(as_bytes(value), '0')) return false;
        std::uint8_t* out = begin_ + at_;
        switch (plan.shape) {
        case Shape::fixed:
            if (count != plan.max) return false;
            break;
        case Shape::ascii_lll:
            *out++ = static_cast<std::uint8_t>('0' + count / 100);
            [[fallthrough]];
        case Shape::ascii_ll:
            *out++ = static_cast<std::uint8_t>('0' + count / 10 % 10);
            *out++ = static_cast<std::uint8_t>('0' + count % 10);
            break;
        case Shape::packed_lll:
            *out++ = static_cast<std::uint8_t>(count / 100);
            [[fallthrough]];
        case Shape::packed_ll:
            *out++ = static_cast<std::uint8_t>(count / 10 % 10 << 4 | count % 10);
            break;
        case Shape::general:
        case Shape::undefined:
            return false;
        }
        at_ = static_cast<std::size_t>(write_value(plan, value, out) - begin_);
        return true;
    }

    /// returns  behind what was written
    static std::uint8_t* write_value(const FieldPlan& plan, std::string_view value, std::uint8_t* out)
    {
        if (plan.check != FieldPlan::Check::packed) {
            copy_bytes(value.data(), value.size(), out);
            return out + value.size();
        }
        if (value.size() % 2 == 1) { // a zero nibble in front
            *out++ = static_cast<std::uint8_t>(value[0] - '0');
            value.remove_prefix(1);
        }
        pack_digits(value, out);
        return out + value.size() / 2;
    }

    const Dialect& dialect_;
    const Message& message_;
    std::uint8_t* const begin_;
    const std::size_t size_;
    std::size_t at_ = 0;
    Error error_;
};

Result<std::size_t> encode(const Dialect& dialect, const Message& message, std::span<std::uint8_t> out)
{
    Encoder encoder(dialect, message, out);
    if (!encoder.run()) return encoder.error();
    return encoder.written();
}

Result<void> encode(const Dialect& dialect, const Message& message, std::vector<std::uint8_t>& out)
{
    const std::size_t before = out.size();
    // Few messages are longer than this; a longer one takes a second attempt.
    for (const std::size_t room : {std::size_t{1024}, message_bytes_limit}) {
        out.resize(before + room);
        const auto written = encode(dialect, message, std::span(out).subspan(before));
        out.resize(before + (written ? *written : 0));
        if (written) return {};
        if (written.error().code != Errc::too_large || room == message_bytes_limit) return written.error();
    }
    return {};
}

} // namespace codec
