#include "codec/coding.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codec;

namespace {

FieldSpec spec_of(FieldKind kind, Coding coding)
{
    return {.name = "x", .kind = kind, .length = LengthForm::lll, .max = 99, .coding = coding};
}

struct Row {
    FieldKind kind;
    Coding coding;
    std::string value;
    std::string wire_hex;
};

const Row rows[] = {
    {FieldKind::numeric, Coding::ascii, "000123", "303030313233"},
    {FieldKind::numeric, Coding::bcd, "000123", "000123"},
    {FieldKind::numeric, Coding::bcd, "123", "0123"},
    {FieldKind::numeric, Coding::bcd, "9", "09"},
    {FieldKind::numeric, Coding::bcd, "", ""},
    {FieldKind::track, Coding::ascii, "4000=2512D", "343030303D3235313244"},
    {FieldKind::track, Coding::bcd, "4000=2512", "04000D2512"},
    {FieldKind::track, Coding::bcd, "40=2", "40D2"},
    {FieldKind::amount, Coding::ascii, "C00000050", "433030303030303530"},
    {FieldKind::amount, Coding::bcd, "D00000050", "4400000050"},
    {FieldKind::amount, Coding::bcd, "C123", "430123"},
    {FieldKind::alnum, Coding::ascii, "A1b", "413162"},
    {FieldKind::text, Coding::ascii, "\xC3\x84\x01", "C38401"},
    {FieldKind::binary, Coding::raw, std::string("\x00\xFF", 2), "00FF"},
    {FieldKind::binary, Coding::hex, std::string("\x00\xFF\x1A", 3), "303046463141"},
};

} // namespace

TEST_CASE("coding: values and their bytes, both ways")
{
    for (const Row& row : rows) {
        CAPTURE(row.wire_hex);
        const FieldSpec spec = spec_of(row.kind, row.coding);
        const auto wire = golden::bytes_of_hex(row.wire_hex);
        CHECK(wire_size_of_value(spec, row.value.size()) == wire.size());
        CHECK_FALSE(find_bad_character(row.kind, row.value).has_value());

        std::vector<std::uint8_t> written = {0xAA};
        append_value(spec, row.value, written);
        CHECK(std::vector<std::uint8_t>(written.begin() + 1, written.end()) == wire);

        if (is_plain(row.coding)) continue;
        std::string value(row.value.size(), '?');
        CHECK_FALSE(unpack_value(spec, wire, value).has_value());
        CHECK(value == row.value);
    }
}

TEST_CASE("coding: packed track data reads = and D alike")
{
    std::vector<std::uint8_t> wire;
    append_value(spec_of(FieldKind::track, Coding::bcd), "40D2", wire);
    CHECK(wire == golden::bytes_of_hex("40D2"));
}

TEST_CASE("coding: hex text is read in lower case")
{
    std::string value(2, '?');
    const std::string wire = "a0Ff";
    CHECK_FALSE(unpack_value(spec_of(FieldKind::binary, Coding::hex),
                             std::vector<std::uint8_t>(wire.begin(), wire.end()), value));
    CHECK(value == "\xA0\xFF");
}

TEST_CASE("coding: wrong packed bytes are found at their place")
{
    struct Wrong {
        FieldKind kind;
        Coding coding;
        std::string wire_hex;
        std::size_t value_size;
        std::size_t at;
    };
    const Wrong wrongs[] = {
        {FieldKind::numeric, Coding::bcd, "12A4", 4, 1},
        {FieldKind::numeric, Coding::bcd, "124F", 4, 1},
        {FieldKind::numeric, Coding::bcd, "D234", 4, 0},
        {FieldKind::numeric, Coding::bcd, "1234", 3, 0}, // pad 1
        {FieldKind::numeric, Coding::bcd, "F234", 3, 0},
        {FieldKind::numeric, Coding::bcd, "123F", 3, 0},
        {FieldKind::track, Coding::bcd, "40E2", 4, 1},
        {FieldKind::track, Coding::bcd, "D40D", 3, 0},
        {FieldKind::amount, Coding::bcd, "4600000050", 9, 0},
        {FieldKind::amount, Coding::bcd, "0000000050", 9, 0},
        {FieldKind::amount, Coding::bcd, "43000000A0", 9, 4},
        {FieldKind::amount, Coding::bcd, "43D0000050", 9, 1},
        {FieldKind::binary, Coding::hex, "30473030", 2, 1},
        {FieldKind::binary, Coding::hex, "30304730", 2, 2},
    };
    for (const Wrong& wrong : wrongs) {
        CAPTURE(wrong.wire_hex);
        CAPTURE(wrong.value_size);
        std::string value(wrong.value_size, '?');
        const auto wire = golden::bytes_of_hex(wrong.wire_hex);
        CHECK(unpack_value(spec_of(wrong.kind, wrong.coding), wire, value) == wrong.at);
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
        {FieldKind::numeric, "12 4", 2},     {FieldKind::numeric, "-123", 0},
        {FieldKind::numeric, "123=", 3},     {FieldKind::numeric, "\xB2", 0},
        {FieldKind::track, "4000d", 4},      {FieldKind::track, "4000^", 4},
        {FieldKind::amount, "00000050", 0},  {FieldKind::amount, "c0000050", 0},
        {FieldKind::amount, "C000-050", 4},  {FieldKind::amount, "CC000050", 1},
        {FieldKind::amount, "", {}},         {FieldKind::alpha, "1\xFF", {}},
        {FieldKind::alnum, "\x00 =", {}},    {FieldKind::text, "\x90\x01", {}},
        {FieldKind::binary, "\x90\x01", {}},
    };
    for (const Wrong& wrong : wrongs) {
        CAPTURE(wrong.value);
        CHECK(find_bad_character(wrong.kind, wrong.value) == wrong.at);
    }
}

