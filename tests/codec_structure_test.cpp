#include "codec/structure.hpp"

#include "codec/hex.hpp"
#include "tests/support/seed.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace codec;

namespace {

FieldSpec row(FieldKind kind, std::uint16_t max, LengthForm length = LengthForm::fixed,
              Coding coding = Coding::ascii)
{
    FieldSpec spec;
    spec.kind = kind;
    spec.max = max;
    spec.length = length;
    spec.coding = coding;
    spec.name = "a part";
    return spec;
}

FieldSpec with(FieldSpec spec, Structure structure)
{
    spec.structure = std::make_shared<const Structure>(std::move(structure));
    return spec;
}

FieldSpec raw(LengthForm length = LengthForm::rest)
{
    return row(FieldKind::binary, 999, length, Coding::raw);
}

Structure ber()
{
    Structure structure;
    structure.form = StructureForm::ber_tlv;
    structure.parts = {{"9F02", row(FieldKind::numeric, 12, LengthForm::rest, Coding::bcd)},
                       {"84", raw()},
                       {"5F20", row(FieldKind::text, 26, LengthForm::rest)}};
    return structure;
}

Structure positional()
{
    Structure structure;
    structure.parts = {{"1", row(FieldKind::numeric, 2)},
                       {"2", row(FieldKind::text, 9, LengthForm::l)},
                       {"3", row(FieldKind::binary, 2, LengthForm::fixed, Coding::hex)},
                       {"4", row(FieldKind::text, 99, LengthForm::rest)}};
    return structure;
}

/// Like Postilion's: bit 25 is BER-TLV behind a count, bit 3 positional.
Structure with_bitmap(BitmapForm form = BitmapForm::binary)
{
    Structure structure;
    structure.form = StructureForm::bitmap;
    structure.bitmap = form;
    structure.bits = 64;
    structure.parts = {{"2", row(FieldKind::text, 32, LengthForm::ll)},
                       {"3", with(row(FieldKind::text, 99, LengthForm::ll), positional())},
                       {"25", with(raw(LengthForm::lll), ber())},
                       {"64", row(FieldKind::numeric, 3, LengthForm::fixed, Coding::bcd)}};
    return structure;
}

/// Like Mastercard's 48.
Structure tagged(std::uint16_t category_size)
{
    Structure structure;
    structure.form = StructureForm::tlv;
    structure.category_size = category_size;
    structure.tag = row(FieldKind::numeric, 2);
    structure.other = row(FieldKind::text, 99, LengthForm::ll);
    structure.parts = {{"42", with(row(FieldKind::text, 99, LengthForm::ll), positional())},
                       {"92", row(FieldKind::numeric, 3, LengthForm::ll)}};
    return structure;
}

/// Data sets with a tag byte and a length of two bytes.
Structure tagged_in_binary()
{
    Structure structure;
    structure.form = StructureForm::tlv;
    structure.tag = row(FieldKind::binary, 1, LengthForm::fixed, Coding::raw);
    structure.other = raw(LengthForm::ll);
    structure.other.length_coding = LengthCoding::binary;
    FieldSpec set = with(structure.other, ber());
    structure.parts = {{"01", set}};
    return structure;
}

Structure nested(int depth)
{
    Structure structure = positional();
    for (; depth > 1; --depth) {
        Structure outer;
        outer.parts = {{"1", with(row(FieldKind::text, 99, LengthForm::rest), std::move(structure))}};
        structure = std::move(outer);
    }
    return structure;
}

/// "1=12 3[1=00 2=A]", unknown tags with '?'; bytes that are no text in hex.
std::string text_of(const std::vector<Part>& parts)
{
    std::string text;
    for (const Part& part : parts) {
        text += (text.empty() ? "" : " ") + part.tag + (part.spec == nullptr ? "?" : "");
        const bool is_text =
            std::all_of(part.value.begin(), part.value.end(), [](char c) { return c >= ' ' && c < 127; });
        text += part.parts.empty() ? "=" + (is_text ? part.value : hex_of(part.value))
                                   : "[" + text_of(part.parts) + "]";
    }
    return text;
}

void check_covers(const std::vector<Part>& parts, std::size_t begin, std::size_t end)
{
    for (const Part& part : parts) {
        CHECK(part.offset == begin);
        CHECK(part.size > 0);
        begin += part.size;
    }
    CHECK(begin == end);
}

void check_round_trip(const Structure& structure, const std::string& wire)
{
    const auto parts = read_parts(structure, wire);
    REQUIRE_MESSAGE(parts.has_value(), codec::text_of(parts.error()));
    const auto again = write_parts(structure, *parts);
    REQUIRE_MESSAGE(again.has_value(), codec::text_of(again.error()));
    CHECK(hex_of(*again) == hex_of(wire));
}

std::string bytes(const std::string& hex)
{
    return bytes_of_hex(hex).value();
}

const std::string chip =
    bytes("9F0206000000001250") + bytes("8407A0000000031010") + bytes("9F2608A1B2C3D4E5F60718");

struct Good {
    const char* name;
    Structure structure;
    std::string wire;
    std::string read;
};

std::vector<Good> good_rows()
{
    const std::string bits_2_3 = bytes("6000000000000000");
    const std::string all_bits = bytes("6000008000000001");
    return {
        {"positional: nothing", positional(), "", ""},
        {"positional: the last ones are missing", positional(), "123ABC", "1=12 2=ABC"},
        {"positional: all", positional(),
         "120"
         "09fFrest",
         "1=12 2= 3=09FF 4=rest"},
        {"bitmap: none", with_bitmap(), std::string(8, '\0'), ""},
        {"bitmap: two", with_bitmap(),
         bits_2_3 + "03KEY" +
             "0412"
             "1Z",
         "2=KEY 3[1=12 2=Z]"},
        {"bitmap: all", with_bitmap(), all_bits + "00" + "0212" + "029" + chip + bytes("0123"),
         "2= 3[1=12] 25[9F02=000000001250 84=A0000000031010 9F26?=A1B2C3D4E5F60718] 64=123"},
        {"bitmap: in hex", with_bitmap(BitmapForm::hex), "400000000000000003KEY", "2=KEY"},
        {"ber: nothing", ber(), "", ""},
        {"ber: known and unknown", ber(), chip, "9F02=000000001250 84=A0000000031010 9F26?=A1B2C3D4E5F60718"},
        {"ber: repeated tags in their order", ber(), bytes("840101DF010184840102840101"),
         "84=01 DF01?=84 84=02 84=01"},
        {"ber: longer lengths than needed", ber(),
         bytes("8481010184820001028483000001038484000000010484840000000105"),
         "84=01 84=02 84=03 84=04 84=05"},
        {"ber: padding", ber(), bytes("000084010100008400") + std::string(1, '\0'),
         "00?= 00?= 84=01 00?= 00?= 84= 00?="},
        {"ber: 200 bytes", ber(), bytes("DF0181C8") + std::string(200, 'x'),
         "DF01?=" + std::string(200, 'x')},
        {"ber: text", ber(), bytes("5F2003") + "A/B", "5F20=A/B"},
        {"tlv: category, known, unknown, empty", tagged(1), "R4208121ZFF0092031239900",
         "category?=R 42[1=12 2=Z 3=FF00] 92=123 99?="},
        {"tlv: no category", tagged(0), "9203123110212", "92=123 11?=12"},
        {"tlv: in binary", tagged_in_binary(),
         bytes("010003"
               "840101"
               "FE0001"
               "41"),
         "01[84=01] FE?=A"},
        {"depth 4", nested(4), "123ABC", "1[1[1[1=12 2=ABC]]]"},
        {"depth 5: the deepest stays a value", nested(5), "123ABC", "1[1[1[1=123ABC]]]"},
    };
}

} // namespace

