#include "codec/coding.hpp"
#include "codec/field.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codec;

namespace {

FieldSpec spec_of(FieldKind kind, Coding coding)
{
    return {.name = "x", .kind = kind, .length = LengthForm::lll, .max = 300, .coding = coding};
}

/// One field both ways: bytes behind the count.
struct Row {
    FieldKind kind;
    Coding coding;
    std::string value;
    std::string wire_hex;
    Pad pad = Pad::left_0;
};

const Row rows[] = {
    {FieldKind::numeric, Coding::ascii, "000123", "303030313233"},
    {FieldKind::numeric, Coding::ebcdic, "0123456789", "F0F1F2F3F4F5F6F7F8F9"},
    {FieldKind::numeric, Coding::bcd, "000123", "000123"},
    {FieldKind::numeric, Coding::bcd, "123", "0123"},
    {FieldKind::numeric, Coding::bcd, "123", "F123", Pad::left_f},
    {FieldKind::numeric, Coding::bcd, "123", "1230", Pad::right_0},
    {FieldKind::numeric, Coding::bcd, "123", "123F", Pad::right_f},
    {FieldKind::numeric, Coding::bcd, "1234", "1234", Pad::right_f},
    {FieldKind::numeric, Coding::bcd, "1234567890123456789", "01234567890123456789"},
    {FieldKind::numeric, Coding::bcd, "9", "09"},
    {FieldKind::numeric, Coding::bcd, "", ""},
    {FieldKind::nibbles, Coding::bcd, "0F3", "00F3"},
    {FieldKind::nibbles, Coding::bcd, "ABCDEF", "ABCDEF"},
    {FieldKind::nibbles, Coding::ascii, "0FA", "304641"},
    {FieldKind::nibbles, Coding::ebcdic, "0FA", "F0C6C1"},
    {FieldKind::track, Coding::ascii, "4000=2512D", "343030303D3235313244"},
    {FieldKind::track, Coding::ebcdic, "40=2", "F4F07EF2"},
    {FieldKind::track, Coding::bcd, "4000=2512", "04000D2512"},
    {FieldKind::track, Coding::bcd, "40=2", "40D2"},
    {FieldKind::amount, Coding::ascii, "C00000050", "433030303030303530"},
    {FieldKind::amount, Coding::ebcdic, "D00000050", "C4F0F0F0F0F0F0F5F0"},
    {FieldKind::amount, Coding::bcd, "D00000050", "4400000050"},
    {FieldKind::amount, Coding::bcd, "C123", "430123"},
    {FieldKind::amount, Coding::bcd, "", ""},
    {FieldKind::amount, Coding::ascii, "", ""},
    {FieldKind::alnum, Coding::ascii, "A1b", "413162"},
    {FieldKind::text, Coding::ascii, "\xC3\x84\x01", "C38401"},
    {FieldKind::text, Coding::ebcdic, "A z[]^!|", "C140A9ADBD5F5A4F"},
    {FieldKind::text, Coding::ebcdic_500, "A z[]^!|", "C140A94A5A5F4FBB"},
    {FieldKind::binary, Coding::raw, std::string("\x00\xFF", 2), "00FF"},
    {FieldKind::binary, Coding::hex, std::string("\x00\xFF\x1A", 3), "303046463141"},
    {FieldKind::binary, Coding::ebcdic_hex, std::string("\x00\xFF\x1A", 3), "F0F0C6C6F1C1"},
};

std::vector<std::uint8_t> bytes_of(std::string_view text)
{
    return {text.begin(), text.end()};
}

std::vector<std::uint8_t> written(const FieldSpec& spec, std::string_view value)
{
    std::vector<std::uint8_t> out(2048);
    const auto size = write_field(spec, value, out);
    REQUIRE(size.has_value());
    out.resize(*size);
    return out;
}

} // namespace

