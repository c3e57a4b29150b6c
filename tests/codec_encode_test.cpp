#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codec;

namespace {

const auto ascii = find_built_in_dialect("iso87-ascii");
const auto bcd = find_built_in_dialect("iso87-bcd");

Message message_with(std::initializer_list<std::pair<int, std::string_view>> elements)
{
    Message message(Mti::parse("0200").value());
    for (const auto& [de, value] : elements) message.set(de, value);
    return message;
}

std::string text_encoded(const Message& message)
{
    std::vector<std::uint8_t> out;
    const auto done = encode(*ascii, message, out);
    return done ? std::string(out.begin(), out.end()) : text_of(done.error());
}

std::vector<std::uint8_t> packed(const Message& message)
{
    std::vector<std::uint8_t> out;
    REQUIRE(encode(*bcd, message, out).has_value());
    return out;
}

} // namespace

TEST_CASE("encode: golden messages are made from their values")
{
    for (const std::string dialect_name : {"iso87-ascii", "iso87-bcd", "moov-sample"}) {
        const auto dialect = golden::golden_dialect(dialect_name);
        for (const auto& golden : golden::golden_messages(dialect_name)) {
            if (golden.error || !golden.is_canonical) continue;
            CAPTURE(dialect_name);
            CAPTURE(golden.id);
            Message message(Mti::parse(golden.mti).value());
            for (const auto& [de, value] : golden.elements) message.set(de, value);
            std::vector<std::uint8_t> out;
            REQUIRE(encode(*dialect, message, out).has_value());
            CHECK(out == golden.bytes);
        }
    }
}

TEST_CASE("encode: what was decoded is sent as it came")
{
    for (const std::string dialect_name : {"iso87-ascii", "iso87-bcd", "moov-sample"}) {
        const auto dialect = golden::golden_dialect(dialect_name);
        for (const auto& golden : golden::golden_messages(dialect_name)) {
            if (golden.error) continue;
            CAPTURE(dialect_name);
            CAPTURE(golden.id);
            const auto decoded = decode(*dialect, golden.bytes);
            REQUIRE(decoded.has_value());
            std::vector<std::uint8_t> out;
            REQUIRE(encode(*dialect, *decoded, out).has_value());
            if (golden.is_canonical) CHECK(out == golden.bytes);
            const auto again = decode(*dialect, out);
            REQUIRE(again.has_value());
            CHECK(*again == *decoded);
        }
    }
}

TEST_CASE("encode: numbers are filled with zeros, text with spaces")
{
    CHECK(text_encoded(message_with({{4, "1250"}})) == "02001000000000000000"
                                                       "000000001250");
    CHECK(text_encoded(message_with({{28, "C5"}})) == "02000000001000000000"
                                                      "C00000005");
    CHECK(text_encoded(message_with({{41, "T1"}})) == "02000000000000800000"
                                                      "T1      ");
    CHECK(text_encoded(message_with({{37, ""}})) == "02000000000008000000"
                                                    "            ");
    CHECK(text_encoded(message_with({{3, ""}})) == "02002000000000000000"
                                                   "000000");
    CHECK(packed(message_with({{22, "51"}})) == golden::bytes_of_hex("0200 0000040000000000 0051"));
    CHECK(packed(message_with({{28, "D5"}})) == golden::bytes_of_hex("0200 0000001000000000 4400000005"));
    CHECK(packed(message_with({{2, "123"}})) == golden::bytes_of_hex("0200 4000000000000000 03 0123"));
    CHECK(packed(message_with({{35, "123=25"}})) == golden::bytes_of_hex("0200 0000000020000000 06 123D25"));
}

TEST_CASE("encode: a secondary bitmap is sent only when it is needed")
{
    CHECK(text_encoded(message_with({{70, "301"}})) == "0200"
                                                       "8000000000000000"
                                                       "0400000000000000"
                                                       "301");
    CHECK(text_encoded(message_with({})) == "0200"
                                            "0000000000000000");
}

