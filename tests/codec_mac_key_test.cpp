#include "codec/mac_key.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using codec::MacAlgorithm;
using codec::MacKey;
using codec::MacPadding;
using golden::bytes_of_hex;

namespace {

using Bytes = std::vector<std::uint8_t>;

std::string raw(const std::string& hex)
{
    const Bytes bytes = bytes_of_hex(hex);
    return {bytes.begin(), bytes.end()};
}

Bytes bytes_of(const std::string& text)
{
    return {text.begin(), text.end()};
}

struct Row {
    const char* name;
    MacAlgorithm algorithm;
    MacPadding padding;
    Bytes key;
    Bytes data;
    const char* mac; ///< its leading bytes
};

void check_rows(const std::vector<Row>& rows)
{
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const MacKey key(row.algorithm, row.key);
        const std::string mac = key.mac_of(row.data, row.padding);
        CHECK(mac.size() == codec::mac_bytes_of(row.algorithm));
        CHECK(mac.substr(0, raw(row.mac).size()) == raw(row.mac));
        CHECK(key.mac_of(row.data, row.padding) == mac);
    }
}

} // namespace

TEST_CASE("mac key: published codes of the DES algorithms")
{
    constexpr auto retail = MacAlgorithm::retail;
    constexpr auto cbc = MacAlgorithm::cbc_3des;
    constexpr auto method_1 = MacPadding::method_1;
    constexpr auto method_2 = MacPadding::method_2;
    // rkbalgi/iso8583_rs, src/crypto/mac.rs (Apache-2.0)
    const Bytes key = bytes_of_hex("e0f4543f3e2a2c5ffc7e5e5a222e3e4d");
    const Bytes data_8 = bytes_of_hex("0102030405060708");
    const Bytes data_13 = bytes_of_hex("01020304050607080102030405");
    const Bytes data_16 = bytes_of_hex("01020304050607080102030405060708");
    const Bytes data_26 = bytes_of_hex("0102030405060708010203040506070801020304050607080000");
    // moov-io/iso8583, issue 253 (Apache-2.0): a whole network management message
    const Bytes key_0800 = bytes_of_hex("1A1B1C1D1E1F2A2B2C2D2E2F3A3B3C3D");
    const Bytes data_0800 =
        bytes_of_hex("0800603804010881000116837299000022446695128200000209514005310100061999001200"
                     "000000243139303030303239000702000430303030");
    check_rows({
        {"triple DES, one block", cbc, method_1, key, data_8, "7d34c3071da931b9"},
        {"triple DES, two blocks", cbc, method_1, key, data_16, "0fe28f4b5537ee79"},
        {"triple DES, padded with zeros", cbc, method_1, key, data_13, "8fb12963d5661a22"},
        {"triple DES, padded with 80", cbc, method_2, key, data_13, "8568cd2b7698605f"},
        {"triple DES, a message", cbc, method_1, key_0800, data_0800, "23d628cf6063ad4e"},
        {"retail, one block", retail, method_1, key, data_8, "7d34c3071da931b9"},
        {"retail, padded with zeros", retail, method_1, key, data_26, "149f99288681d292"},
        {"retail, padded with 80", retail, method_2, key, data_26, "4689dd5a87015394"},
    });
}

TEST_CASE("mac key: triple DES with three keys chains as OpenSSL's own command does")
{
    // openssl enc -des-ede3-cbc -nopad -iv 0000000000000000 -K ... | tail --bytes=8
    const Bytes key = bytes_of_hex("0123456789abcdef23456789abcdef01456789abcdef0123");
    check_rows({{"two blocks", MacAlgorithm::cbc_3des, MacPadding::method_1, key,
                 bytes_of_hex("01020304050607080102030405060708"), "38817b8db71c9104"}});
}

