#include "codec/bitmap.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codec;

namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text)
{
    return {text.begin(), text.end()};
}

std::vector<int> bits_of(const Bitmap& bitmap)
{
    std::vector<int> bits;
    for (int bit = bitmap.next_after(0); bit != 0; bit = bitmap.next_after(bit)) bits.push_back(bit);
    return bits;
}

Bitmap bitmap_of(std::initializer_list<int> bits)
{
    Bitmap bitmap;
    for (const int bit : bits) bitmap.set(bit);
    return bitmap;
}

std::vector<std::uint8_t> written(const BitmapRule& rule, const Bitmap& bitmap)
{
    std::vector<std::uint8_t> out(96);
    out.resize(write_bitmap(rule, bitmap, out));
    return out;
}

constexpr BitmapRule hex_rule{.form = BitmapForm::hex};
constexpr BitmapRule binary_rule{.form = BitmapForm::binary};
constexpr BitmapRule ebcdic_rule{.form = BitmapForm::ebcdic_hex};

std::vector<std::uint8_t> in_ebcdic(std::string_view hex_digits)
{
    std::vector<std::uint8_t> out;
    for (const char c : hex_digits)
        out.push_back(static_cast<std::uint8_t>(c <= '9' ? c - '0' + 0xF0 : c - 'A' + 0xC1));
    return out;
}

} // namespace

TEST_CASE("bitmap: what is written is read, in all forms")
{
    struct Row {
        Bitmap bitmap;
        std::string hex;
    };
    const Row rows[] = {
        {bitmap_of({}), "0000000000000000"},
        {bitmap_of({2}), "4000000000000000"},
        {bitmap_of({64}), "0000000000000001"},
        {bitmap_of({2, 3, 4, 7, 11, 12, 13, 22, 25, 32, 37, 41, 42, 49}), "7238048108C08000"},
        {bitmap_of({66}), "80000000000000004000000000000000"},
        {bitmap_of({128}), "80000000000000000000000000000001"},
        {bitmap_of({2, 63, 64, 65, 66, 127, 128}), "C000000000000003C000000000000003"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.hex);
        CHECK(written(hex_rule, row.bitmap) == bytes_of(row.hex));
        CHECK(written(binary_rule, row.bitmap) == golden::bytes_of_hex(row.hex));
        CHECK(written(ebcdic_rule, row.bitmap) == in_ebcdic(row.hex));
        for (const BitmapRule& rule : {hex_rule, binary_rule, ebcdic_rule}) {
            const auto wire = written(rule, row.bitmap);
            const auto read = read_bitmap(rule, wire);
            REQUIRE(read.has_value());
            CHECK(read->bitmap == row.bitmap);
            CHECK(read->size == wire.size());
        }
    }
}

TEST_CASE("bitmap: every single bit is its own")
{
    for (int bit = 2; bit <= 192; ++bit) {
        CAPTURE(bit);
        const Bitmap bitmap = bitmap_of({bit});
        CHECK(bits_of(bitmap) == std::vector<int>{bit});
        CHECK(bitmap.has(bit));
    }
}

TEST_CASE("bitmap: bits come out in ascending order over all words")
{
    const Bitmap bitmap = bitmap_of({192, 128, 65, 2, 64, 129, 100});
    CHECK(bits_of(bitmap) == std::vector<int>{2, 64, 65, 100, 128, 129, 192});
    CHECK(bitmap.next_after(192) == 0);
}

TEST_CASE("bitmap: lower case is read")
{
    const auto read = read_bitmap(hex_rule, bytes_of("72380481b8c0800f"));
    REQUIRE(read.has_value());
    CHECK(written(hex_rule, read->bitmap) == bytes_of("72380481B8C0800F"));
}

TEST_CASE("bitmap: an announced secondary bitmap without bits is accepted and not sent")
{
    const auto read = read_bitmap(hex_rule, bytes_of("C0000000000000000000000000000000"));
    REQUIRE(read.has_value());
    CHECK(read->size == 32);
    CHECK(bits_of(read->bitmap) == std::vector<int>{2});
    CHECK(written(hex_rule, read->bitmap) == bytes_of("4000000000000000"));
}

TEST_CASE("bitmap: bytes behind it are not read")
{
    const auto read = read_bitmap(binary_rule, golden::bytes_of_hex("4000000000000000FFFF"));
    REQUIRE(read.has_value());
    CHECK(read->size == 8);
}

TEST_CASE("bitmap: every cut is an error")
{
    for (const std::string hex : {"7238048108C08000", "F2380481B8C0800F0000004000000000"}) {
        const auto text = bytes_of(hex);
        for (std::size_t size = 0; size < text.size(); ++size) {
            CAPTURE(size);
            const auto read = read_bitmap(hex_rule, std::span(text).first(size));
            REQUIRE(read.has_error());
            CHECK(read.error() == Error{Errc::truncated, 1, size < 16 ? 0U : 16U});
        }
        const auto binary = golden::bytes_of_hex(hex);
        for (std::size_t size = 0; size < binary.size(); ++size)
            CHECK(read_bitmap(binary_rule, std::span(binary).first(size)).has_error());
    }
}