TEST_CASE("structure: parts are read and written byte for byte")
{
    for (const Good& good : good_rows()) {
        CAPTURE(good.name);
        const auto parts = read_parts(good.structure, good.wire);
        REQUIRE_MESSAGE(parts.has_value(), codec::text_of(parts.error()));
        CHECK(text_of(*parts) == good.read);
        if (good.structure.form != StructureForm::bitmap) check_covers(*parts, 0, good.wire.size());
        check_round_trip(good.structure, good.wire);
    }
}

TEST_CASE("structure: what is wrong is told with its path and place")
{
    struct Bad {
        const char* name;
        Structure structure;
        std::string wire;
        const char* error;
    };
    const std::string bit_25 = bytes("0000008000000000");
    const Bad rows[] = {
        {"cut in a part", positional(), "1", "part 1 at byte 0: the message ends inside it"},
        {"cut behind a count", positional(), "125AB", "part 2 at byte 3: the message ends inside it"},
        {"wrong digit", positional(), "1x", "part 1 at byte 1: character not allowed"},
        {"hex digits cut", positional(), "12009G", "part 3 at byte 3: the message ends inside it"},
        {"no count", positional(), "12-", "part 2 at byte 2: length is not a number or above the maximum"},
        {"bytes behind the last part",
         [] {
             auto s = positional();
             s.parts.pop_back();
             return s;
         }(),
         "120FFFFX", "part 3 at byte 7: bytes are left behind the last element"},
        {"no bitmap", with_bitmap(), "", "parts at byte 0: the message ends inside it"},
        {"half a bitmap", with_bitmap(), bit_25.substr(0, 7), "parts at byte 7: the message ends inside it"},
        {"no hex bitmap", with_bitmap(BitmapForm::hex), "4x00000000000000", "parts at byte 1: not a bitmap"},
        {"unknown bit", with_bitmap(), bytes("4100000000000000") + "01K",
         "part 8 at byte 11: not defined in this dialect"},
        {"behind the bitmap's parts", with_bitmap(), bytes("4000000000000000") + "01KX",
         "part 2 at byte 11: bytes are left behind the last element"},
        {"inside of inside", with_bitmap(), bit_25 + "007" + bytes("8401009F02010A"),
         "part 25.9F02 at byte 17: character not allowed"},
        {"object cut", ber(), bytes("8402FF"), "part 84 at byte 2: the message ends inside it"},
        {"tag cut", ber(), bytes("8401FF9F"), "parts at byte 4: the message ends inside it"},
        {"wrong digit in an object", ber(), bytes("9F02060000000A1250"),
         "part 9F02 at byte 6: character not allowed"},
        {"tag without count", tagged(0), "42", "part 42 at byte 2: the message ends inside it"},
        {"tag that is no number", tagged(0), "4x", "parts at byte 1: character not allowed"},
        {"unknown tag without count", tagged(0), "11x", "part unknown at byte 2: the message ends inside it"},
        {"value cut", tagged(1), "R9203", "part 92 at byte 5: the message ends inside it"},
        {"wrong inside a tag", tagged(1), "R42021x", "part 42.1 at byte 6: character not allowed"},
    };
    for (const Bad& bad : rows) {
        CAPTURE(bad.name);
        const auto parts = read_parts(bad.structure, bad.wire);
        REQUIRE_FALSE(parts.has_value());
        CHECK(codec::text_of(parts.error()) == bad.error);
        CHECK(parts.error().offset <= bad.wire.size());
    }
}