TEST_CASE("coding: values and their bytes, both ways")
{
    for (const Row& row : rows) {
        CAPTURE(row.wire_hex);
        FieldSpec spec = spec_of(row.kind, row.coding);
        spec.pad = row.pad;
        const auto wire = golden::bytes_of_hex(row.wire_hex);
        const auto all = written(spec, row.value);
        CHECK(std::vector<std::uint8_t>(all.begin() + 3, all.end()) == wire);

        const auto read = read_field(spec, all);
        REQUIRE(read.has_value());
        CHECK(read->value == row.value);
        CHECK(read->extent.prefix == 3);
        CHECK(read->extent.size == wire.size());
        for (std::size_t size = 0; size < all.size(); ++size) {
            CHECK(read_field(spec, std::span(all).first(size)).error().code == Errc::truncated);
            std::vector<std::uint8_t> out(size);
            CHECK(write_field(spec, row.value, out).error().code == Errc::too_large);
        }
    }
}

TEST_CASE("coding: every byte survives either code page")
{
    std::string all(256, '\0');
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
    for (const Coding coding : {Coding::ebcdic, Coding::ebcdic_500}) {
        FieldSpec spec = spec_of(FieldKind::text, coding);
        spec.max = 999;
        const auto wire = written(spec, all);
        CHECK(read_field(spec, wire)->value == all);
        CHECK(wire[3 + 'A'] == 0xC1);
    }
}

TEST_CASE("coding: the separator of track data has two spellings")
{
    FieldSpec spec = spec_of(FieldKind::track, Coding::bcd);
    CHECK(written(spec, "40D2") == written(spec, "40=2"));
    spec.separator = 'D';
    CHECK(read_field(spec, written(spec, "40=2"))->value == "40D2");
}

TEST_CASE("coding: hex text is read in lower case")
{
    CHECK(read_field(spec_of(FieldKind::binary, Coding::hex), bytes_of("004a0Ff"))->value == "\xA0\xFF");
}

TEST_CASE("coding: wrong bytes are found at their place")
{
    struct Wrong {
        FieldKind kind;
        Coding coding;
        std::string wire_hex;
        std::size_t value_size;
        std::optional<std::size_t> at;
        Pad pad = Pad::left_0;
    };
    const Wrong wrongs[] = {
        {FieldKind::numeric, Coding::bcd, "12A4", 4, 1},
        {FieldKind::numeric, Coding::bcd, "124F", 4, 1},
        {FieldKind::numeric, Coding::bcd, "D234", 4, 0},
        {FieldKind::numeric, Coding::bcd, "1234", 3, 0}, // pad 1
        {FieldKind::numeric, Coding::bcd, "F234", 3, 0},
        {FieldKind::numeric, Coding::bcd, "123F", 3, 0},
        {FieldKind::numeric, Coding::bcd, "0123", 3, 0, Pad::left_f},
        {FieldKind::numeric, Coding::bcd, "F1A3", 3, 1, Pad::left_f},
        {FieldKind::numeric, Coding::bcd, "1231", 3, 1, Pad::right_0},
        {FieldKind::numeric, Coding::bcd, "1230", 3, 1, Pad::right_f},
        {FieldKind::numeric, Coding::bcd, "1A3F", 3, 0, Pad::right_f},
        {FieldKind::numeric, Coding::bcd, "1A30", 3, 0, Pad::right_0},
        {FieldKind::numeric, Coding::bcd, "01234567890123456A", 18, 8},
        {FieldKind::numeric, Coding::bcd, "0B2345678901234567", 18, 0},
        {FieldKind::nibbles, Coding::bcd, "1ABC", 3, 0},
        {FieldKind::nibbles, Coding::ascii, "304166", 3, std::nullopt}, // 0Af
        {FieldKind::nibbles, Coding::ascii, "303147", 3, 2},
        {FieldKind::nibbles, Coding::ebcdic, "F0C7F1", 3, 1},
        {FieldKind::track, Coding::bcd, "40E2", 4, 1},
        {FieldKind::track, Coding::bcd, "D40D", 3, 0},
        {FieldKind::amount, Coding::bcd, "4600000050", 9, 0},
        {FieldKind::amount, Coding::bcd, "0000000050", 9, 0},
        {FieldKind::amount, Coding::bcd, "43000000A0", 9, 4},
        {FieldKind::amount, Coding::bcd, "43D0000050", 9, 1},
        {FieldKind::amount, Coding::ebcdic, "43F0F0", 3, 0},
        {FieldKind::amount, Coding::ebcdic, "C3F030", 3, 2},
        {FieldKind::numeric, Coding::ebcdic, "F0FA", 2, 1},
        {FieldKind::numeric, Coding::ebcdic, "3031", 2, 0},
        {FieldKind::track, Coding::ebcdic, "F43D", 2, 1},
        {FieldKind::binary, Coding::hex, "30473030", 2, 1},
        {FieldKind::binary, Coding::hex, "30304730", 2, 2},
        {FieldKind::binary, Coding::ebcdic_hex, "F0C1C7F0", 2, 2},
    };
    for (const Wrong& wrong : wrongs) {
        CAPTURE(wrong.wire_hex);
        CAPTURE(wrong.value_size);
        FieldSpec spec = spec_of(wrong.kind, wrong.coding);
        spec.pad = wrong.pad;
        CHECK(find_bad_byte(spec, golden::bytes_of_hex(wrong.wire_hex), wrong.value_size) == wrong.at);
    }
}

