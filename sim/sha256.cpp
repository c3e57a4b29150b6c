#include "sim/sha256.hpp"

#include <array>
#include <stdexcept>

#include <openssl/evp.h>

namespace sim {

struct Sha256::Impl {
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
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

} // namespace sim
