#include "net/sha256.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace net {

namespace {

/// OpenSSL 3 looks the algorithm up by its name whenever it is asked without a context; that takes twice as
/// long as the digest itself.
class Sha256 {
public:
    std::array<std::uint8_t, 32> of(std::string_view bytes)
    {
        std::array<std::uint8_t, 32> digest{};
        if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
            EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1 ||
            EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1)
            throw std::runtime_error("SHA-256 is not available");
        return digest;
    }

private:
    std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_{EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                               EVP_MD_free};
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

} // namespace

std::array<std::uint8_t, 32> sha256(std::string_view bytes)
{
    thread_local Sha256 context; // a tool, no state: nothing of one call is left for the next
    return context.of(bytes);
}

} // namespace net
