#include "codec/encode.hpp"

#include "codec/bitmap.hpp"
#include "codec/coding.hpp"
#include "codec/digits.hpp"

#include <algorithm>

namespace codec {

/// Writes from the front to the back. What writes takes the place where it begins and returns the place
/// behind it; null, with the reason in error_, when the message cannot be written.
class Encoder {
public:
    using Bytes = std::uint8_t*;

    Encoder(const Dialect& dialect, const Message& message, std::span<std::uint8_t> out)
        : dialect_(dialect), message_(message), begin_(out.data()),
          end_(out.data() + std::min(out.size(), message_bytes_limit))
    {
    }

    /// returns  behind the message
    [[nodiscard]] Bytes run()
    {
        if (!message_.elements_.is_within(dialect_.defined)) return fail_unknown();
        Bytes at = write_mti(begin_);
        if (at == nullptr) return nullptr;
        const std::size_t size = write_bitmap(dialect_.bitmap, message_.elements_, {at, left(at)});
        if (size == 0) return fail(Errc::too_large, 1, at);
        at += size;
        for (const int de : message_.elements_) {
            at = write_element(de, at);
            if (at == nullptr) return nullptr;
        }
        return at;
    }

    [[nodiscard]] const Error& error() const { return error_; }

private:
    /// The longest count of a planned shape.
    static constexpr std::size_t prefix_max = 3;

    [[nodiscard]] std::size_t left(Bytes at) const { return static_cast<std::size_t>(end_ - at); }

    [[gnu::cold, gnu::noinline]] Bytes fail(Errc code, int de, Bytes at)
    {
        error_ = {code, de, static_cast<std::size_t>(at - begin_)};
        return nullptr;
    }

    Bytes fail_unknown()
    {
        int de = message_.next_after(0);
        while (dialect_.defined.has(de)) de = message_.next_after(de);
        return fail(Errc::unknown_element, de, begin_);
    }

    Bytes write_mti(Bytes at)
    {
        const Mti mti = message_.mti();
        const std::string_view digits = mti.text();
        const bool is_packed = dialect_.mti == DigitsForm::bcd;
        const std::size_t size = is_packed ? 2 : 4;
        if (left(at) < size) return fail(Errc::too_large, 0, at);
        const int zero = dialect_.mti == DigitsForm::ebcdic ? 0xF0 : '0';
        if (is_packed)
            pack_digits(digits, at);
        else
            for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<std::uint8_t>(digits[i] - '0' + zero);
        return at + size;
    }

    [[gnu::always_inline]] inline Bytes write_element(int de, Bytes at)
    {
        const auto index = static_cast<std::size_t>(de);
        const Message::Place& place = message_.places_[index];
        if (place.wire_size > 0) {
            if (left(at) < place.wire_size) return fail(Errc::too_large, de, at);
            copy_bytes(message_.view(place.wire_is_own, place.wire_at, 0).data(), place.wire_size, at);
            return at + place.wire_size;
        }
        const std::string_view value = message_.view(place.value_is_own, place.value_at, place.value_size);
        const Bytes behind = write_planned(dialect_.plans[index], value, at);
        return behind != nullptr ? behind : write_by_row(de, value, at);
    }

    [[gnu::noinline]] Bytes write_by_row(int de, std::string_view value, Bytes at)
    {
        const auto written =
            write_field(dialect_.fields[static_cast<std::size_t>(de)], value, {at, left(at)});
        if (!written) return fail(written.error().code, de, at);
        return at + *written;
    }

    /// Writes a value of a usual shape that is as it should be.
    /// returns  null, and nothing is written, when it is not: write_by_row() knows what to do or what is
    /// wrong
    [[nodiscard]] Bytes write_planned(const FieldPlan plan, std::string_view value, Bytes at) const
    {
        const std::size_t count = value.size();
        if (plan.way != FieldPlan::Way::planned || count > plan.max || left(at) < count + prefix_max)
            return nullptr;
        // The value stands in the message's own memory, which has slack behind it.
        if (plan.check != FieldPlan::Check::nothing && !are_digits_before_slack(as_bytes(value)))
            return nullptr;
        if (plan.prefix == 0 && count != plan.max) return nullptr;
        std::size_t rest = count;
        for (std::size_t i = plan.prefix; i > 0; --i) {
            if (plan.prefix_is_packed) {
                at[i - 1] = static_cast<std::uint8_t>(rest / 10 % 10 << 4 | rest % 10);
                rest /= 100;
            } else {
                at[i - 1] = static_cast<std::uint8_t>('0' + rest % 10);
                rest /= 10;
            }
        }
        at += plan.prefix;
        if (plan.check != FieldPlan::Check::packed) {
            copy_bytes(value.data(), count, at);
            return at + count;
        }
        if (count % 2 == 1) { // a zero nibble in front
            *at++ = static_cast<std::uint8_t>(value[0] - '0');
            value.remove_prefix(1);
        }
        pack_digits(value, at);
        return at + value.size() / 2;
    }

    const Dialect& dialect_;
    const Message& message_;
    const Bytes begin_;
    const Bytes end_;
    Error error_;
};

Result<std::size_t> encode(const Dialect& dialect, const Message& message, std::span<std::uint8_t> out)
{
    Encoder encoder(dialect, message, out);
    const std::uint8_t* const behind = encoder.run();
    if (behind == nullptr) return encoder.error();
    return static_cast<std::size_t>(behind - out.data());
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