TEST_CASE("bitmap: a character that is no hex digit is an error at its place")
{
    for (const char wrong : {'G', 'g', ' ', '/', ':', '@', '`', '\0', '\xFF'}) {
        for (const std::size_t at : {0U, 7U, 15U, 16U, 31U}) {
            auto text = bytes_of("F2380481B8C0800F0000004000000000");
            text[at] = static_cast<std::uint8_t>(wrong);
            const auto read = read_bitmap(hex_rule, text);
            REQUIRE(read.has_error());
            CHECK(read.error() == Error{Errc::bad_bitmap, 1, at});
        }
    }
}

TEST_CASE("bitmap: two may always be there, whatever bit 1 says")
{
    struct Row {
        FirstBit first_bit;
        std::string alone;   ///< element 2
        std::string with_70; ///< elements 2 and 70
    };
    const Row rows[] = {
        {FirstBit::set, "C0000000000000000000000000000000", "C0000000000000000400000000000000"},
        {FirstBit::announces, "40000000000000000000000000000000", "C0000000000000000400000000000000"},
        {FirstBit::clear, "40000000000000000000000000000000", "40000000000000000400000000000000"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.alone);
        const BitmapRule rule{.form = BitmapForm::hex, .always_two = true, .first_bit = row.first_bit};
        CHECK(written(rule, bitmap_of({2})) == bytes_of(row.alone));
        CHECK(written(rule, bitmap_of({2, 70})) == bytes_of(row.with_70));
        for (const std::string& hex : {row.alone, row.with_70}) {
            const auto read = read_bitmap(rule, bytes_of(hex));
            REQUIRE(read.has_value());
            CHECK(read->size == 32);
            CHECK(written(rule, read->bitmap) == bytes_of(hex));
            CHECK(read_bitmap(rule, bytes_of(hex.substr(0, 31))).error() == Error{Errc::truncated, 1, 16});
        }
    }
    const BitmapRule clear{.form = BitmapForm::hex, .always_two = true, .first_bit = FirstBit::clear};
    CHECK(read_bitmap(clear, bytes_of(rows[0].alone)).error().code == Errc::bad_bitmap);
}

TEST_CASE("bitmap: bit 65 announces a third one where the rule says so, and is an element elsewhere")
{
    const std::string hex = "800000000000000080000000000000004000000000000001";
    const BitmapRule three{.form = BitmapForm::hex, .count_max = 3};
    const auto read = read_bitmap(three, bytes_of(hex));
    REQUIRE(read.has_value());
    CHECK(bits_of(read->bitmap) == std::vector<int>{130, 192});
    CHECK(read->size == 48);
    CHECK(written(three, read->bitmap) == bytes_of(hex));
    CHECK(read_bitmap(three, bytes_of(hex.substr(0, 47))).error() == Error{Errc::truncated, 1, 32});

    const auto two = read_bitmap(hex_rule, bytes_of(hex));
    REQUIRE(two.has_value());
    CHECK(bits_of(two->bitmap) == std::vector<int>{65});
    CHECK(two->size == 32);
    CHECK(read_bitmap({.form = BitmapForm::hex, .count_max = 1}, bytes_of(hex)).error() ==
          Error{Errc::bad_bitmap, 1, 0});
}

TEST_CASE("bitmap: there must be room for what is written")
{
    std::vector<std::uint8_t> out(31);
    CHECK(write_bitmap(hex_rule, bitmap_of({70}), out) == 0);
    CHECK(write_bitmap(hex_rule, bitmap_of({7}), out) == 16);
}

TEST_CASE("bitmap: that of a structure has any number of bytes and announces nothing")
{
    struct Row {
        int bits;
        Bitmap bitmap;
        std::string hex;
    };
    const Row rows[] = {
        {8, bitmap_of({1, 8}), "81"},
        {24, bitmap_of({1, 2, 3, 11}), "E02000"},
        {64, bitmap_of({1, 64}), "8000000000000001"},
        {72, bitmap_of({1, 65, 72}), "800000000000000081"},
        {192, bitmap_of({1, 65, 129, 192}), "800000000000000080000000000000008000000000000001"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.hex);
        for (const BitmapForm form : {BitmapForm::binary, BitmapForm::hex, BitmapForm::ebcdic_hex}) {
            const auto wire = form == BitmapForm::binary ? golden::bytes_of_hex(row.hex)
                              : form == BitmapForm::hex  ? bytes_of(row.hex)
                                                         : in_ebcdic(row.hex);
            const auto read = read_plain_bitmap(form, row.bits, wire);
            REQUIRE(read.has_value());
            CHECK(read->bitmap == row.bitmap);
            CHECK(read->size == wire.size());
            std::vector<std::uint8_t> out(wire.size());
            CHECK(write_plain_bitmap(form, row.bits, row.bitmap, out) == wire.size());
            CHECK(out == wire);
            for (std::size_t size = 0; size < wire.size(); ++size) {
                CHECK(read_plain_bitmap(form, row.bits, std::span(wire).first(size)).error().code ==
                      Errc::truncated);
                CHECK(write_plain_bitmap(form, row.bits, row.bitmap, std::span(out).first(size)) == 0);
            }
        }
    }
}