TEST_CASE("encode: binary is hex text in one dialect and raw in the other")
{
    const std::string mac("\x00\x11\x22\x33\x44\x55\x66\xFF", 8);
    CHECK(text_encoded(message_with({{64, mac}})) == "0200"
                                                     "0000000000000001"
                                                     "00112233445566FF");
    CHECK(packed(message_with({{64, mac}})) ==
          golden::bytes_of_hex("0200 0000000000000001 00112233445566FF"));
    CHECK(text_encoded(message_with({{55, "\x9F\x26"}})) == "0200"
                                                            "0000000000000200"
                                                            "002\x9F\x26");
    CHECK(packed(message_with({{55, "\x9F\x26"}})) ==
          golden::bytes_of_hex("0200 0000000000000200 0002 9F26"));
}

TEST_CASE("encode: what does not fit is an error, and nothing is written")
{
    const auto dialect =
        parse_dialect("name = \"x\"\ninherits = \"iso87-ascii\"\n[elements]\n60 = false\n", "x.toml");
    struct Row {
        std::string what;
        int de;
        std::string value;
        Errc error;
    };
    const Row rows[] = {
        {"number too long", 3, "1234567", Errc::wrong_size},
        {"text too long", 41, "T00000001", Errc::wrong_size},
        {"counted too long", 2, "40000000000000000002", Errc::wrong_size},
        {"letter in a number", 3, "12345A", Errc::bad_character},
        {"minus in a number", 4, "-1250", Errc::bad_character},
        {"amount without a sign", 28, "00000005", Errc::bad_character},
        {"amount that is empty", 28, "", Errc::wrong_size},
        {"amount too long", 28, "C000000050", Errc::wrong_size},
        {"PIN block too short", 52, "1234567", Errc::wrong_size},
        {"PIN block too long", 52, "123456789", Errc::wrong_size},
        {"track with a letter", 35, "4000A", Errc::bad_character},
        {"not in the dialect", 60, "x", Errc::unknown_element},
        {"third bitmap", 65, "12345678", Errc::unknown_element},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::vector<std::uint8_t> out = {1, 2, 3};
        const auto done = encode(*dialect, message_with({{11, "000123"}, {row.de, row.value}}), out);
        REQUIRE(done.has_error());
        CHECK(done.error().code == row.error);
        CHECK(done.error().de == row.de);
        CHECK(out == std::vector<std::uint8_t>{1, 2, 3});
    }
}

TEST_CASE("encode: writes behind what is there")
{
    std::vector<std::uint8_t> out = {0xAA};
    REQUIRE(encode(*bcd, message_with({}), out).has_value());
    CHECK(out == golden::bytes_of_hex("AA 0200 0000000000000000"));
}

TEST_CASE("encode: a message above the limit of every frame is an error")
{
    Message message = message_with({});
    for (int de = 46; de <= 127; ++de) {
        if (de == 65) continue;
        message.set_wire(de, std::string(999, 'x')); // of a larger dialect
    }
    std::vector<std::uint8_t> out;
    const auto done = encode(*ascii, message, out);
    REQUIRE(done.has_error());
    CHECK(done.error().code == Errc::too_large);
    CHECK(out.empty());
}

TEST_CASE("encode: an echo keeps the bytes of the request")
{
    // DE32 present and empty, DE42 in a code page of its own, DE2 as it was padded.
    const std::string wire = "0200"
                             "4000000100400000"
                             "04"
                             "1234"
                             "00"
                             "\xC1\xC2 0123456789ab";
    const auto request = golden::decoded(*ascii, std::vector<std::uint8_t>(wire.begin(), wire.end()));
    REQUIRE(request.has_value());
    Message answer(answer_to(request->mti()));
    for (const int de : {2, 32, 37, 42}) answer.echo(de, *request);
    CHECK(text_encoded(answer) == "0210" + wire.substr(4));
}
