#include "codec/encode.hpp"

#include "codec/bitmap.hpp"
#include "codec/digits.hpp"
#include "codec/ebcdic.hpp"
#include "codec/field.hpp"

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
        const Bytes behind = write_good_elements(at);
        return behind != nullptr ? behind : write_elements(at);
    }

    [[nodiscard]] const Error& error() const { return error_; }

private:
    /// What pack_digits() wants behind the digits, and more than that.
    static constexpr std::size_t room_behind = 8;

    [[nodiscard]] std::size_t left(Bytes at) const { return static_cast<std::size_t>(end_ - at); }

    [[gnu::cold]] Bytes fail(Errc code, int de, Bytes at)
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
        const auto four = load<std::uint32_t>(digits.data());
        if (is_packed)
            store(at, static_cast<std::uint16_t>(joined_nibbles(four)));
        else if (dialect_.mti == DigitsForm::ebcdic)
            store(at, turned_ebcdic_digits(four));
        else
            store(at, four);
        return at + size;
    }

    // --- by rows ---

    Bytes write_elements(Bytes at)
    {
        for (const int de : message_.elements_) {
            at = write_element(de, at);
            if (at == nullptr) return nullptr;
        }
        return at;
    }

    [[gnu::noinline]] Bytes write_element(int de, Bytes at)
    {
        const std::string_view wire = message_.wire(de);
        if (!wire.empty()) {
            if (left(at) < wire.size()) return fail(Errc::too_large, de, at);
            copy_bytes(wire.data(), wire.size(), at);
            return at + wire.size();
        }
        const FieldSpec& spec = dialect_.fields[static_cast<std::size_t>(de)];
        const auto written = write_field(spec, message_.get(de), {at, left(at)});
        if (!written) return fail(written.error().code, de, at);
        return at + *written;
    }

    // --- by plans ---

    /// Values that stand one behind the other in the message's own memory and go one behind the other to the
    /// wire, as fixed elements do that were set in the order of their numbers: written together.
    class Run {
    public:
        /// An odd number of packed digits is padded in front, so only the first value of a run may be odd.
        [[nodiscard]] bool takes(std::string_view value, const FieldPlan& plan) const
        {
            return value.data() == end_ && plan.check == check_ && plan.prefix == 0 &&
                   (!plan.is_packed() || value.size() % 2 == 0);
        }
        void extend(std::string_view value) { end_ += value.size(); }
        void begin(std::string_view value, const FieldPlan& plan, Bytes at)
        {
            begin_ = value.data();
            end_ = begin_ + value.size();
            check_ = plan.check;
            at_ = at;
        }
        /// returns  false when a character is no digit and should be one
        [[nodiscard]] bool write() const { return write({begin_, end_}, check_, at_); }

    private:
        /// Takes values and not the run, whose members then stay in registers.
        [[gnu::noinline]] static bool write(std::string_view values, FieldPlan::Check check, Bytes at)
        {
            if (values.empty()) return true;
            static_assert(WipedArena::slack >= word_slack); // which pack_digits() wants behind the values
            if (check == FieldPlan::Check::packed) return pack_digits(values, at);
            copy_bytes(values.data(), values.size(), at);
            return check == FieldPlan::Check::nothing || are_digits(as_bytes(values), '0');
        }

        const char* begin_ = nullptr;
        const char* end_ = nullptr;
        FieldPlan::Check check_ = FieldPlan::Check::nothing;
        Bytes at_ = nullptr;
    };

    /// returns  behind the message; null at the first doubt, and what was written is of no use
    [[nodiscard]] Bytes write_good_elements(Bytes at)
    {
        Run run;
        const FieldPlan* const plans = dialect_.plans.data();
        const Message::Place* const places = message_.places_.data();
        const char* const own = message_.own_.data();
        for (const int de : message_.elements_) {
            const auto index = static_cast<std::size_t>(de);
            const FieldPlan& plan = plans[index];
            const Message::Place& place = places[index];
            const std::uint32_t count = place.value_size;
            const bool is_short_of_room = left(at) < plan.prefix + count + room_behind;
            if (place.wire_size > 0 || plan.way != FieldPlan::Way::planned || is_short_of_room) {
                if (!run.write()) return nullptr;
                run = {};
                at = write_element(de, at);
                if (at == nullptr) return nullptr;
                continue;
            }
            // A filled value and one that does not fit are matters of its row.
            if (!plan.takes(count)) return nullptr;
            const std::string_view value(own + place.value_at, count);
            if (run.takes(value, plan)) {
                run.extend(value);
            } else {
                if (!run.write()) return nullptr;
                at = write_count(plan, count, at);
                run.begin(value, plan, at);
            }
            at += plan.size_of(count);
        }
        return run.write() ? at : nullptr;
    }

    static Bytes write_count(const FieldPlan& plan, std::uint32_t count, Bytes at)
    {
        for (std::size_t i = plan.prefix; i > 0; --i) {
            const std::uint32_t last = count % 10;
            count /= 10;
            if (!plan.prefix_is_packed) {
                at[i - 1] = static_cast<std::uint8_t>('0' + last);
            } else {
                at[i - 1] = static_cast<std::uint8_t>(count % 10 << 4 | last);
                count /= 10;
            }
        }
        return at + plan.prefix;
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
