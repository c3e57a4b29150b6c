#include "codec/decode.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codec;

namespace {

const auto ascii = find_built_in_dialect("iso87-ascii");
const auto bcd = find_built_in_dialect("iso87-bcd");

std::vector<std::uint8_t> bytes_of(std::string_view text)
{
    return {text.begin(), text.end()};
}

Result<Message> decode_text(std::string_view text)
{
    return golden::decoded(*ascii, bytes_of(text));
}
Result<Message> decode_hex(std::string_view hex)
{
    return golden::decoded(*bcd, golden::bytes_of_hex(hex));
}

Message readable_part(const Dialect& dialect, const std::vector<std::uint8_t>& wire)
{
    Message part = decode_readable_part(dialect, wire);
    part.own();
    return part;
}

/// The sale of DOMAIN 2.10.
const std::string sale =
    "02007238048108C08000169999990000000014000000000000001000080103150000012312150008010710005123450"
    "21300000123T0000001SHOP00000000001392";

} // namespace

TEST_CASE("decode: golden messages give their expected values")
{
    for (const std::string dialect_name : {"iso87-ascii", "iso87-bcd", "moov-sample"}) {
        const auto dialect = golden::golden_dialect(dialect_name);
        for (const auto& message : golden::golden_messages(dialect_name)) {
            CAPTURE(dialect_name);
            CAPTURE(message.id);
            const auto decoded = decode(*dialect, message.bytes);
            if (message.error) {
                REQUIRE(decoded.has_error());
                CHECK(decoded.error().code == message.error->code);
                CHECK(decoded.error().de == message.error->de);
                continue;
            }
            REQUIRE_MESSAGE(decoded.has_value(), text_of(decoded.error()));
            CHECK(decoded->mti().text() == message.mti);
            std::vector<std::pair<int, std::string>> elements;
            for (const int de : decoded->elements()) elements.emplace_back(de, decoded->get(de));
            CHECK(elements == message.elements);
        }
    }
}

TEST_CASE("decode: elements keep their bytes on the wire, length prefix included")
{
    const auto text = decode_text(sale);
    REQUIRE(text.has_value());
    CHECK(text->wire(2) == "169999990000000014");
    CHECK(text->wire(32) == "0512345");
    CHECK(text->wire(49) == "392");
    const auto good = decode_hex("0200 4000000100000000 03 0123 05 012345");
    REQUIRE(good.has_value());
    CHECK(good->get(2) == "123");
    CHECK(good->wire(2) == std::string("\x03\x01\x23", 3));
    CHECK(good->get(32) == "12345");
}

TEST_CASE("decode: a counted element may be present and empty")
{
    const auto message = decode_text("04007000000100010000"
                                     "00"
                                     "123456"
                                     "000000000100"
                                     "00"
                                     "000");
    REQUIRE_MESSAGE(message.has_value(), text_of(message.error()));
    for (const int de : {2, 32, 48}) {
        CAPTURE(de);
        CHECK(message->has(de));
        CHECK(message->get(de).empty());
    }
    CHECK(message->wire(48) == "000");
    const auto packed = decode_hex("0400 4000000100010000 00 00 0000");
    REQUIRE(packed.has_value());
    CHECK(packed->has(48));
    CHECK(packed->wire(48) == std::string("\0\0", 2));
}

TEST_CASE("decode: a message may have no element at all")
{
    CHECK(decode_text("08000000000000000000").has_value());
    CHECK(decode_hex("0800 0000000000000000").has_value());
    CHECK(decode_text("080080000000000000000000000000000000").has_value());
}

