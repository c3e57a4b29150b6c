#include "net/key_exchange.hpp"

#include "codec/hex.hpp"
#include "codec/mac_key.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace net {

namespace {

constexpr std::size_t des_block = 8;
constexpr std::size_t aes_block = 16;

struct Free {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

bool holds(const std::vector<std::string>& list, std::string_view function)
{
    return std::find(list.begin(), list.end(), function) != list.end();
}

/// The first bytes of a block of zeros under the key: encrypted by triple DES, or AES-CMAC of it (ANSI
/// X9.24). A triple DES MAC of one block is its encryption.
std::string check_value_of(std::span<const std::uint8_t> key, bool is_aes)
{
    const codec::MacKey ready(is_aes ? codec::MacAlgorithm::aes_cmac : codec::MacAlgorithm::cbc_3des, key);
    constexpr std::array<std::uint8_t, aes_block> zeros{};
    return ready.mac_of(std::span(zeros).first(is_aes ? aes_block : des_block), codec::MacPadding::method_1);
}

std::string_view text_of(const codec::WipedBytes& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

/// The zone key. It stays in memory as long as the link does, and is wiped at the end.
struct KeyExchange::Zone {
    Zone(std::span<const std::uint8_t> key, KeyWrap wrap) : triple(key.begin(), key.end())
    {
        if (key.size() != 16 && key.size() != 24)
            throw std::invalid_argument("a zone key has 16 or 24 bytes, not " + std::to_string(key.size()));
        if (key.size() == 16) triple.insert(triple.end(), key.begin(), key.begin() + 8);
        cipher.reset(
            EVP_CIPHER_fetch(nullptr, wrap == KeyWrap::tdes_ecb ? "DES-EDE3" : "DES-EDE3-CBC", nullptr));
        if (!cipher) throw std::runtime_error("OpenSSL: triple DES is not available");
    }

    /// wrapped   whole blocks
    [[nodiscard]] codec::WipedBytes unwrapped(const codec::WipedBytes& wrapped) const
    {
        const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
        constexpr std::array<std::uint8_t, des_block> zero_iv{};
        codec::WipedBytes key(wrapped.size());
        int size = 0;
        if (!context ||
            EVP_DecryptInit_ex2(context.get(), cipher.get(), triple.data(), zero_iv.data(), nullptr) != 1 ||
            EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
            EVP_DecryptUpdate(context.get(), key.data(), &size, wrapped.data(),
                              static_cast<int>(wrapped.size())) != 1)
            throw std::runtime_error("OpenSSL: triple DES failed");
        return key;
    }

    codec::WipedBytes triple;
    Owned<EVP_CIPHER> cipher;
};

KeyExchange::KeyExchange(KeyExchangeProfile profile, std::span<const std::uint8_t> zone_key,
                         std::shared_ptr<LinkMacs> macs)
    : profile_(std::move(profile)), zone_(std::make_unique<const Zone>(zone_key, profile_.wrap)),
      macs_(std::move(macs))
{
}

KeyExchange::~KeyExchange() = default;

/// A part of the element's value, by the profile's form.
std::optional<codec::WipedBytes> KeyExchange::part(std::string_view value, std::size_t at,
                                                   std::size_t bytes) const
{
    const std::size_t size = profile_.form == KeyForm::hex ? 2 * bytes : bytes;
    if (at - 1 > value.size() || value.size() - (at - 1) < size) return std::nullopt;
    const std::string_view text = value.substr(at - 1, size);
    if (profile_.form == KeyForm::raw) return codec::WipedBytes(text.begin(), text.end());
    const auto raw = codec::bytes_of_hex(text);
    if (!raw) return std::nullopt;
    return codec::WipedBytes(raw->begin(), raw->end());
}

KeyExchange::Verdict KeyExchange::take(const codec::Message& message) const
{
    const std::string_view function = message.get(70);
    const bool is_mac = holds(profile_.mac_key, function);
    if (!is_mac && !holds(profile_.pin_key, function)) return Verdict::not_mine;
    if (is_mac && !macs_) return Verdict::not_served;
    const std::string_view value = message.get(profile_.de);
    const auto wrapped = part(value, profile_.key_at, profile_.key_bytes);
    const auto check = part(value, profile_.check_at, profile_.check_bytes);
    if (!wrapped || !check) return Verdict::unreadable;

    const codec::WipedBytes key = zone_->unwrapped(*wrapped);
    const bool is_aes = is_mac && macs_->profile().rule.algorithm == codec::MacAlgorithm::aes_cmac;
    const std::string expected = check_value_of(key, is_aes).substr(0, profile_.check_bytes);
    if (!codec::macs_are_equal(text_of(*check), expected)) return Verdict::wrong_check;
    if (!is_mac) return Verdict::not_used;
    try {
        macs_->offer(key);
    } catch (const std::invalid_argument&) {
        return Verdict::unreadable;
    }
    return Verdict::taken;
}

std::string_view event_of(KeyExchange::Verdict verdict)
{
    constexpr std::string_view names[] = {
        "", "key_taken", "key_not_used", "key_unreadable", "key_check_wrong", "key_not_served"};
    return names[static_cast<std::size_t>(verdict)];
}

} // namespace net
