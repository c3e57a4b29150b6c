#include "codec/tlv.hpp"

namespace codec {

namespace {

constexpr unsigned tag_goes_on_first = 0x1F; ///< low bits of the first byte: more tag bytes follow
constexpr unsigned tag_goes_on_later = 0x80; ///< of the bytes behind it
constexpr std::size_t tag_bytes_max = 4;
constexpr unsigned long_form = 0x80; ///< of a length: the other bits count the bytes that follow
constexpr std::size_t length_bytes_max = 4;

unsigned byte_at(std::string_view bytes, std::size_t at)
{
    return static_cast<unsigned char>(bytes[at]);
}

} // namespace

std::optional<Tlv> TlvReader::next()
{
    if (error_ || at_ == bytes_.size()) return std::nullopt;
    const std::size_t begin = at_;
    std::string_view tag;
    const auto fail = [&](Errc code, std::size_t offset) {
        error_ = Failure{code, offset, tag};
        return std::nullopt;
    };
    if (byte_at(bytes_, begin) == 0) {
        ++at_;
        return Tlv{bytes_.substr(begin, 1), {}, begin, 1};
    }

    std::size_t at = begin;
    bool tag_goes_on = (byte_at(bytes_, at++) & tag_goes_on_first) == tag_goes_on_first;
    while (tag_goes_on) {
        if (at == bytes_.size()) return fail(Errc::truncated, at);
        if (at - begin == tag_bytes_max) return fail(Errc::bad_character, at);
        tag_goes_on = (byte_at(bytes_, at++) & tag_goes_on_later) != 0;
    }
    tag = bytes_.substr(begin, at - begin);

    if (at == bytes_.size()) return fail(Errc::truncated, at);
    const std::size_t length_at = at;
    std::size_t length = byte_at(bytes_, at++);
    if (length >= long_form) {
        const std::size_t count = length - long_form;
        if (count == 0 || count > length_bytes_max) return fail(Errc::bad_length, length_at);
        if (bytes_.size() - at < count) return fail(Errc::truncated, at);
        length = 0;
        for (const std::size_t end = at + count; at < end; ++at) length = length << 8 | byte_at(bytes_, at);
    }
    if (bytes_.size() - at < length) return fail(Errc::truncated, at);
    at_ = at + length;
    return Tlv{tag, bytes_.substr(at, length), begin, at_ - begin};
}

} // namespace codec
