#include "store/digest.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace store {

std::array<std::uint8_t, 32> sha256(std::string_view text)
{
    std::array<std::uint8_t, 32> digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 is not available");
    return digest;
}

std::string sha256_hex(std::string_view text)
{
    std::string out;
    for (const std::uint8_t byte : sha256(text)) {
        constexpr char digits[] = "0123456789abcdef";
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

void fill_random(std::uint8_t* bytes, std::size_t count)
{
    if (RAND_bytes(bytes, static_cast<int>(count)) != 1)
        throw std::runtime_error("no random numbers are available");
}

} // namespace store
