#include "codec/decode.hpp"
#include "codec/describe.hpp"
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

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("describe: six first and four last digits of a card number")
{
    CHECK(masked_pan("4000001234560002") == "400000******0002");
    CHECK(masked_pan("4000001234560002123") == "400000*********2123");
    CHECK(masked_pan("4000001234562") == "400000***4562");
    CHECK(masked_pan("400000123456") == "************");
    CHECK(masked_pan("1") == "*");
    CHECK(masked_pan("").empty());
}

TEST_CASE("describe: one line")
{
    const Message message = message_with(
        {{2, "4000001234560002"}, {3, "000000"}, {4, "000000001250"}, {32, ""}, {41, "T0000001"}});
    CHECK(describe_line(*ascii, message) ==
          "0200 2=400000******0002 3=000000 4=000000001250 32= 41=T0000001");
    CHECK(describe_line(*ascii, Message{}) == "0000");
}

TEST_CASE("describe: a line per element")
{
    const Message message = message_with({{2, "4000001234560002"}, {11, "000123"}, {70, "301"}});
    CHECK(describe(*ascii, message) == "MTI 0200\n"
                                       "DE2   primary account number               400000******0002\n"
                                       "DE11  system trace audit number            000123\n"
                                       "DE70  network management information code  301\n");
}

TEST_CASE("describe: bytes that are not printable cannot break a line")
{
    const Message message =
        message_with({{43, "SHOP\r\n\x1B[31m\\\x00\xC4"}, {59, std::string_view("a\x7F\x00", 3)}});
    const std::string line = describe_line(*ascii, message);
    CHECK(line == "0200 43=SHOP\\x0D\\x0A\\x1B[31m\\x5C 59=a\\x7F\\x00");
}

TEST_CASE("describe: binary elements are shown in hex, unless they are never shown")
{
    const std::string mac("\x00\x11\x22\x33\x44\x55\x66\xFF", 8);
    CHECK(describe_line(*bcd, message_with({{64, mac}})) == "0200 64=00112233445566FF");
    CHECK(describe_line(*bcd, message_with({{52, mac}})) == "0200 52=(8 bytes, not shown)");
    CHECK(describe_line(*bcd, message_with({{35, "4000001234560002=2512"}})) ==
          "0200 35=(21 bytes, not shown)");
}

TEST_CASE("describe: long numbers inside text are masked")
{
    CHECK(describe_line(*ascii,
                        message_with({{59, "card 4000001234560002 and 123456789012, 4000001234560002"}})) ==
          "0200 59=card 400000******0002 and 123456789012, 400000******0002");
    CHECK(describe_line(*ascii, message_with({{44, "40000012345600022512101"}})) ==
          "0200 44=400000*************2101");
}

TEST_CASE("describe: an element that the dialect does not know is not shown")
{
    const auto dialect =
        parse_dialect("name = \"x\"\ninherits = \"iso87-ascii\"\n[elements]\n11 = false\n", "x.toml");
    CHECK(describe_line(*dialect, message_with({{11, "000123"}})) == "0200 11=(6 bytes, not shown)");
}

TEST_CASE("describe: card data appears nowhere, whatever element carries it")
{
    // Each element in turn holds the canaries; the ones in numbers and text are found by their long digit
    // run.
    const std::string pan = "4000001234560002";
    const std::string hidden = "00123456"; // its middle: neither BIN nor last four
    const std::string track = pan + "=25121010000012345678";
    const std::string pin("\x12\x34\x56\x78\x9A\xBC\xDE\xF0", 8);
    for (const auto& dialect : {ascii, bcd}) {
        for (int de = 2; de <= 128; ++de) {
            const FieldSpec& spec = dialect->fields[static_cast<std::size_t>(de)];
            if (spec.kind == FieldKind::none || spec.max < track.size()) continue;
            if (spec.kind == FieldKind::numeric && spec.log == LogRule::clear)
                continue; // DE90, has no room for one
            CAPTURE(de);
            const Message message = message_with({{de, track}});
            for (const std::string& text : {describe(*dialect, message), describe_line(*dialect, message)}) {
                CHECK_FALSE(contains(text, pan));
                CHECK_FALSE(contains(text, hidden));
                CHECK_FALSE(contains(text, "34303030")); // as hex
            }
        }
        for (const auto& [de, value] : std::initializer_list<std::pair<int, std::string>>{
                 {2, pan},
                 {34, pan},
                 {35, track},
                 {36, track},
                 {45, "B" + pan + "^DOE/J^2512"},
                 {48, "92031234" + pan},
                 {52, pin},
                 {53, "2600000000000123"},
                 {55, "\x5A\x08\x40\x00\x00\x12\x34\x56\x00\x02"},
                 {96, pin},
                 {102, pan},
                 {120, pan}}) {
            CAPTURE(de);
            const std::string text = describe(*dialect, message_with({{de, value}}));
            for (const char* canary : {"00123456", "123456", "1234560002", "DOE", "9203", "4000001234560002",
                                       "1234567", "x12", "9ABC", "26000000", "5A08"})
                CHECK_FALSE(contains(text, canary));
        }
    }
}
