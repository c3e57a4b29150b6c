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

} // namespace

TEST_CASE("bitmap: what is written is read, in both forms")
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
        std::vector<std::uint8_t> hex;
        append_bitmap(BitmapForm::hex, row.bitmap, hex);
        CHECK(std::string(hex.begin(), hex.end()) == row.hex);
        std::vector<std::uint8_t> binary;
        append_bitmap(BitmapForm::binary, row.bitmap, binary);
        CHECK(binary == golden::bytes_of_hex(row.hex));

        const auto from_hex = read_bitmap(BitmapForm::hex, hex);
        REQUIRE(from_hex.has_value());
        CHECK(from_hex->bitmap == row.bitmap);
        CHECK(from_hex->size == hex.size());
        const auto from_binary = read_bitmap(BitmapForm::binary, binary);
        REQUIRE(from_binary.has_value());
        CHECK(from_binary->bitmap == row.bitmap);
        CHECK(from_binary->size == binary.size());
    }
}

TEST_CASE("bitmap: every single bit is its own")
{
    for (int bit = 2; bit <= 128; ++bit) {
        CAPTURE(bit);
        const Bitmap bitmap = bitmap_of({bit});
        CHECK(bits_of(bitmap) == std::vector<int>{bit});
        CHECK(bitmap.has(bit));
        CHECK(bitmap.has_secondary() == (bit > 64));
    }
}

TEST_CASE("bitmap: bits come out in ascending order over both halves")
{
    const Bitmap bitmap = bitmap_of({128, 65, 2, 64, 100});
    CHECK(bits_of(bitmap) == std::vector<int>{2, 64, 65, 100, 128});
    CHECK(bitmap.next_after(128) == 0);
}

TEST_CASE("bitmap: lower case is read")
{
    const auto read = read_bitmap(BitmapForm::hex, bytes_of("72380481b8c0800f"));
    REQUIRE(read.has_value());
    std::vector<std::uint8_t> sent;
    append_bitmap(BitmapForm::hex, read->bitmap, sent);
    CHECK(sent == bytes_of("72380481B8C0800F"));
}

TEST_CASE("bitmap: an announced secondary bitmap without bits is accepted and not sent")
{
    const auto read = read_bitmap(BitmapForm::hex, bytes_of("C0000000000000000000000000000000"));
    REQUIRE(read.has_value());
    CHECK(read->size == 32);
    CHECK(bits_of(read->bitmap) == std::vector<int>{2});
    std::vector<std::uint8_t> sent;
    append_bitmap(BitmapForm::hex, read->bitmap, sent);
    CHECK(sent == bytes_of("4000000000000000"));
}

TEST_CASE("bitmap: bytes behind it are not read")
{
    const auto read = read_bitmap(BitmapForm::binary, golden::bytes_of_hex("4000000000000000FFFF"));
    REQUIRE(read.has_value());
    CHECK(read->size == 8);
}

TEST_CASE("bitmap: every cut is an error")
{
    for (const std::string hex : {"7238048108C08000", "F2380481B8C0800F0000004000000000"}) {
        const auto text = bytes_of(hex);
        for (std::size_t size = 0; size < text.size(); ++size) {
            CAPTURE(size);
            const auto read = read_bitmap(BitmapForm::hex, std::span(text).first(size));
            REQUIRE(read.has_error());
            CHECK(read.error() == Error{Errc::truncated, 1, size < 16 ? 0U : 16U});
        }
        const auto binary = golden::bytes_of_hex(hex);
        for (std::size_t size = 0; size < binary.size(); ++size)
            CHECK(read_bitmap(BitmapForm::binary, std::span(binary).first(size)).has_error());
    }
}

TEST_CASE("bitmap: a character that is no hex digit is an error at its place")
{
    for (const char wrong : {'G', 'g', ' ', '/', ':', '@', '`', '\0', '\xFF'}) {
        for (const std::size_t at : {0U, 7U, 15U, 16U, 31U}) {
            auto text = bytes_of("F2380481B8C0800F0000004000000000");
            text[at] = static_cast<std::uint8_t>(wrong);
            const auto read = read_bitmap(BitmapForm::hex, text);
            REQUIRE(read.has_error());
            CHECK(read.error() == Error{Errc::bad_bitmap, 1, at});
        }
    }
}