TEST_CASE("coding: characters are refused only where they do harm")
{
    struct Wrong {
        FieldKind kind;
        std::string value;
        std::optional<std::size_t> at;
    };
    const Wrong wrongs[] = {
        {FieldKind::numeric, "12 4", 2},         {FieldKind::numeric, "-123", 0},
        {FieldKind::numeric, "123=", 3},         {FieldKind::numeric, "\xB2", 0},
        {FieldKind::numeric, "1/3", 1},          {FieldKind::numeric, "01234:", 5},
        {FieldKind::numeric, "0123456789a", 10}, {FieldKind::numeric, "a123456789012345", 0},
        {FieldKind::track, "4000d", 4},          {FieldKind::track, "4000^", 4},
        {FieldKind::amount, "00000050", 0},      {FieldKind::amount, "c0000050", 0},
        {FieldKind::amount, "C000-050", 4},      {FieldKind::amount, "CC000050", 1},
        {FieldKind::alpha, "1\xFF", {}},         {FieldKind::alnum, std::string("\x00 =", 3), {}},
        {FieldKind::text, "\x90\x01", {}},       {FieldKind::binary, "\x90\x01", {}},
    };
    for (const Wrong& wrong : wrongs) {
        CAPTURE(wrong.value);
        const FieldSpec spec =
            spec_of(wrong.kind, wrong.kind == FieldKind::binary ? Coding::raw : Coding::ascii);
        const auto wire = bytes_of(wrong.value);
        CHECK(find_bad_byte(spec, wire, wire.size()) == wrong.at);
        std::vector<std::uint8_t> out(64);
        CHECK(write_field(spec, wrong.value, out).has_value() == !wrong.at.has_value());
    }
}

TEST_CASE("coding: every character but ten is wrong in a number, wherever it stands")
{
    for (const std::size_t size : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 12U, 16U, 19U}) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::vector<std::uint8_t> ascii(size, '5');
                ascii[at] = static_cast<std::uint8_t>(byte);
                const bool is_digit = byte >= '0' && byte <= '9';
                const auto bad = find_bad_byte(spec_of(FieldKind::numeric, Coding::ascii), ascii, size);
                REQUIRE(bad == (is_digit ? std::nullopt : std::optional(at)));

                std::vector<std::uint8_t> packed(size, 0x55);
                packed[at] = static_cast<std::uint8_t>(byte);
                const bool is_packed = byte >> 4 <= 9 && (byte & 0xF) <= 9;
                const auto bad_packed =
                    find_bad_byte(spec_of(FieldKind::numeric, Coding::bcd), packed, 2 * size);
                REQUIRE(bad_packed == (is_packed ? std::nullopt : std::optional(at)));
            }
        }
    }
}