TEST_CASE("mac key: published codes of AES-CMAC")
{
    constexpr auto cmac = MacAlgorithm::aes_cmac;
    constexpr auto any = MacPadding::method_2;
    const Bytes key_128 = bytes_of_hex("2b7e151628aed2a6abf7158809cf4f3c");
    const Bytes key_192 = bytes_of_hex("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b");
    const Bytes key_256 = bytes_of_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    const Bytes data_64 = bytes_of_hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                                       "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    const Bytes data_16(data_64.begin(), data_64.begin() + 16);
    const Bytes data_40(data_64.begin(), data_64.begin() + 40);
    check_rows({
        // RFC 4493, section 4
        {"no data", cmac, any, key_128, {}, "bb1d6929e95937287fa37d129b756746"},
        {"16 bytes", cmac, any, key_128, data_16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {"40 bytes", cmac, any, key_128, data_40, "dfa66747de9ae63030ca32611497c827"},
        {"64 bytes", cmac, any, key_128, data_64, "51f0bebf7e3b9d92fc49741779363cfe"},
        // NIST SP 800-38B, appendix D
        {"192 bits, no data", cmac, any, key_192, {}, "d17ddf46adaacde531cac483de7a9367"},
        {"192 bits, 16 bytes", cmac, any, key_192, data_16, "9e99a7bf31e710900662f65e617c5184"},
        {"256 bits, no data", cmac, any, key_256, {}, "028962f61b7bf89efc6b551f4667d983"},
        {"256 bits, 16 bytes", cmac, any, key_256, data_16, "28a7023f452e8f82bd4bf28d8c37c35c"},
    });
}

TEST_CASE("mac key: published codes of HMAC-SHA-256")
{
    constexpr auto hmac = MacAlgorithm::hmac_sha256;
    constexpr auto any = MacPadding::method_1;
    // RFC 4231; its case 2 has a key of four bytes, which is refused here.
    check_rows({
        {"case 1", hmac, any, Bytes(20, 0x0b), bytes_of("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"case 3", hmac, any, Bytes(20, 0xaa), Bytes(50, 0xdd),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {"case 4", hmac, any, bytes_of_hex("0102030405060708090a0b0c0d0e0f10111213141516171819"),
         Bytes(50, 0xcd), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {"case 5, truncated", hmac, any, Bytes(20, 0x0c), bytes_of("Test With Truncation"),
         "a3b6167473100ee06e0c796c2955552b"},
        {"case 6", hmac, any, Bytes(131, 0xaa),
         bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    });
}

TEST_CASE("mac key: paddings differ where they should")
{
    const Bytes key = bytes_of_hex("e0f4543f3e2a2c5ffc7e5e5a222e3e4d");
    for (const auto algorithm : {MacAlgorithm::retail, MacAlgorithm::cbc_3des}) {
        const MacKey mac_key(algorithm, key);
        const auto zeros = [&](std::size_t count) {
            return mac_key.mac_of(Bytes(count), MacPadding::method_1);
        };
        const auto mark = [&](std::size_t count) {
            return mac_key.mac_of(Bytes(count), MacPadding::method_2);
        };
        CHECK(zeros(0) == zeros(8)); // no data are one block
        CHECK(zeros(3) == zeros(8));
        CHECK(zeros(8) != zeros(9));
        CHECK(mark(0) != mark(8));
        CHECK(mark(3) != mark(8));
        CHECK(mark(7) != zeros(8));
        Bytes marked(8);
        marked[7] = 0x80;
        CHECK(mark(7) == mac_key.mac_of(marked, MacPadding::method_1));
    }
}

TEST_CASE("mac key: only keys of the algorithm's sizes, and an error shows none")
{
    struct Sizes {
        MacAlgorithm algorithm;
        std::vector<std::size_t> good;
    };
    const Sizes all[] = {
        {MacAlgorithm::retail, {16}},
        {MacAlgorithm::cbc_3des, {16, 24}},
        {MacAlgorithm::aes_cmac, {16, 24, 32}},
        {MacAlgorithm::hmac_sha256, {16, 20, 32, 64, 100}},
    };
    const std::size_t tried[] = {0, 1, 8, 15, 16, 17, 20, 23, 24, 25, 31, 32, 33, 64, 100};
    for (const auto& [algorithm, good] : all) {
        CAPTURE(static_cast<int>(algorithm));
        for (const std::size_t size : tried) {
            CAPTURE(size);
            const Bytes key(size, 'K');
            const bool is_good = std::find(good.begin(), good.end(), size) != good.end() ||
                                 (algorithm == MacAlgorithm::hmac_sha256 && size >= 16);
            std::string what;
            try {
                const MacKey made(algorithm, key);
                CHECK(made.algorithm() == algorithm);
            } catch (const std::invalid_argument& error) {
                what = error.what();
            }
            CHECK(what.empty() == is_good);
            if (is_good) continue;
            CHECK(what.find("bytes, not of " + std::to_string(size)) != std::string::npos);
            CHECK(what.find("KKK") == std::string::npos);
            CHECK(what.find("4b4b") == std::string::npos);
        }
    }
}

TEST_CASE("mac key: an algorithm that OpenSSL does not offer is an error when the key is made")
{
    REQUIRE(EVP_set_default_properties(nullptr, "provider=none") == 1);
    for (const auto algorithm : {MacAlgorithm::retail, MacAlgorithm::aes_cmac})
        CHECK_THROWS_AS(MacKey(algorithm, Bytes(16, 1)), std::runtime_error);
    REQUIRE(EVP_set_default_properties(nullptr, "") == 1);
    CHECK_NOTHROW(MacKey(MacAlgorithm::retail, Bytes(16, 1)));
}

TEST_CASE("mac key: moves, and serves several threads")
{
    for (const auto algorithm : {MacAlgorithm::retail, MacAlgorithm::aes_cmac, MacAlgorithm::hmac_sha256}) {
        MacKey first(algorithm, Bytes(16, 1));
        const std::string expected = first.mac_of(Bytes(100, 7), MacPadding::method_1);
        MacKey second(algorithm, Bytes(16, 2));
        CHECK(second.mac_of(Bytes(100, 7), MacPadding::method_1) != expected);
        MacKey moved(std::move(first));
        second = std::move(moved);
        std::vector<int> equal(4);
        {
            std::vector<std::jthread> threads;
            for (int& count : equal)
                threads.emplace_back([&second, &expected, &count] {
                    for (int i = 0; i < 200; ++i)
                        if (second.mac_of(Bytes(100, 7), MacPadding::method_1) == expected) ++count;
                });
        }
        CHECK(equal == std::vector<int>(4, 200));
    }
}

TEST_CASE("mac key: codes are equal only byte for byte")
{
    CHECK(codec::macs_are_equal("", ""));
    CHECK(codec::macs_are_equal("12345678", "12345678"));
    CHECK_FALSE(codec::macs_are_equal("12345678", "1234567"));
    CHECK_FALSE(codec::macs_are_equal("12345678", "12345679"));
    CHECK_FALSE(codec::macs_are_equal("12345678", "02345678"));
}
