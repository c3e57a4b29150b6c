#include "codec/decode.hpp"
#include "codec/describe.hpp"
#include "codec/hex.hpp"
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

FieldSpec part_row(const char* name, FieldKind kind, std::uint16_t max, LengthForm length)
{
    FieldSpec spec;
    spec.name = name;
    spec.kind = kind;
    spec.max = max;
    spec.length = length;
    if (kind == FieldKind::binary) spec.coding = Coding::raw;
    return spec;
}

/// iso87-ascii with BER-TLV in 55 and positions in positions in 127.
Dialect with_parts()
{
    Dialect dialect = *ascii;
    Structure chip;
    chip.form = StructureForm::ber_tlv;
    chip.parts = {{"9F27", part_row("cryptogram information data", FieldKind::binary, 1, LengthForm::rest)},
                  {"5A", part_row("card number", FieldKind::binary, 10, LengthForm::rest)}};
    chip.parts[1].spec.log = LogRule::pan;
    dialect.fields[55].structure = std::make_shared<const Structure>(chip);

    Structure inner;
    inner.parts = {{"1", part_row("digit", FieldKind::numeric, 1, LengthForm::fixed)},
                   {"2", part_row("text", FieldKind::text, 99, LengthForm::rest)}};
    Structure outer;
    outer.parts = {{"1", part_row("code", FieldKind::numeric, 3, LengthForm::fixed)},
                   {"2", part_row("inner", FieldKind::text, 99, LengthForm::rest)}};
    outer.parts[1].spec.structure = std::make_shared<const Structure>(inner);
    dialect.fields[127].structure = std::make_shared<const Structure>(outer);
    return dialect;
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
          "0200 59=card 400000******0002 *** ************, ****************");
    CHECK(describe_line(*ascii, message_with({{44, "40000012345600022512101"}})) ==
          "0200 44=400000*****************"); // where the card number ends cannot be told
    CHECK(describe_line(*ascii, message_with({{59, "ref 0000000000001234"}})) ==
          "0200 59=ref 0000000000001234");
}

TEST_CASE("describe: numbers and bytes that may hold a card number are masked")
{
    const auto shown = [](FieldKind kind, std::string_view value) {
        FieldSpec spec;
        spec.kind = kind;
        return shown_value(spec, value, Show::masked);
    };
    CHECK(shown(FieldKind::numeric, "000000012345") == "000000012345");
    CHECK(shown(FieldKind::numeric, "0000000000012345") == "0000000000012345");
    CHECK(shown(FieldKind::numeric, "4000001234560002") == "400000******0002");
    CHECK(shown(FieldKind::numeric, "40000012345600022512123") == "400000*****************");
    CHECK(shown(FieldKind::binary, bytes_of_hex("4000001234560002D2512123").value()) ==
          "400000******0002********");
    CHECK(shown(FieldKind::binary, "4000001234560002") == "343030**************************");
    CHECK(shown(FieldKind::binary, bytes_of_hex("0000000012345678").value()) == "0000000012345678");
}