TEST_CASE("structure: every cut is an error or a shorter valid value")
{
    for (const Good& good : good_rows()) {
        CAPTURE(good.name);
        for (std::size_t size = 0; size < good.wire.size(); ++size) {
            CAPTURE(size);
            const std::string cut = good.wire.substr(0, size);
            const auto parts = read_parts(good.structure, cut);
            if (parts)
                check_round_trip(good.structure, cut);
            else
                CHECK(parts.error().offset <= size);
        }
    }
}

TEST_CASE("structure: any bytes are an error or come back as they were")
{
    const std::uint64_t seed = tests::printed_seed("structure");
    CAPTURE(seed);
    std::mt19937_64 rng(seed);
    const auto below = [&](std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(rng);
    };
    int read = 0;
    for (const Good& good : good_rows()) {
        if (good.structure.form == StructureForm::bitmap && good.structure.bitmap == BitmapForm::hex)
            continue; // the case of the bitmap's digits is not kept
        CAPTURE(good.name);
        for (int round = 0; round < 2000; ++round) {
            std::string wire = good.wire;
            for (std::size_t changes = below(3) + 1; changes > 0 && !wire.empty(); --changes)
                wire[below(wire.size())] = static_cast<char>(below(256));
            if (below(4) == 0) wire += static_cast<char>(below(256));
            const auto parts = read_parts(good.structure, wire);
            if (!parts) {
                CHECK(parts.error().offset <= wire.size());
                continue;
            }
            ++read;
            check_round_trip(good.structure, wire);
        }
    }
    CHECK(read > 1000);
}

TEST_CASE("structure: spellings that mean the same are kept until the value changes")
{
    const Structure structure = positional();
    auto parts = read_parts(structure, "1209faB").value();
    CHECK(write_parts(structure, parts).value() == "1209faB");
    parts[2].value = "\x01\x02";
    CHECK(write_parts(structure, parts).value() == "1200102");

    Structure filled = positional();
    filled.parts[1].spec.fill = Fill::left_zeros;
    parts = read_parts(filled, "123007").value();
    CHECK(parts[1].value == "7");
    CHECK(write_parts(filled, parts).value() == "123007");
    parts[1].value = "8";
    CHECK(write_parts(filled, parts).value() == "1218");
}