TEST_CASE("coding: counts, both ways")
{
    struct Count {
        LengthForm length;
        LengthCoding coding;
        std::size_t count;
        std::string wire_hex;
    };
    const Count counts[] = {
        {LengthForm::l, LengthCoding::ascii, 9, "39"},
        {LengthForm::ll, LengthCoding::ascii, 0, "3030"},
        {LengthForm::ll, LengthCoding::ascii, 37, "3337"},
        {LengthForm::lll, LengthCoding::ascii, 999, "393939"},
        {LengthForm::llllll, LengthCoding::ascii, 1234, "303031323334"},
        {LengthForm::ll, LengthCoding::ebcdic, 37, "F3F7"},
        {LengthForm::ll, LengthCoding::bcd, 0, "00"},
        {LengthForm::ll, LengthCoding::bcd, 37, "37"},
        {LengthForm::lll, LengthCoding::bcd, 120, "0120"},
        {LengthForm::lll, LengthCoding::bcd, 999, "0999"},
        {LengthForm::llll, LengthCoding::bcd, 1234, "1234"},
        {LengthForm::l, LengthCoding::binary, 255, "FF"},
        {LengthForm::ll, LengthCoding::binary, 258, "0102"},
        {LengthForm::ll, LengthCoding::hex, 255, "4646"},
    };
    for (const Count& count : counts) {
        CAPTURE(count.wire_hex);
        FieldSpec spec = spec_of(FieldKind::text, Coding::ascii);
        spec.length = count.length;
        spec.length_coding = count.coding;
        spec.max = 2000;
        const auto wire = written(spec, std::string(count.count, 'x'));
        const auto prefix = golden::bytes_of_hex(count.wire_hex);
        CHECK(std::vector<std::uint8_t>(wire.begin(), wire.end() - static_cast<long>(count.count)) == prefix);
        const auto extent = measure(spec, wire);
        REQUIRE(extent.has_value());
        CHECK(extent->prefix == prefix.size());
        CHECK(extent->value_size == count.count);
    }
}

TEST_CASE("coding: what a count counts")
{
    struct Counted {
        FieldKind kind;
        Coding coding;
        LengthCounts counts;
        std::string value;
        std::string wire; ///< the count as two ASCII digits, then the value in hex
        Pad pad = Pad::left_0;
    };
    const Counted rows_of_counts[] = {
        {FieldKind::numeric, Coding::bcd, LengthCounts::characters, "123", "03 0123"},
        {FieldKind::numeric, Coding::bcd, LengthCounts::nibbles, "123", "03 F123", Pad::left_f},
        {FieldKind::numeric, Coding::bcd, LengthCounts::bytes, "123", "02 123F", Pad::right_f},
        {FieldKind::numeric, Coding::bcd, LengthCounts::bytes, "123", "02 F123", Pad::left_f},
        {FieldKind::numeric, Coding::bcd, LengthCounts::bytes, "1234", "02 1234", Pad::right_f},
        {FieldKind::numeric, Coding::bcd, LengthCounts::bytes, "0123", "02 0123"}, // the zero may be a digit
        {FieldKind::numeric, Coding::bcd, LengthCounts::bytes, "12345", "03 012345"}, // not where max is 5
        {FieldKind::numeric, Coding::bcd, LengthCounts::bytes, "", "00 ", Pad::right_f},
        {FieldKind::text, Coding::ascii, LengthCounts::characters, "AB", "02 4142"},
        {FieldKind::text, Coding::ascii, LengthCounts::nibbles, "AB", "04 4142"},
        {FieldKind::binary, Coding::hex, LengthCounts::characters, "A", "02 3431"},
        {FieldKind::binary, Coding::hex, LengthCounts::bytes, "A", "02 3431"},
        {FieldKind::binary, Coding::hex, LengthCounts::value_bytes, "A", "01 3431"},
        {FieldKind::binary, Coding::raw, LengthCounts::value_bytes, "A", "01 41"},
    };
    for (const Counted& row : rows_of_counts) {
        CAPTURE(row.wire);
        FieldSpec spec = spec_of(row.kind, row.coding);
        spec.length = LengthForm::ll;
        spec.length_counts = row.counts;
        spec.max = 5;
        spec.pad = row.pad;
        auto wire = bytes_of(std::string_view(row.wire).substr(0, 2));
        const auto value = golden::bytes_of_hex(std::string_view(row.wire).substr(3));
        wire.insert(wire.end(), value.begin(), value.end());
        CHECK(written(spec, row.value) == wire);
        const auto read = read_field(spec, wire);
        REQUIRE(read.has_value());
        CHECK(read->value == row.value);

        spec.length_includes_itself = true;
        const auto inclusive = written(spec, row.value);
        const int own = row.counts == LengthCounts::nibbles ? 4 : 2;
        CHECK(std::stoi(std::string(inclusive.begin(), inclusive.begin() + 2)) == std::stoi(row.wire) + own);
        CHECK(read_field(spec, inclusive)->value == row.value);
    }
}

