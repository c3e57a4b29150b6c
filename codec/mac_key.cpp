#include "codec/mac_key.hpp"

#include "codec/wiped_bytes.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace codec {

namespace {

constexpr std::size_t des_block = 8;
constexpr std::size_t des_key = 8;

struct Free {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

[[noreturn]] void fail(const char* what)
{
    throw std::runtime_error(std::string("OpenSSL: ") + what);
}

void check_key_size(MacAlgorithm algorithm, std::size_t size)
{
    const auto refuse = [size](const char* expected) {
        throw std::invalid_argument(std::string(expected) + ", not of " + std::to_string(size));
    };
    switch (algorithm) {
    case MacAlgorithm::retail:
        if (size != 16) refuse("a retail MAC takes a key of 16 bytes");
        return;
    case MacAlgorithm::cbc_3des:
        if (size != 16 && size != 24) refuse("a triple DES MAC takes a key of 16 or 24 bytes");
        return;
    case MacAlgorithm::aes_cmac:
        if (size != 16 && size != 24 && size != 32) refuse("AES-CMAC takes a key of 16, 24 or 32 bytes");
        return;
    case MacAlgorithm::hmac_sha256:
        if (size < 16) refuse("HMAC-SHA-256 takes a key of at least 16 bytes"); // shorter ones are guessed
        return;
    }
}

/// Which single DES key of a key is used in each of triple DES's three steps.
using SingleKeys = std::array<std::size_t, 3>;

WipedBytes triple_key(std::span<const std::uint8_t> key, const SingleKeys& steps)
{
    WipedBytes triple(steps.size() * des_key);
    for (std::size_t step = 0; step < steps.size(); ++step)
        std::copy_n(key.begin() + static_cast<std::ptrdiff_t>(steps[step] * des_key), des_key,
                    triple.begin() + static_cast<std::ptrdiff_t>(step * des_key));
    return triple;
}

/// OpenSSL 3 has single DES in its legacy provider only, which a machine need not load. Triple DES with three
/// equal keys is single DES: the second step takes back the first one.
Owned<EVP_CIPHER_CTX> des_context(const WipedBytes& triple)
{
    const Owned<EVP_CIPHER> cipher(EVP_CIPHER_fetch(nullptr, "DES-EDE3-CBC", nullptr));
    Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    constexpr std::array<std::uint8_t, des_block> zero_iv{};
    if (!cipher || !context ||
        EVP_EncryptInit_ex2(context.get(), cipher.get(), triple.data(), zero_iv.data(), nullptr) != 1 ||
        EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1)
        fail("triple DES is not available");
    return context;
}

Owned<EVP_MAC_CTX> mac_context(MacAlgorithm algorithm, std::span<const std::uint8_t> key)
{
    const bool is_cmac = algorithm == MacAlgorithm::aes_cmac;
    const Owned<EVP_MAC> mac(EVP_MAC_fetch(nullptr, is_cmac ? "CMAC" : "HMAC", nullptr));
    Owned<EVP_MAC_CTX> context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    std::string below = is_cmac ? "AES-" + std::to_string(8 * key.size()) + "-CBC" : "SHA256";
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string(is_cmac ? OSSL_MAC_PARAM_CIPHER : OSSL_MAC_PARAM_DIGEST,
                                         below.data(), 0),
        OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_init(context.get(), key.data(), key.size(), parameters.data()) != 1)
        fail("the MAC algorithm is not available");
    return context;
}

WipedBytes padded(std::span<const std::uint8_t> data, MacPadding padding)
{
    const std::size_t least = data.size() + (padding == MacPadding::method_2 ? 1 : 0);
    const std::size_t blocks = std::max<std::size_t>(1, (least + des_block - 1) / des_block);
    WipedBytes bytes(blocks * des_block);
    std::copy(data.begin(), data.end(), bytes.begin());
    if (padding == MacPadding::method_2) bytes[data.size()] = 0x80;
    return bytes;
}

/// Encrypts whole blocks in place, from a zero initial value.
void encrypt(const EVP_CIPHER_CTX& prepared, std::span<std::uint8_t> blocks)
{
    if (blocks.empty()) return;
    const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
    int size = 0;
    if (!context || EVP_CIPHER_CTX_copy(context.get(), &prepared) != 1 ||
        EVP_EncryptUpdate(context.get(), blocks.data(), &size, blocks.data(),
                          static_cast<int>(blocks.size())) != 1)
        fail("triple DES failed");
}

} // namespace

struct MacKey::Prepared {
    // The DES algorithms: a chain over all blocks but the last, which has a key of its own.
    Owned<EVP_CIPHER_CTX> chain;
    Owned<EVP_CIPHER_CTX> last;
    // The others.
    Owned<EVP_MAC_CTX> mac;

    [[nodiscard]] std::string des_mac(std::span<const std::uint8_t> data, MacPadding padding) const
    {
        WipedBytes blocks = padded(data, padding);
        const std::size_t last_at = blocks.size() - des_block;
        encrypt(*chain, std::span(blocks).first(last_at));
        if (last_at != 0)
            for (std::size_t at = last_at; at < blocks.size(); ++at) blocks[at] ^= blocks[at - des_block];
        encrypt(*last, std::span(blocks).subspan(last_at));
        return {blocks.begin() + static_cast<std::ptrdiff_t>(last_at), blocks.end()};
    }

    [[nodiscard]] std::string other_mac(std::span<const std::uint8_t> data, std::size_t mac_bytes) const
    {
        const Owned<EVP_MAC_CTX> context(EVP_MAC_CTX_dup(mac.get()));
        std::string out(mac_bytes, '\0');
        std::size_t size = 0;
        if (!context || EVP_MAC_update(context.get(), data.data(), data.size()) != 1 ||
            EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, out.size()) !=
                1 ||
            size != out.size())
            fail("the MAC algorithm failed");
        return out;
    }
};

std::size_t mac_bytes_of(MacAlgorithm algorithm)
{
    switch (algorithm) {
    case MacAlgorithm::retail:
    case MacAlgorithm::cbc_3des:
        return des_block;
    case MacAlgorithm::aes_cmac:
        return 16;
    case MacAlgorithm::hmac_sha256:
        return 32;
    }
    return 0;
}

MacKey::MacKey(MacAlgorithm algorithm, std::span<const std::uint8_t> key) : algorithm_(algorithm)
{
    check_key_size(algorithm, key.size());
    auto prepared = std::make_unique<Prepared>();
    if (algorithm == MacAlgorithm::retail || algorithm == MacAlgorithm::cbc_3des) {
        constexpr SingleKeys single = {0, 0, 0}, two = {0, 1, 0}, three = {0, 1, 2};
        const SingleKeys last = key.size() == three.size() * des_key ? three : two;
        prepared->chain = des_context(triple_key(key, algorithm == MacAlgorithm::retail ? single : last));
        prepared->last = des_context(triple_key(key, last));
    } else {
        prepared->mac = mac_context(algorithm, key);
    }
    prepared_ = std::move(prepared);
}

MacKey::MacKey(MacKey&&) noexcept = default;
MacKey& MacKey::operator=(MacKey&&) noexcept = default;
MacKey::~MacKey() = default;

std::string MacKey::mac_of(std::span<const std::uint8_t> data, MacPadding padding) const
{
    return prepared_->mac ? prepared_->other_mac(data, mac_bytes_of(algorithm_))
                          : prepared_->des_mac(data, padding);
}

bool macs_are_equal(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace codec
