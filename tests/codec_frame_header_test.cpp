#include "codec/frame_header.hpp"

#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <string>

using codec::AnswerFacts;
using codec::HeaderBytes;
using codec::HeaderKind;
using golden::bytes_of_hex;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(std::string_view text)
{
    return Bytes(text.begin(), text.end());
}

Bytes bytes_of(const HeaderBytes& header)
{
    return Bytes(header.view().begin(), header.view().end());
}

Bytes operator+(Bytes a, const Bytes& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

const Bytes message = bytes_of("0800 and so on"); // 14 bytes

/// A CUPS header: sizes and stations as text.
Bytes cups(std::string_view total, std::string_view destination, std::string_view source,
           std::string_view reject_code = "00000")
{
    return Bytes{0x2E, 0x01} + bytes_of(total) + bytes_of(destination) + bytes_of(source) +
           bytes_of("003"
                    "7"
                    "12345678"
                    "9") +
           bytes_of(reject_code);
}

struct Good {
    const char* name;
    HeaderKind kind;
    Bytes request; ///< in front of `message`
    Bytes answer;  ///< in front of 100 bytes
};

const Good good[] = {
    {"none", HeaderKind::none, {}, {}},
    {"tpdu", HeaderKind::tpdu, bytes_of_hex("60 1234 5678"), bytes_of_hex("60 5678 1234")},
    // 36 = 22 + 14, 122 = 22 + 100; stations 111111 and 222222 change places, all else stays
    {"visa", HeaderKind::visa, bytes_of_hex("16 01 02 0024 111111 222222 A1 0102 030405 06 070809 0A"),
     bytes_of_hex("16 01 02 007A 222222 111111 A1 0102 030405 06 070809 0A")},
    {"cups", HeaderKind::cups, cups("0060", "00010000   ", "12345678901"),
     cups("0146", "12345678901", "00010000   ")},
    {"base24", HeaderKind::base24, bytes_of("ISO026000040"), bytes_of("ISO026000045")},
    {"atm", HeaderKind::atm, bytes_of("A4M0500012"), bytes_of("A4M0500012")},
};

} // namespace

TEST_CASE("headers: every kind has its name")
{
    CHECK(codec::header_names().size() == std::size(good));
    for (const Good& row : good) CHECK(codec::find_header(row.name) == row.kind);
    CHECK_FALSE(codec::find_header("tpdu "));
}

TEST_CASE("headers: a request's header is read, and its answer's made by its rule")
{
    for (const Good& row : good) {
        CAPTURE(row.name);
        const auto header = codec::read_header(row.kind, row.request + message);
        REQUIRE(header.has_value());
        CHECK(header->size == row.request.size());
        CHECK_FALSE(header->is_returned_message);
        CHECK(bytes_of(codec::make_answer_header(row.kind, row.request, {.message_bytes = 100})) ==
              row.answer);
    }
}

TEST_CASE("headers: whoever reads the answer of an answer finds the request's addresses")
{
    for (const Good& row : good) {
        if (row.kind == HeaderKind::base24) continue; // its responder stays
        CAPTURE(row.name);
        const HeaderBytes answer = codec::make_answer_header(row.kind, row.request, {.message_bytes = 100});
        const AnswerFacts back{.message_bytes = message.size()};
        CHECK(bytes_of(codec::make_answer_header(row.kind, answer.view(), back)) == row.request);
    }
}

TEST_CASE("headers: a base24 answer names the element that is wrong")
{
    const Bytes request = bytes_of("ISO026000040");
    const auto header = codec::make_answer_header(HeaderKind::base24, request, {100, 41});
    CHECK(bytes_of(header) == bytes_of("ISO026004145"));
}

TEST_CASE("headers: our own message that comes back is known by its header")
{
    struct Row {
        const char* name;
        HeaderKind kind;
        Bytes header;
    };
    const Row rows[] = {
        {"visa: 26 bytes, a reject code", HeaderKind::visa,
         bytes_of_hex("1A 01 02 0028 111111 222222 00 0000 000000 00 000000 00 8000 0511")},
        {"visa: 30 bytes", HeaderKind::visa,
         bytes_of_hex("1E 01 02 002C 111111 222222 00 0000 000000 00 000000 00 8000 0511 00000000")},
        {"visa: 26 bytes, nothing in the bitmap", HeaderKind::visa,
         bytes_of_hex("1A 01 02 0028 111111 222222 00 0000 000000 00 000000 00 0000 0000")},
        {"cups: a reject code", HeaderKind::cups, cups("0060", "00010000   ", "12345678901", "00001")},
        {"base24: a status", HeaderKind::base24, bytes_of("ISO026003510")},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto header = codec::read_header(row.kind, row.header + message);
        REQUIRE(header.has_value());
        CHECK(header->is_returned_message);
        CHECK(header->size == row.header.size());
    }
}

