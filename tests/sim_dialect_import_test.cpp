#include "codec/decode.hpp"
#include "codec/dialect.hpp"
#include "codec/encode.hpp"
#include "codec/structure.hpp"
#include "sim/dialect_import.hpp"
#include "sim/jpos_classes.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/imported.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace codec;
using namespace sim;

namespace {

/// An imported dialect without losses, read by the dialect reader.
std::shared_ptr<const Dialect> dialect_from(const std::string& name)
{
    const Imported import = imported(data_file(name));
    CHECK(import.list.empty());
    CHECK(import.exit == Exit::done);
    return parse_dialect(import.toml, name + ".toml");
}

std::string text_of_bytes(std::string_view hex)
{
    const auto bytes = golden::bytes_of_hex(hex);
    return {bytes.begin(), bytes.end()};
}

std::string hex_text(std::span<const std::uint8_t> bytes)
{
    std::string hex;
    for (const std::uint8_t byte : bytes) {
        hex += "0123456789ABCDEF"[byte >> 4U];
        hex += "0123456789ABCDEF"[byte & 0xFU];
    }
    return hex;
}

/// What MTI 0200 and the bitmaps are in a message with one element.
std::string head_of(const Dialect& dialect, int de)
{
    std::array<std::uint8_t, 64> bitmap{};
    Bitmap bits;
    bits.set(de);
    const std::size_t size = write_bitmap(dialect.bitmap, bits, bitmap);
    return (dialect.mti == DigitsForm::bcd ? "0200" : "30323030") + hex_text({bitmap.data(), size});
}

struct FieldRow {
    int de;
    std::string_view wire; ///< hex, as the origin's rules write it
    std::string value;
};

void check_field(const Dialect& dialect, const FieldRow& row)
{
    CAPTURE(row.de);
    CAPTURE(dialect.fields[row.de].name);
    const auto wire = golden::bytes_of_hex(head_of(dialect, row.de) + std::string(row.wire));
    const Result<Message> read = decode(dialect, wire);
    if (read.has_error()) FAIL_CHECK(codec::text_of(read.error()));
    if (read.has_error()) return;
    CHECK(read->get(row.de) == row.value);

    Message message(read->mti());
    message.set(row.de, row.value);
    std::vector<std::uint8_t> written;
    REQUIRE(encode(dialect, message, written).has_value());
    CHECK(hex_text(written) == hex_text(wire));
}

std::string tree_of(const std::vector<Part>& parts)
{
    std::string text;
    for (const Part& part : parts) {
        const bool is_binary = part.spec == nullptr || part.spec->kind == FieldKind::binary;
        const std::string value =
            is_binary
                ? hex_text({reinterpret_cast<const std::uint8_t*>(part.value.data()), part.value.size()})
                : part.value;
        text += (text.empty() ? "" : " ") + part.tag + "=";
        text += part.parts.empty() ? value : "(" + tree_of(part.parts) + ")";
    }
    return text;
}

struct PartsRow {
    int de;
    std::string_view value; ///< hex
    std::string_view tree;
};

void check_parts(const Dialect& dialect, const PartsRow& row)
{
    CAPTURE(row.de);
    const FieldSpec& spec = dialect.fields[row.de];
    REQUIRE(spec.structure);
    const std::string value = text_of_bytes(row.value);
    const auto parts = read_parts(*spec.structure, value);
    if (parts.has_error()) FAIL_CHECK(codec::text_of(parts.error()));
    if (parts.has_error()) return;
    CHECK(tree_of(*parts) == row.tree);
    const auto written = write_parts(*spec.structure, *parts);
    REQUIRE(written.has_value());
    CHECK(*written == value);
}

} // namespace