TEST_CASE("decode: every element that is wrong is an error at its place")
{
    struct Row {
        std::string what;
        std::string text;
        Error error;
    };
    const std::string mti = "0200";
    const Row rows[] = {
        {"empty", "", {Errc::truncated, 0, 0}},
        {"half an MTI", "020", {Errc::truncated, 0, 0}},
        {"MTI of letters", "02X0" + sale.substr(4), {Errc::bad_mti, 0, 0}},
        {"no bitmap", mti, {Errc::truncated, 1, 4}},
        {"cut bitmap", mti + "7238", {Errc::truncated, 1, 4}},
        {"bitmap is no hex", mti + "7238048108C0800G", {Errc::bad_bitmap, 1, 19}},
        {"secondary announced, absent", mti + "C000000000000000", {Errc::truncated, 1, 20}},
        {"bit 65", mti + "80000000000000008000000000000000", {Errc::unknown_element, 65, 36}},
        {"no length", mti + "4000000000000000" + "1", {Errc::truncated, 2, 20}},
        {"length is no number", mti + "4000000000000000" + "1X12345", {Errc::bad_length, 2, 20}},
        {"length negative", mti + "4000000000000000" + "-112345", {Errc::bad_length, 2, 20}},
        {"length above the maximum",
         mti + "4000000000000000" + "2040000000000000000000",
         {Errc::bad_length, 2, 20}},
        {"length above what is left", mti + "4000000000000000" + "19400000", {Errc::truncated, 2, 22}},
        {"fixed cut", mti + "2000000000000000" + "12345", {Errc::truncated, 3, 20}},
        {"letter in a number", mti + "2000000000000000" + "12345A", {Errc::bad_character, 3, 25}},
        {"space in a counted number", mti + "4000000000000000" + "03 12", {Errc::bad_character, 2, 22}},
        {"amount without a sign", mti + "0000001000000000" + "000000050", {Errc::bad_character, 28, 20}},
        {"amount with a wrong sign", mti + "0000001000000000" + "X00000050", {Errc::bad_character, 28, 20}},
        {"amount with a letter", mti + "0000001000000000" + "C0000005A", {Errc::bad_character, 28, 28}},
        {"track with a letter", mti + "0000000020000000" + "064000=A", {Errc::bad_character, 35, 27}},
        {"hex MAC with a letter",
         mti + "0000000000000001" + "00112233445566ZZ",
         {Errc::bad_character, 64, 34}},
        {"one byte left", sale + "0", {Errc::trailing_bytes, 49, sale.size()}},
        {"bytes left, no element", mti + "0000000000000000" + "xx", {Errc::trailing_bytes, 1, 20}},
        {"text of another protocol", "GET / HTTP/1.1\r\n\r\n", {Errc::bad_mti, 0, 0}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto decoded = decode_text(row.text);
        REQUIRE(decoded.has_error());
        CAPTURE(text_of(decoded.error()));
        CHECK(decoded.error() == row.error);
    }
}

TEST_CASE("decode: packed messages that are wrong")
{
    struct Row {
        std::string what;
        const char* hex;
        Error error;
    };
    const Row rows[] = {
        {"half an MTI", "02", {Errc::truncated, 0, 0}},
        {"MTI with a letter nibble", "0A00 0000000000000000", {Errc::bad_mti, 0, 0}},
        {"text whose letters are four digits when packed", "47455420 2F204854", {Errc::bad_mti, 0, 0}},
        {"MTI in ASCII", "30323030 0000000000000000", {Errc::truncated, 1, 10}},
        {"count with a letter nibble", "0200 4000000000000000 0A", {Errc::bad_length, 2, 10}},
        {"count above the maximum",
         "0200 4000000000000000 20 40000000000000000000",
         {Errc::bad_length, 2, 10}},
        {"count above what is left", "0200 0000000000010000 0999 4142", {Errc::truncated, 48, 12}},
        {"half a count", "0200 0000000000010000 09", {Errc::truncated, 48, 10}},
        {"letter nibble in a number", "0200 2000000000000000 12345A", {Errc::bad_character, 3, 12}},
        {"pad is not zero", "0200 0000040000000000 1051", {Errc::bad_character, 22, 10}},
        {"packed sign", "0200 0000001000000000 C000000050", {Errc::bad_character, 28, 10}},
        {"cut binary", "0200 0000000000000001 00112233445566", {Errc::truncated, 64, 10}},
        {"byte left", "0200 2000000000000000 123456 00", {Errc::trailing_bytes, 3, 13}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        const auto decoded = decode_hex(row.hex);
        REQUIRE(decoded.has_error());
        CAPTURE(text_of(decoded.error()));
        // An ASCII MTI read as packed has a bitmap of its own: only the error's existence is sure then.
        if (std::string_view(row.what) == "MTI in ASCII") continue;
        CHECK(decoded.error() == row.error);
    }
}

TEST_CASE("decode: text is any bytes")
{
    std::string text = "0200"
                       "0000000000200000";
    std::string name;
    for (int i = 0; i < 40; ++i) name += static_cast<char>(0x80 + 3 * i);
    const auto decoded = decode_text(text + name);
    REQUIRE(decoded.has_value());
    CHECK(decoded->get(43) == name);
}

TEST_CASE("decode: an element without a row is an error, also behind readable ones")
{
    const auto dialect =
        parse_dialect("name = \"x\"\ninherits = \"iso87-ascii\"\n[elements]\n4 = false\n", "x.toml");
    const auto decoded = golden::decoded(*dialect, bytes_of("0200"
                                                            "3000000000000000"
                                                            "123456"
                                                            "000000000100"));
    REQUIRE(decoded.has_error());
    CHECK(decoded.error() == Error{Errc::unknown_element, 4, 26});
}

TEST_CASE("decode: the readable part of a message with wrong characters lacks only these")
{
    std::string wrong = sale;
    wrong[wrong.find("000000001000")] = 'x';          // DE4
    wrong.replace(wrong.find("T0000001"), 1, "\xFF"); // text may be anything
    const Message part = readable_part(*ascii, bytes_of(wrong));
    CHECK(part.mti().text() == "0200");
    CHECK_FALSE(part.has(4));
    for (const int de : {2, 3, 7, 11, 12, 13, 37, 41, 42, 49}) {
        CAPTURE(de);
        CHECK(part.has(de));
    }
    CHECK(part.get(11) == "000123");
    CHECK(part.wire(11) == "000123");
}

TEST_CASE("decode: the readable part of a packed message lacks what could not be unpacked")
{
    const Message part =
        readable_part(*bcd, golden::bytes_of_hex("0200 3020000000000000 000000 00000000A000 000123"));
    CHECK(part.elements() == std::vector<int>{3, 11});
    CHECK(part.get(11) == "000123");
}

TEST_CASE("decode: behind an element of unknown length nothing is read")
{
    std::string wrong = sale;
    SUBCASE("bad length")
    {
        wrong.replace(wrong.find("0512345"), 2, "99"); // DE32
        const Message part = readable_part(*ascii, bytes_of(wrong));
        CHECK(part.elements() == std::vector<int>{2, 3, 4, 7, 11, 12, 13, 22, 25});
    }
    SUBCASE("cut")
    {
        wrong.resize(wrong.find("0512345"));
        const Message part = readable_part(*ascii, bytes_of(wrong));
        CHECK(part.get(11) == "000123");
        CHECK_FALSE(part.has(32));
    }
    SUBCASE("a missing digit shifts all that follows")
    {
        wrong.replace(wrong.find("000000001000"), 12, "x0000001000"); // DE4 one short
        const Message part = readable_part(*ascii, bytes_of(wrong));
        CHECK(part.elements() == std::vector<int>{2, 3});
    }
    SUBCASE("bytes left behind a wrong element")
    {
        wrong[wrong.find("000000001000")] = 'x';
        const Message part = readable_part(*ascii, bytes_of(wrong + "??"));
        CHECK(part.elements() == std::vector<int>{2, 3});
    }
}

TEST_CASE("decode: without an MTI the readable part is empty")
{
    for (const std::string text : {"", "02", "GET / HTTP/1.1"}) {
        const Message part = readable_part(*ascii, bytes_of(text));
        CHECK(part.mti().text() == "0000");
        CHECK(part.elements().empty());
    }
    CHECK(readable_part(*ascii, bytes_of("0200zz")).mti().text() == "0200");
}

TEST_CASE("decode: every prefix of a golden message is an error")
{
    for (const std::string dialect_name : {"iso87-ascii", "iso87-bcd", "moov-sample"}) {
        const auto dialect = golden::golden_dialect(dialect_name);
        for (const auto& message : golden::golden_messages(dialect_name)) {
            for (std::size_t size = 0; size < message.bytes.size(); ++size) {
                // A copy of its own size lets the address sanitizer see a read behind the end.
                const std::vector<std::uint8_t> prefix(
                    message.bytes.begin(), message.bytes.begin() + static_cast<std::ptrdiff_t>(size));
                CAPTURE(message.id);
                CAPTURE(size);
                const auto decoded = decode(*dialect, prefix);
                CHECK(decoded.has_error());
                CHECK(decoded.error().offset <= size);
                (void)decode_readable_part(*dialect, prefix);
            }
        }
    }
}