TEST_CASE("headers: what is none is told with its place")
{
    struct Row {
        const char* name;
        HeaderKind kind;
        Bytes frame;
        const char* why;
        std::size_t offset;
    };
    const Bytes visa_start = bytes_of_hex("16 01 02");
    const Bytes visa_rest = bytes_of_hex("111111 222222 00 0000 000000 00 000000 00");
    const Row rows[] = {
        {"tpdu: another first byte", HeaderKind::tpdu, bytes_of_hex("02 00 00 00 00") + message,
         "begins with 60", 0},
        {"visa: total one too small", HeaderKind::visa, visa_start + Bytes{0, 35} + visa_rest + message,
         "total length", 3},
        {"visa: total one too great", HeaderKind::visa, visa_start + Bytes{0, 37} + visa_rest + message,
         "total length", 3},
        {"visa: total without the header", HeaderKind::visa, visa_start + Bytes{0, 14} + visa_rest + message,
         "total length", 3},
        {"visa: header of 21 bytes", HeaderKind::visa, Bytes{21, 1, 2, 0, 36} + visa_rest + message,
         "neither 22", 0},
        {"visa: header of 25 bytes", HeaderKind::visa, Bytes{25, 1, 2, 0, 36} + visa_rest + message,
         "neither 22", 0},
        {"visa: header longer than the frame", HeaderKind::visa,
         Bytes{255, 1, 2, 0, 36} + visa_rest + message, "ends inside", 36},
        {"cups: header length", HeaderKind::cups, Bytes{0x2D} + Bytes(59, '0'), "not 46", 0},
        {"cups: total is not digits", HeaderKind::cups, cups(" 060", "00010000   ", "12345678901") + message,
         "total length", 2},
        {"cups: total one too great", HeaderKind::cups, cups("0061", "00010000   ", "12345678901") + message,
         "total length", 2},
        {"base24: not ISO", HeaderKind::base24, bytes_of("iso026000040") + message, "begins with ISO", 0},
        {"base24: status is not digits", HeaderKind::base24, bytes_of("ISO0260 0040") + message, "status", 7},
        {"atm: a control character", HeaderKind::atm, bytes_of("A4M05\n0012") + message, "not an ASCII", 5},
        {"atm: EBCDIC", HeaderKind::atm, Bytes(10, 0xF0) + message, "not an ASCII", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto header = codec::read_header(row.kind, row.frame);
        REQUIRE(header.has_error());
        CHECK(std::string(header.error().why).find(row.why) != std::string::npos);
        CHECK(header.error().offset == row.offset);
    }
}

TEST_CASE("headers: every cut inside a header is told, and none is read past its end")
{
    for (const Good& row : good)
        for (std::size_t size = 0; size < row.request.size(); ++size) {
            CAPTURE(row.name);
            const Bytes cut(row.request.begin(), row.request.begin() + static_cast<std::ptrdiff_t>(size));
            const auto header = codec::read_header(row.kind, cut);
            REQUIRE(header.has_error());
            CHECK(header.error().offset == size);
        }
}

TEST_CASE("headers: our own requests have headers that read well")
{
    for (const Good& row : good) {
        CAPTURE(row.name);
        const Bytes header = bytes_of(codec::make_request_header(row.kind, message.size()));
        const auto read = codec::read_header(row.kind, header + message);
        REQUIRE(read.has_value());
        CHECK(read->size == header.size());
        CHECK(header.size() == row.request.size());
        CHECK_FALSE(read->is_returned_message);
    }
}

TEST_CASE("headers: what a total length can say bounds header and message")
{
    CHECK(codec::headed_bytes_max(HeaderKind::cups) == 9'999);
    CHECK(codec::headed_bytes_max(HeaderKind::none) == 65'535);
    CHECK(bytes_of(codec::make_request_header(HeaderKind::cups, 9'999 - 46))[2] == '9');
    CHECK(bytes_of(codec::make_request_header(HeaderKind::visa, 65'535 - 22))[3] == 0xFF);
}