TEST_CASE("coding: length prefixes, both ways")
{
    struct Prefix {
        LengthForm length;
        Coding coding;
        std::size_t count;
        std::string wire_hex;
    };
    const Prefix prefixes[] = {
        {LengthForm::ll, Coding::ascii, 0, "3030"},      {LengthForm::ll, Coding::ascii, 37, "3337"},
        {LengthForm::lll, Coding::ascii, 999, "393939"}, {LengthForm::ll, Coding::bcd, 0, "00"},
        {LengthForm::ll, Coding::bcd, 37, "37"},         {LengthForm::lll, Coding::bcd, 120, "0120"},
        {LengthForm::lll, Coding::bcd, 999, "0999"},     {LengthForm::fixed, Coding::ascii, 0, ""},
        {LengthForm::fixed, Coding::bcd, 0, ""},
    };
    for (const Prefix& prefix : prefixes) {
        CAPTURE(prefix.wire_hex);
        FieldSpec spec = spec_of(FieldKind::text, Coding::ascii);
        spec.length = prefix.length;
        spec.length_coding = prefix.coding;
        const auto wire = golden::bytes_of_hex(prefix.wire_hex);
        CHECK(prefix_size(spec) == wire.size());
        CHECK(read_prefix(spec, wire) == prefix.count);
        std::vector<std::uint8_t> written;
        append_prefix(spec, prefix.count, written);
        CHECK(written == wire);
    }
}

TEST_CASE("coding: a length prefix is a decimal number")
{
    for (const std::string text : {" 1", "1 ", "+1", "-1", "0x", "1A", "\xB1\x31"}) {
        CAPTURE(text);
        FieldSpec spec = spec_of(FieldKind::text, Coding::ascii);
        spec.length = LengthForm::ll;
        const std::string_view wire(text);
        CHECK_FALSE(read_prefix(spec, std::vector<std::uint8_t>(wire.begin(), wire.end())).has_value());
    }
    for (const std::string hex : {"0A00", "A000", "000A", "00F0", "FFFF"}) {
        CAPTURE(hex);
        FieldSpec spec = spec_of(FieldKind::text, Coding::ascii);
        spec.length_coding = Coding::bcd;
        CHECK_FALSE(read_prefix(spec, golden::bytes_of_hex(hex)).has_value());
    }
}

TEST_CASE("coding: hex text is counted in characters")
{
    const FieldSpec spec = spec_of(FieldKind::binary, Coding::hex);
    CHECK(count_of_value(spec, 120) == 240);
    CHECK(value_size_of_count(spec, 240) == 120);
    CHECK_FALSE(value_size_of_count(spec, 239).has_value());
    CHECK(count_of_value(spec_of(FieldKind::binary, Coding::raw), 120) == 120);
    CHECK(count_of_value(spec_of(FieldKind::numeric, Coding::bcd), 19) == 19);
}

TEST_CASE("coding: rows of a table are well formed or say why not")
{
    const FieldSpec good = {.name = "x", .kind = FieldKind::numeric, .max = 12};
    CHECK(is_well_formed(good));
    const auto broken = [&](auto change) {
        FieldSpec spec = good;
        change(spec);
        CHECK_FALSE(is_well_formed(spec));
        return what_is_wrong(spec);
    };
    CHECK(broken([](FieldSpec& s) { s.kind = FieldKind::none; }) == "the row has no kind");
    CHECK(broken([](FieldSpec& s) { s.name.clear(); }) == "the row has no name");
    CHECK(broken([](FieldSpec& s) { s.max = 0; }).starts_with("max is 0"));
    CHECK(broken([](FieldSpec& s) { s.max = 1000; }).starts_with("max does not fit length"));
    CHECK(broken([](FieldSpec& s) { s.coding = Coding::raw; }).starts_with("coding does not fit kind"));
    CHECK(
        broken([](FieldSpec& s) { s.kind = FieldKind::text, s.coding = Coding::bcd; }).starts_with("coding"));
    CHECK(broken([](FieldSpec& s) { s.kind = FieldKind::binary; }).starts_with("coding does not fit kind"));
    CHECK(broken([](FieldSpec& s) { s.length_coding = Coding::hex; }).starts_with("length_coding"));
    CHECK(
        broken([](FieldSpec& s) { s.length = LengthForm::ll, s.max = 100; }).starts_with("max does not fit"));
    CHECK(broken([](FieldSpec& s) {
              s.kind = FieldKind::amount, s.max = 1;
          }).starts_with("an amount is fixed"));
    CHECK(broken([](FieldSpec& s) {
              s = {.name = "x",
                   .kind = FieldKind::binary,
                   .length = LengthForm::lll,
                   .max = 500,
                   .coding = Coding::hex};
          }).starts_with("max does not fit length"));
}
