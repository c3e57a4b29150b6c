#include "codec/frame_header.hpp"

#include <algorithm>
#include <cassert>

namespace codec {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::string_view names[] = {"none", "tpdu", "visa", "cups", "base24", "atm"};

/// Bytes [begin, begin + size) of a header.
struct Part {
    std::size_t begin = 0;
    std::size_t size = 0;
};

namespace tpdu {
constexpr std::size_t size = 5;
constexpr std::uint8_t id = 0x60;
constexpr Part destination{1, 2};
constexpr Part source{3, 2};
} // namespace tpdu

namespace visa {
constexpr std::size_t size = 22;
constexpr std::size_t size_with_reject = 26; ///< at least
constexpr Part total_length{3, 2};           ///< binary; header and message
constexpr Part destination{5, 3};
constexpr Part source{8, 3};
} // namespace visa

namespace cups {
constexpr std::size_t size = 46;
constexpr Part total_length{2, 4}; ///< ASCII digits; header and message
constexpr Part destination{6, 11};
constexpr Part source{17, 11};
constexpr Part reject_code{41, 5}; ///< zeros: not rejected
} // namespace cups

namespace base24 {
constexpr std::size_t size = 12;
constexpr std::string_view start = "ISO";
constexpr Part status{7, 3}; ///< ASCII digits: 000, or the number of a wrong element
constexpr std::size_t responder = 11;
constexpr std::uint8_t we = '5'; ///< the host that answers
} // namespace base24

constexpr std::size_t atm_size = 10;

Bytes cut(Bytes header, Part part)
{
    return header.subspan(part.begin, part.size);
}

bool is_digit(std::uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

bool is_printable(std::uint8_t byte)
{
    return byte >= 0x20 && byte <= 0x7E;
}

bool are_zeros(Bytes digits)
{
    return std::all_of(digits.begin(), digits.end(), [](std::uint8_t byte) { return byte == '0'; });
}

std::size_t binary_number(Bytes bytes)
{
    std::size_t number = 0;
    for (const std::uint8_t byte : bytes) number = number << 8 | byte;
    return number;
}

/// Of ASCII digits.
std::size_t decimal_number(Bytes digits)
{
    std::size_t number = 0;
    for (const std::uint8_t digit : digits) number = number * 10 + (digit - std::size_t{'0'});
    return number;
}

void put_binary(HeaderBytes& header, Part part, std::size_t number)
{
    for (std::size_t i = part.size; i > 0; --i, number >>= 8)
        header.view()[part.begin + i - 1] = static_cast<std::uint8_t>(number & 0xFF);
    assert(number == 0);
}

void put_decimal(HeaderBytes& header, Part part, std::size_t number)
{
    for (std::size_t i = part.size; i > 0; --i, number /= 10)
        header.view()[part.begin + i - 1] = static_cast<std::uint8_t>('0' + number % 10);
    assert(number == 0);
}

/// Who asked becomes who is answered.
void swap_parts(HeaderBytes& header, Part a, Part b)
{
    const auto bytes = header.view();
    std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(a.begin),
                     bytes.begin() + static_cast<std::ptrdiff_t>(a.begin + a.size),
                     bytes.begin() + static_cast<std::ptrdiff_t>(b.begin));
}

HeaderResult<FrameHeader> read_tpdu(Bytes frame)
{
    if (frame[0] != tpdu::id) return HeaderError{"a TPDU begins with 60", 0};
    return FrameHeader{tpdu::size, false};
}

/// Longer than usual: behind the usual parts stand a bitmap and a reject code. Such a message is never a
/// request, whatever the bitmap says.
HeaderResult<FrameHeader> read_visa(Bytes frame)
{
    const std::size_t size = frame[0];
    if (size != visa::size && size < visa::size_with_reject)
        return HeaderError{"the header's length is neither 22 nor at least 26", 0};
    if (size > frame.size()) return HeaderError{"the message ends inside its header", frame.size()};
    if (binary_number(cut(frame, visa::total_length)) != frame.size())
        return HeaderError{"the total length is not that of the frame", visa::total_length.begin};
    return FrameHeader{size, size >= visa::size_with_reject};
}

HeaderResult<FrameHeader> read_cups(Bytes frame)
{
    if (frame[0] != cups::size) return HeaderError{"the header's length is not 46", 0};
    const Bytes total = cut(frame, cups::total_length);
    if (!std::all_of(total.begin(), total.end(), is_digit) || decimal_number(total) != frame.size())
        return HeaderError{"the total length is not that of the frame", cups::total_length.begin};
    return FrameHeader{cups::size, !are_zeros(cut(frame, cups::reject_code))};
}

HeaderResult<FrameHeader> read_base24(Bytes frame)
{
    if (!std::equal(base24::start.begin(), base24::start.end(), frame.begin()))
        return HeaderError{"the header begins with ISO", 0};
    const Bytes status = cut(frame, base24::status);
    if (!std::all_of(status.begin(), status.end(), is_digit))
        return HeaderError{"the status is not a number", base24::status.begin};
    return FrameHeader{base24::size, !are_zeros(cut(frame, base24::status))};
}

HeaderResult<FrameHeader> read_atm(Bytes frame)
{
    const Bytes header = frame.first(atm_size);
    const auto bad = std::find_if_not(header.begin(), header.end(), is_printable);
    if (bad != header.end())
        return HeaderError{"not an ASCII character", static_cast<std::size_t>(bad - header.begin())};
    return FrameHeader{atm_size, false};
}

/// The smallest header of a kind.
std::size_t size_of(HeaderKind kind)
{
    constexpr std::size_t sizes[] = {0, tpdu::size, visa::size, cups::size, base24::size, atm_size};
    return sizes[static_cast<std::size_t>(kind)];
}

void put_total_length(HeaderKind kind, HeaderBytes& header, std::size_t message_bytes)
{
    if (kind == HeaderKind::visa) put_binary(header, visa::total_length, visa::size + message_bytes);
    if (kind == HeaderKind::cups) put_decimal(header, cups::total_length, cups::size + message_bytes);
}

/// `start`, and `fill` up to the header's size.
HeaderBytes filled(HeaderKind kind, std::string_view start, std::uint8_t fill)
{
    std::array<std::uint8_t, HeaderBytes::size_max> bytes{};
    bytes.fill(fill);
    std::copy(start.begin(), start.end(), bytes.begin());
    return HeaderBytes(Bytes(bytes).first(size_of(kind)));
}

/// Without a total length.
HeaderBytes request_template(HeaderKind kind)
{
    switch (kind) {
    case HeaderKind::none:
        break;
    case HeaderKind::tpdu:
        return filled(kind, "\x60", 0);
    case HeaderKind::visa:
        return filled(kind, "\x16\x01\x02", 0); // its size, format 1, text format 2: ISO
    case HeaderKind::cups:
        return filled(kind, "\x2E\x01", '0'); // its size, version 1
    case HeaderKind::base24:
        return filled(kind, "ISO026000010",
                      '0'); // product 02, release 60, status 000, originator 1, responder 0
    case HeaderKind::atm:
        return filled(kind, "", '0');
    }
    return {};
}

} // namespace