TEST_CASE("describe: a card number is found in groups, and what follows it like a track is not shown")
{
    struct Row {
        const char* value;
        const char* shown;
    };
    const Row rows[] = {
        {"4000 0012 3456 0002", "4000 00** **** 0002"},
        {"4000-0012-3456-0002", "4000-00**-****-0002"},
        {"tel 03-1234-5678", "tel 03-1234-5678"},
        {"4000.0012.3456.0002", "4000.00**.****.0002"},
        {"4000  0012  3456  0002", "4000  00**  ****  0002"},
        {"4000   0012   3456   0002", "4000   0012   3456   0002"}, // three spaces: several numbers
        {"B4000001234560002^DOE/JOHN^2512", "B400000******0002^***/****^****"},
        {"card 4000001234567899D2512101123", "card 400000******7899***********"},
        {"4000001234567899 123", "400000********** ***"},
        {"4000001234567899 2512 123", "400000********** **** ***"},
        {";4000001234560002=25121011234", ";400000******0002=***********"},
        {"123=456", "123=456"},
        {"4000001234560002 ", "400000******0002 "},
        {"4000001234560002-", "400000******0002-"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(describe_line(*ascii, message_with({{59, row.value}})) == "0200 59=" + std::string(row.shown));
    }
}

TEST_CASE("describe: a value by its row, masked or not")
{
    const auto row = [](FieldKind kind, LogRule log) {
        FieldSpec spec;
        spec.kind = kind;
        spec.log = log;
        return spec;
    };
    struct Row {
        const char* name;
        FieldSpec spec;
        std::string value;
        const char* masked;
        const char* everything;
    };
    const Row rows[] = {
        {"number", row(FieldKind::numeric, LogRule::clear), "0042", "0042", "0042"},
        {"text", row(FieldKind::text, LogRule::clear), "A\n", "A\\x0A", "A\\x0A"},
        {"binary", row(FieldKind::binary, LogRule::clear), "\x01\xFE", "01FE", "01FE"},
        {"never", row(FieldKind::text, LogRule::never), "CVV", "(3 bytes, not shown)", "CVV"},
        {"track that the row would show", row(FieldKind::track, LogRule::clear), "40=25",
         "(5 bytes, not shown)", "40=25"},
        {"packed digits", row(FieldKind::nibbles, LogRule::clear), "4000001234560002D25121",
         "400000******0002******", "4000001234560002D25121"},
        {"card number", row(FieldKind::numeric, LogRule::pan), "4000001234560002", "400000******0002",
         "4000001234560002"},
        {"card number with a track behind", row(FieldKind::text, LogRule::pan), "4000001234560002=2512",
         "400000******0002*****", "4000001234560002=2512"},
        {"card number packed by hand", row(FieldKind::binary, LogRule::pan),
         bytes_of_hex("4000123456789F").value(), "400012***6789", "4000123456789F"},
        {"short card number in bytes", row(FieldKind::binary, LogRule::pan), "\x40\x12", "****", "4012"},
        {"card number that is none", row(FieldKind::binary, LogRule::pan), "\xAB\xCD", "****", "ABCD"},
        {"card number in nibbles", row(FieldKind::nibbles, LogRule::pan), "4000123456789F", "400012***6789",
         "4000123456789F"},
    };
    for (const Row& given : rows) {
        CAPTURE(given.name);
        CHECK(shown_value(given.spec, given.value, Show::masked) == given.masked);
        CHECK(shown_value(given.spec, given.value, Show::everything) == given.everything);
        CHECK(is_masked(given.spec, given.value) == (std::string(given.masked) != given.everything));
    }
}

TEST_CASE("describe: parts stand under their element, each by its own rule")
{
    const Dialect dialect = with_parts();
    const Message message = message_with({{11, "000123"},
                                          {55, bytes_of_hex("9F2701805A024012009F100177").value()},
                                          {127, "0312"
                                                "14000001234560002"}});
    CHECK(describe(dialect, message) == "MTI 0200\n"
                                        "DE11  system trace audit number  000123\n"
                                        "DE55  chip data                  4 parts\n"
                                        "      9F27  cryptogram information data  80\n"
                                        "      5A    card number                  ****\n"
                                        "      00    padding                      \n"
                                        "      9F10  unknown tag                  (1 bytes, not shown)\n"
                                        "DE127 reserved, private          2 parts\n"
                                        "      1     code   031\n"
                                        "      2     inner  2 parts\n"
                                        "          1     digit  2\n"
                                        "          2     text   140000*******0002\n");
    CHECK(describe_line(dialect, message) ==
          "0200 11=000123 55={9F27=80 5A=**** 1 unknown} 127={1=031 2={1=2 2=140000*******0002}}");
    CHECK(describe(dialect, message, Show::everything).find("14000001234560002\n") != std::string::npos);
}

TEST_CASE("describe: an element whose parts cannot be read is not shown")
{
    const Dialect dialect = with_parts();
    const Message message = message_with({{55, "\x9F\x27\x09\x80"}, {127, "03X"}});
    CHECK(describe(dialect, message) ==
          "MTI 0200\n"
          "DE55  chip data          (4 bytes, not shown)  ! part 9F27 at byte 3: the message ends inside it\n"
          "DE127 reserved, private  (3 bytes, not shown)  ! part 1 at byte 2: character not allowed\n");
    CHECK(describe_line(dialect, message) == "0200 55=(4 bytes, not shown) 127=(3 bytes, not shown)");
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