TEST_CASE("import jpos: each class of field is on the wire what jPOS writes")
{
    const auto dialect = dialect_from("jpos-fields.xml");
    CHECK(dialect->name == "jpos-fields");
    CHECK(dialect->mti == DigitsForm::bcd);
    CHECK(dialect->bitmap.form == BitmapForm::binary);
    CHECK(dialect->bitmap.count_max == 3);
    CHECK(dialect->fields[2].name == "IFB_LLNUM \"2\"");
    CHECK(dialect->fields[54].kind == FieldKind::none); // jPOS refuses IF_UNUSED, too

    const std::string bytes = text_of_bytes("0AFF");
    const FieldRow rows[] = {
        {2, "05 012345", "12345"},
        {3, "1230", "123"},
        {4, "0123", "123"},
        {5, "303030313233", "000123"},
        {6, "F0F1F2F3", "0123"},
        {7, "123F", "123"},
        {8, "12AF", "12A"},
        {9, "433030303031323334", "C00001234"},
        {10, "44 00001234", "D00001234"},
        {11, "C3F0F0F0F0F1F2F3F4", "C00001234"},
        {12, "414220202020", "AB    "},
        {13, "414220202020", "AB"},
        {14, "C1C2C3", "ABC"},
        {15, "30414646", bytes},
        {16, "0AFF", bytes},
        {17, "F0C1C6C6", bytes},
        {18, "33 414243", "ABC"},
        {19, "3033 414243", "ABC"},
        {20, "303033 414243", "ABC"},
        {21, "30303033 414243", "ABC"},
        {22, "3030303033 414243", "ABC"},
        {23, "303030303033 414243", "ABC"},
        {24, "3033 313233", "123"},
        {25, "303033 313233", "123"},
        {26, "3032 0AFF", bytes},
        {27, "303032 0AFF", bytes},
        {28, "3032 30414646", bytes},
        {29, "303032 30414646", bytes},
        {30, "03 414243", "ABC"},
        {31, "0003 414243", "ABC"},
        {32, "0003 1230", "123"},
        {33, "03 123F", "123"},
        {34, "02 0AFF", bytes},
        {35, "05 12D340", "12=34"},
        {36, "303033 313D32", "1=2"},
        {37, "04 0AFF", bytes},
        {38, "0B 123456789010", "12345678901"},
        {39, "0003 0123", "123"},
        {40, "03 414243", "ABC"},
        {41, "03 C1C2C3", "ABC"},
        {42, "02 0AFF", bytes},
        {43, "0002 0AFF", bytes},
        {44, "F0F3 C1C2C3", "ABC"},
        {45, "F0F3 F1F2F3", "123"},
        {46, "F0F0F2 0AFF", bytes},
        {47, "F0F3 414243", "ABC"},
        {49, "3033 C1C2C3", "ABC"},
        {50, "F0F2 123F", "123"},
        {51, "0002 0AFF", bytes},
        {52, "39373832303030303030303031323334", "9782000000001234"},
        {53, "000003 414243", "ABC"},
        {70, "0301", "301"},
        {130, "3939", "99"},
        {192, "3033 414243", "ABC"},
    };
    for (const FieldRow& row : rows) check_field(*dialect, row);
}

TEST_CASE("import jpos: every class of the table is a row that reads what it writes")
{
    for (const JposClass& row : jpos_classes()) {
        if (!row.obstacle.empty() || row.tag_digits > 0) continue;
        CAPTURE(row.name);
        const std::string_view head =
            "<isopackager><isofield id='0' length='4' class='org.jpos.iso.IFE_NUMERIC'/>"
            "<isofield id='1' length='16' class='org.jpos.iso.IFE_BITMAP'/>";
        const std::string field =
            "<isofield id='60' length='8' class='org.jpos.iso." + std::string(row.name) + "'/>";
        Import import = import_jpos(std::string(head) + field + "</isopackager>", "f");
        CHECK(import.losses.size() == (row.remark.empty() ? 0 : 1));
        import.dialect.name = "one-class";
        const auto dialect = parse_dialect(dialect_text(import.dialect), "f");
        CHECK(dialect->mti == DigitsForm::ebcdic);
        CHECK(dialect->fields[60].name == "element 60");

        Message message(*Mti::parse("0200"));
        message.set(60, row.kind == FieldKind::amount ? "C1234567" : "12345678");
        std::vector<std::uint8_t> wire;
        REQUIRE(encode(*dialect, message, wire).has_value());
        const Result<Message> read = decode(*dialect, wire);
        REQUIRE(read.has_value());
        CHECK(read->get(60) == message.get(60));
    }
}

