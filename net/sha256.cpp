#include "net/sha256.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace net {

namespace {

/// OpenSSL 3 looks the algorithm up by its name whenever it is asked without a context; that takes twice as
/// long as the digest itself.
class WholeSha256 {
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
    thread_local WholeSha256 context; // a tool, no state: nothing of one call is left for the next
    return context.of(bytes);
}

// --- piece by piece

struct Sha256::Impl {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

namespace {

void check(int result)
{
    if (result != 1) throw std::runtime_error("OpenSSL cannot compute SHA-256");
}

} // namespace

Sha256::Sha256() : impl_(std::make_unique<Impl>())
{
    check(impl_->context ? EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr) : 0);
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes)
{
    check(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::hex()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    check(EVP_DigestFinal_ex(impl_->context.get(), digest.data(), &size));
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += "0123456789abcdef"[digest.at(i) >> 4];
        text += "0123456789abcdef"[digest.at(i) & 0xFU];
    }
    return text;
}

} // namespace net