TEST_CASE("coding: a count that lies is an error before anything is read")
{
    struct Lie {
        Coding coding;
        LengthCounts counts;
        std::string count;
        Errc code;
    };
    const Lie lies[] = {
        {Coding::ascii, LengthCounts::characters, "-1", Errc::bad_length},
        {Coding::ascii, LengthCounts::characters, " 1", Errc::bad_length},
        {Coding::ascii, LengthCounts::characters, "+1", Errc::bad_length},
        {Coding::ascii, LengthCounts::characters, "1A", Errc::bad_length},
        {Coding::ascii, LengthCounts::characters, "\xB1\x31", Errc::bad_length},
        {Coding::ascii, LengthCounts::characters, "11", Errc::bad_length}, // above the maximum
        {Coding::ascii, LengthCounts::characters, "10", Errc::truncated},
        {Coding::ascii, LengthCounts::nibbles, "03", Errc::bad_length},
        {Coding::bcd, LengthCounts::characters, "11", Errc::bad_length},
        {Coding::bcd, LengthCounts::bytes, "06", Errc::bad_length},
        {Coding::hex, LengthCounts::characters, "03", Errc::bad_length}, // half a byte
        {Coding::hex, LengthCounts::value_bytes, "11", Errc::bad_length},
    };
    for (const Lie& lie : lies) {
        CAPTURE(lie.count);
        const FieldKind kind = lie.coding == Coding::ascii ? FieldKind::text
                               : lie.coding == Coding::bcd ? FieldKind::numeric
                                                           : FieldKind::binary;
        FieldSpec spec = spec_of(kind, lie.coding);
        spec.length = LengthForm::ll;
        spec.length_counts = lie.counts;
        spec.max = 10;
        const auto read = measure(spec, bytes_of(lie.count + "123"));
        REQUIRE(read.has_error());
        CHECK(read.error().code == lie.code);
    }
    FieldSpec inclusive = spec_of(FieldKind::text, Coding::ascii);
    inclusive.length_includes_itself = true;
    CHECK(measure(inclusive, bytes_of("002")).error().code == Errc::bad_length);
    for (const std::string hex : {"0A00", "A000", "000A", "00F0", "FFFF"}) {
        CAPTURE(hex);
        FieldSpec packed = spec_of(FieldKind::text, Coding::ascii);
        packed.length_coding = LengthCoding::bcd;
        CHECK(measure(packed, golden::bytes_of_hex(hex)).error().code == Errc::bad_length);
    }
}

TEST_CASE("coding: fill is no part of the value")
{
    struct Filled {
        Fill fill;
        std::string value;
        std::string wire;
    };
    const Filled filled[] = {
        {Fill::none, "0012", "0012"},       {Fill::left_zeros, "12", "0012"},
        {Fill::left_zeros, "0", "0000"},    {Fill::left_spaces, "12", "  12"},
        {Fill::left_spaces, "", "    "},    {Fill::right_spaces, "12", "12  "},
        {Fill::right_spaces, " 1", " 1  "}, {Fill::right_zeros, "12", "1200"},
        {Fill::right_zeros, "", "0000"},    {Fill::left_zeros, "1234", "1234"},
    };
    for (const Filled& row : filled) {
        CAPTURE(row.wire);
        FieldSpec spec = spec_of(FieldKind::text, Coding::ascii);
        spec.length = LengthForm::fixed;
        spec.max = 4;
        spec.fill = row.fill;
        CHECK(written(spec, row.value) == bytes_of(row.wire));
        CHECK(read_field(spec, bytes_of(row.wire))->value == row.value);
    }
}