TEST_CASE("structure: parts made by hand")
{
    struct Row {
        const char* name;
        Structure structure;
        std::vector<Part> parts;
        std::string written; ///< bytes, or the error
    };
    const auto part = [](const char* tag, std::string value, std::vector<Part> inner = {}) {
        Part made;
        made.tag = tag;
        made.value = std::move(value);
        made.parts = std::move(inner);
        return made;
    };
    Part long_length = part("84", "A");
    long_length.length_size = 3;
    const Row rows[] = {
        {"positional: put in order, filled", positional(), {part("2", "AB"), part("1", "5")}, "052AB"},
        {"positional: none left out",
         positional(),
         {part("1", "12"), part("3", "AB")},
         "part 2 at byte 2: value does not fit"},
        {"positional: twice",
         positional(),
         {part("1", "12"), part("1", "12")},
         "part 1 at byte 0: value does not fit"},
        {"positional: unknown",
         positional(),
         {part("9", "")},
         "part 9 at byte 0: not defined in this dialect"},
        {"positional: too long", positional(), {part("1", "123")}, "part 1 at byte 0: value does not fit"},
        {"positional: no number", positional(), {part("1", "1x")}, "part 1 at byte 0: character not allowed"},
        {"bitmap: bits are set",
         with_bitmap(),
         {part("64", "7"), part("2", "K")},
         bytes("4000000000000001") + "01K" + bytes("0007")},
        {"bitmap: unknown bit",
         with_bitmap(),
         {part("8", "")},
         "part 8 at byte 0: not defined in this dialect"},
        {"bitmap: no bit", with_bitmap(), {part("65", "")}, "part 65 at byte 0: not defined in this dialect"},
        {"bitmap: no number",
         with_bitmap(),
         {part("2x", "")},
         "part 2x at byte 0: not defined in this dialect"},
        {"bitmap: twice",
         with_bitmap(),
         {part("2", ""), part("2", "")},
         "part 2 at byte 0: value does not fit"},
        {"bitmap: from inner parts",
         with_bitmap(),
         {part("3", "not looked at", {part("1", "12")})},
         bytes("2000000000000000") + "0212"},
        {"bitmap: wrong inner part",
         with_bitmap(),
         {part("25", "", {part("9F02", "x")})},
         "part 25.9F02 at byte 8: character not allowed"},
        {"inner parts where there are none",
         with_bitmap(),
         {part("2", "", {part("1", "")})},
         "part 2.1 at byte 8: not defined in this dialect"},
        {"ber: as given",
         ber(),
         {part("DF01", ""), part("84", "A"), long_length},
         bytes("DF0100840141") + bytes("8482000141")},
        {"ber: the shortest length",
         ber(),
         {part("DF01", std::string(128, 'x'))},
         bytes("DF018180") + std::string(128, 'x')},
        {"ber: two bytes of length",
         ber(),
         {part("DF01", std::string(256, 'x'))},
         bytes("DF01820100") + std::string(256, 'x')},
        {"ber: no tag", ber(), {part("9F", "")}, "part 9F at byte 0: character not allowed"},
        {"ber: two tags in one", ber(), {part("8484", "")}, "part 8484 at byte 0: character not allowed"},
        {"ber: no hex", ber(), {part("84x", "")}, "part 84x at byte 0: character not allowed"},
        {"ber: padding has no value", ber(), {part("00", "A")}, "part 00 at byte 0: value does not fit"},
        {"tlv: as given",
         tagged(1),
         {part("category", "T"), part("92", "1"), part("11", "AB")},
         "T920111102AB"},
        {"tlv: no category", tagged(1), {part("92", "1")}, "part category at byte 0: value does not fit"},
        {"tlv: category again",
         tagged(1),
         {part("category", "T"), part("category", "T")},
         "part category at byte 1: value does not fit"},
        {"tlv: long tag", tagged(0), {part("192", "1")}, "part 192 at byte 0: value does not fit"},
        {"tlv: tag that is no number",
         tagged(0),
         {part("X1", "1")},
         "part X1 at byte 0: character not allowed"},
        {"tlv: in binary", tagged_in_binary(), {part("01", "", {part("84", "A")})}, bytes("010003840141")},
        {"tlv: binary tag that is no hex",
         tagged_in_binary(),
         {part("0", "")},
         "part 0 at byte 0: character not allowed"},
    };
    for (const Row& given : rows) {
        CAPTURE(given.name);
        const auto written = write_parts(given.structure, given.parts);
        CHECK((written ? *written : codec::text_of(written.error())) == given.written);
    }
}

TEST_CASE("structure: a length that has become too short is made longer")
{
    auto parts = read_parts(ber(), bytes("840141")).value();
    parts[0].value = std::string(300, 'x');
    CHECK(write_parts(ber(), parts).value() == bytes("8482012C") + std::string(300, 'x'));
}

TEST_CASE("structure: a tag of no bytes is no endless loop")
{
    Structure structure = tagged(0);
    structure.tag.max = 0;
    structure.other = row(FieldKind::text, 9, LengthForm::rest);
    CHECK_FALSE(read_parts(structure, "123").has_value());
}
