#include "codec/encode.hpp"

#include "codec/bitmap.hpp"
#include "codec/coding.hpp"
#include "codec/packed_digits.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace codec {

namespace {

int zero_of(DigitsForm form)
{
    return form == DigitsForm::ebcdic ? 0xF0 : '0';
}

class Encoder {
public:
    Encoder(const Dialect& dialect, const Message& message, std::span<std::uint8_t> out)
        : dialect_(dialect), message_(message), out_(out.first(std::min(out.size(), message_bytes_limit)))
    {
    }

    [[nodiscard]] std::optional<Error> run()
    {
        Bitmap bitmap;
        for (int de = message_.next_after(0); de != 0; de = message_.next_after(de)) {
            if (dialect_.fields[static_cast<std::size_t>(de)].kind == FieldKind::none)
                return Error{Errc::unknown_element, de, 0};
            bitmap.set(de);
        }
        if (auto error = write_mti()) return error;
        const std::size_t size = write_bitmap(dialect_.bitmap, bitmap, left());
        if (size == 0) return Error{Errc::too_large, 1, at_};
        at_ += size;
        for (int de = message_.next_after(0); de != 0; de = message_.next_after(de))
            if (auto error = write_element(de)) return error;
        return std::nullopt;
    }

    [[nodiscard]] std::size_t written() const { return at_; }

private:
    [[nodiscard]] std::span<std::uint8_t> left() const { return out_.subspan(at_); }

    [[nodiscard]] std::optional<Error> write_mti()
    {
        const Mti mti = message_.mti();
        const std::string_view digits = mti.text();
        const bool is_packed = dialect_.mti == DigitsForm::bcd;
        const std::size_t size = is_packed ? 2 : 4;
        if (left().size() < size) return Error{Errc::too_large, 0, at_};
        if (is_packed)
            pack_nibbles(digits, Pad::left_0, out_.data());
        else
            for (std::size_t i = 0; i < size; ++i)
                out_[i] = static_cast<std::uint8_t>(digits[i] - '0' + zero_of(dialect_.mti));
        at_ += size;
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Error> write_element(int de)
    {
        const std::string_view wire = message_.wire(de);
        if (!wire.empty()) {
            if (left().size() < wire.size()) return Error{Errc::too_large, de, at_};
            std::memcpy(left().data(), wire.data(), wire.size());
            at_ += wire.size();
            return std::nullopt;
        }
        const auto written =
            write_field(dialect_.fields[static_cast<std::size_t>(de)], message_.get(de), left());
        if (!written) return Error{written.error().code, de, at_};
        at_ += *written;
        return std::nullopt;
    }

    const Dialect& dialect_;
    const Message& message_;
    std::span<std::uint8_t> out_;
    std::size_t at_ = 0;
};

} // namespace

Result<std::size_t> encode(const Dialect& dialect, const Message& message, std::span<std::uint8_t> out)
{
    Encoder encoder(dialect, message, out);
    if (const auto error = encoder.run()) return *error;
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