std::span<const std::string_view> header_names()
{
    return names;
}

std::optional<HeaderKind> find_header(std::string_view name)
{
    const auto* found = std::find(std::begin(names), std::end(names), name);
    if (found == std::end(names)) return std::nullopt;
    return static_cast<HeaderKind>(found - std::begin(names));
}

std::size_t headed_bytes_max(HeaderKind kind)
{
    return kind == HeaderKind::cups ? 9'999 : 65'535;
}

HeaderBytes::HeaderBytes(std::span<const std::uint8_t> bytes) : size_(static_cast<std::uint8_t>(bytes.size()))
{
    assert(bytes.size() <= size_max);
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

HeaderResult<FrameHeader> read_header(HeaderKind kind, std::span<const std::uint8_t> frame)
{
    if (frame.size() < size_of(kind)) return HeaderError{"the message ends inside its header", frame.size()};
    switch (kind) {
    case HeaderKind::none:
        break;
    case HeaderKind::tpdu:
        return read_tpdu(frame);
    case HeaderKind::visa:
        return read_visa(frame);
    case HeaderKind::cups:
        return read_cups(frame);
    case HeaderKind::base24:
        return read_base24(frame);
    case HeaderKind::atm:
        return read_atm(frame);
    }
    return FrameHeader{};
}

HeaderBytes make_answer_header(HeaderKind kind, std::span<const std::uint8_t> request, AnswerFacts facts)
{
    assert(request.size() == size_of(kind));
    HeaderBytes header(request);
    put_total_length(kind, header, facts.message_bytes);
    if (kind == HeaderKind::tpdu) swap_parts(header, tpdu::destination, tpdu::source);
    if (kind == HeaderKind::visa) swap_parts(header, visa::destination, visa::source);
    if (kind == HeaderKind::cups) swap_parts(header, cups::destination, cups::source);
    if (kind == HeaderKind::base24) {
        header.view()[base24::responder] = base24::we;
        put_decimal(header, base24::status, static_cast<std::size_t>(facts.wrong_element));
    }
    return header;
}

HeaderBytes make_request_header(HeaderKind kind, std::size_t message_bytes)
{
    HeaderBytes header(request_template(kind));
    put_total_length(kind, header, message_bytes);
    return header;
}

} // namespace codec