TEST_CASE("import jpos: parts are cut as jPOS cuts them")
{
    const auto dialect = dialect_from("jpos-parts.xml");
    const PartsRow rows[] = {
        {3, "303132333435", "1=01 2=23 3=45"},
        {48, "52 3432 3037 30313233343536 3731 3032 3939", "category=R 42=0123456 71=99"},
        {55, "9F2608 0102030405060708 82025800", "9F26=0102030405060708 82=5800"},
        {60, "3031 3033 414243 3037 3032 0AFF", "01=ABC 07=0AFF"},
        {61, "30313635 303031 4D 39393938 303032 4142", "0165=M 9998=4142"}, // no row says what 9998 holds
        {63, "800001 0123 5858", "1=0123 24=XX"},
        {127, "4000008080000000 3033 414243 30303035 82025800 00 1230", "2=ABC 25=(82=5800 00=) 33=123"},
    };
    for (const PartsRow& row : rows) check_parts(*dialect, row);
}

TEST_CASE("import moov: each type, coding, prefix and padding is on the wire what moov writes")
{
    const auto dialect = dialect_from("moov-fields.json");
    CHECK(dialect->name == "moov-fields-for-tests");
    CHECK(dialect->mti == DigitsForm::bcd);
    CHECK(dialect->bitmap.form == BitmapForm::hex);
    CHECK(dialect->bitmap.count_max == 3);

    const std::string bytes = text_of_bytes("0AFF");
    const FieldRow rows[] = {
        {2, "3035 3132333435", "12345"},
        {3, "303030313233", "000123"}, // zeros in front of a number are its digits here
        {4, "303030303030303132333435", "000000012345"},
        {5, "0123", "123"},
        {6, "1230", "123"},
        {7, "03 0123", "123"},
        {8, "F0F3 4AC15A", "[A]"},
        {9, "F0F3 ADC1BD", "[A]"},
        {10, "0AFF", bytes},
        {11, "30414646", bytes},
        {12, "303032 30414646", bytes},
        {13, "02 0AFF", bytes},
        {14, "0003 414243", "ABC"},
        {15, "3033 414243", "ABC"},
        {16, "0003 414243", "ABC"},
        {17, "414220202020", "AB"},
        {18, "202020204142", "AB"},
        {19, "41FF42", text_of_bytes("41FF42")},
        {20, "05 012DAF", "12DAF"},
        {35, "3035 31323D3334", "12=34"},
        {36, "05 012D34", "12D34"},
        {41, "30304142", "AB"},
        {52, "30313032303330343035303630373038", text_of_bytes("0102030405060708")},
        {70, "333031", "301"},
        {130, "33 414243", "ABC"},
    };
    for (const FieldRow& row : rows) check_field(*dialect, row);
}

TEST_CASE("import moov: parts are cut as moov cuts them")
{
    const auto dialect = dialect_from("moov-parts.json");
    CHECK(dialect->bitmap.count_max == 1);
    CHECK(dialect->fields[3].kind == FieldKind::numeric);
    const PartsRow rows[] = {
        {3, "303132333435", "1=01 2=23 3=45"},
        {48, "3031 3033 414243 3432 3032 C1C2", "01=ABC 42=AB"},
        {55, "9F2608 0102030405060708 82025800 9F0206 000000001234",
         "9F26=0102030405060708 82=5800 9F02=000000001234"},
        {62, "8000000000000001 4142 0123", "1=AB 64=123"},
        {63, "56 0004 8102 C1C2", "56=(81=AB)"},
    };
    for (const PartsRow& row : rows) check_parts(*dialect, row);
}

TEST_CASE("import: what a log may show is as in the built-in dialects, and nothing of parts below it")
{
    for (const std::string name : {"jpos-parts.xml", "moov-parts.json"}) {
        CAPTURE(name);
        const auto dialect = dialect_from(name);
        CHECK(dialect->fields[3].log == LogRule::clear);
        CHECK(dialect->fields[3].structure->parts[0].spec.log == LogRule::clear);
        CHECK(dialect->fields[48].log == LogRule::never);
        for (const auto& part : dialect->fields[48].structure->parts) CHECK(part.spec.log == LogRule::never);
    }
    CHECK(dialect_from("jpos-fields.xml")->fields[2].log == LogRule::pan);
    CHECK(dialect_from("jpos-fields.xml")->fields[35].log == LogRule::never);
    CHECK(dialect_from("jpos-fields.xml")->fields[130].log == LogRule::never);
}