TEST_CASE("coding: a short fixed value is filled by its kind")
{
    const auto fixed = [](FieldKind kind, Coding coding) {
        FieldSpec spec = spec_of(kind, coding);
        spec.length = LengthForm::fixed;
        spec.max = 6;
        return spec;
    };
    CHECK(written(fixed(FieldKind::numeric, Coding::ascii), "12") == bytes_of("000012"));
    CHECK(written(fixed(FieldKind::numeric, Coding::bcd), "12") == golden::bytes_of_hex("000012"));
    CHECK(written(fixed(FieldKind::amount, Coding::ascii), "D12") == bytes_of("D00012"));
    CHECK(written(fixed(FieldKind::alnum, Coding::ascii), "12") == bytes_of("12    "));
    std::vector<std::uint8_t> out(16);
    for (const FieldKind kind : {FieldKind::track, FieldKind::binary})
        CHECK(write_field(fixed(kind, Coding::ascii), "12", out).error().code == Errc::wrong_size);
    CHECK(write_field(fixed(FieldKind::text, Coding::ascii), "1234567", out).error().code ==
          Errc::wrong_size);
    CHECK(write_field(fixed(FieldKind::amount, Coding::ascii), "", out).error().code == Errc::wrong_size);
}

TEST_CASE("coding: the rest of a value is what is left")
{
    FieldSpec spec = spec_of(FieldKind::text, Coding::ascii);
    spec.length = LengthForm::rest;
    CHECK(read_field(spec, bytes_of("abc"))->value == "abc");
    CHECK(written(spec, "abc") == bytes_of("abc"));
    spec.max = 2;
    CHECK(measure(spec, bytes_of("abc")).error().code == Errc::bad_length);
}

TEST_CASE("coding: rows of a table are well formed or say why not")
{
    const FieldSpec good = {.name = "x", .kind = FieldKind::numeric, .max = 12};
    CHECK(what_is_wrong(good).empty());
    const auto broken = [&](auto change) {
        FieldSpec spec = good;
        change(spec);
        CHECK_FALSE(what_is_wrong(spec).empty());
        return what_is_wrong(spec);
    };
    CHECK(broken([](FieldSpec& s) { s.kind = FieldKind::none; }) == "the row has no kind");
    CHECK(broken([](FieldSpec& s) { s.name.clear(); }) == "the row has no name");
    CHECK(broken([](FieldSpec& s) { s.max = 0; }).starts_with("max is 0"));
    CHECK(broken([](FieldSpec& s) { s.max = 10'000; }) != "");
    CHECK(broken([](FieldSpec& s) { s.coding = Coding::raw; }).starts_with("coding does not fit kind"));
    CHECK(
        broken([](FieldSpec& s) { s.kind = FieldKind::text, s.coding = Coding::bcd; }).starts_with("coding"));
    CHECK(broken([](FieldSpec& s) { s.kind = FieldKind::binary; }).starts_with("coding does not fit kind"));
    CHECK(
        broken([](FieldSpec& s) { s.length = LengthForm::ll, s.max = 100; }).starts_with("max does not fit"));
    CHECK(broken([](FieldSpec& s) {
              s.kind = FieldKind::amount, s.max = 1;
          }).starts_with("an amount is a sign and digits"));
    CHECK(broken([](FieldSpec& s) {
              s = {.name = "x",
                   .kind = FieldKind::binary,
                   .length = LengthForm::lll,
                   .max = 500,
                   .coding = Coding::hex};
          }).starts_with("max does not fit length"));
    CHECK(broken([](FieldSpec& s) {
              s = {.name = "x",
                   .kind = FieldKind::numeric,
                   .length = LengthForm::ll,
                   .max = 19,
                   .coding = Coding::bcd,
                   .length_counts = LengthCounts::bytes,
                   .pad = Pad::right_0};
          }).starts_with("a count of bytes does not tell"));
}
