#include "store/card_token.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

namespace store {

namespace {

constexpr std::size_t key_digits_min = 64;
constexpr std::size_t key_file_bytes_max = 4'096;

/// Closes a descriptor.
struct File {
    explicit File(int a_descriptor) : descriptor(a_descriptor) {}
    ~File() { ::close(descriptor); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int descriptor;
};

[[noreturn]] void refuse(const std::string& path, const std::string& why)
{
    throw TokenKeyError("token key file " + path + " " + why);
}

void refuse_open_to_others(const std::string& path, int descriptor)
{
    struct stat state {};
    if (::fstat(descriptor, &state) != 0)
        refuse(path, std::string("cannot be read: ") + std::strerror(errno));
    if (!S_ISREG(state.st_mode)) refuse(path, "is not a plain file");
    if ((state.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        refuse(path, "is open to group or others; run chmod 600 " + path);
}

int value_of(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(digit)));
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// White space is skipped, so that a key may be broken into lines.
std::vector<unsigned char> key_of(const std::string& path, const char* text, std::size_t size)
{
    std::vector<unsigned char> key;
    key.reserve(key_file_bytes_max / 2); // no copy is left behind by growing
    std::size_t digits = 0;
    for (std::size_t i = 0; i < size; ++i) {
        if (std::isspace(static_cast<unsigned char>(text[i])) != 0) continue;
        const int value = value_of(text[i]);
        if (value < 0) refuse(path, "holds something that is no hexadecimal digit");
        if (digits++ % 2 == 0)
            key.push_back(static_cast<unsigned char>(value << 4));
        else
            key.back() = static_cast<unsigned char>(key.back() | value);
    }
    if (digits < key_digits_min)
        refuse(path,
               "is too short: " + std::to_string(digits) + " hexadecimal digits, at least 64 are needed");
    if (digits % 2 != 0) refuse(path, "has an odd number of hexadecimal digits");
    return key;
}

} // namespace

CardTokenizer CardTokenizer::from_file(const std::string& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) refuse(path, std::string("cannot be opened: ") + std::strerror(errno));
    const File file(descriptor);
    refuse_open_to_others(path, descriptor);
    char text[key_file_bytes_max];
    std::size_t size = 0;
    ssize_t count = 0;
    while (size < sizeof text && (count = ::read(descriptor, text + size, sizeof text - size)) > 0)
        size += static_cast<std::size_t>(count);
    if (count < 0) refuse(path, std::string("cannot be read: ") + std::strerror(errno));
    if (size == sizeof text) refuse(path, "is too long to be a key");
    std::vector<unsigned char> key = key_of(path, text, size);
    OPENSSL_cleanse(text, sizeof text);
    return CardTokenizer(std::move(key));
}

/// Keyed once and used again for each number: finding the algorithm and preparing the key take five times as
/// long as the rest.
struct CardTokenizer::Mac {
    std::mutex mutex; ///< guards the context; in the server only one thread asks
    std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context{nullptr, EVP_MAC_CTX_free};
};

CardTokenizer::CardTokenizer(std::vector<unsigned char> key) : mac_(std::make_unique<Mac>())
{
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                                 EVP_MAC_free);
    if (hmac) mac_->context.reset(EVP_MAC_CTX_new(hmac.get()));
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                                     OSSL_PARAM_construct_end()};
    const bool is_keyed =
        mac_->context && EVP_MAC_init(mac_->context.get(), key.data(), key.size(), parameters) == 1;
    OPENSSL_cleanse(key.data(), key.size());
    if (!is_keyed) throw std::runtime_error("HMAC-SHA-256 is not available");
}

CardTokenizer::~CardTokenizer() = default;
CardTokenizer::CardTokenizer(CardTokenizer&&) noexcept = default;
CardTokenizer& CardTokenizer::operator=(CardTokenizer&&) noexcept = default;

authz::CardToken CardTokenizer::token_of(std::string_view pan) const
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    std::size_t size = 0;
    const auto* digits = reinterpret_cast<const unsigned char*>(pan.data());
    const std::lock_guard lock(mac_->mutex);
    EVP_MAC_CTX* context = mac_->context.get();
    if (EVP_MAC_init(context, nullptr, 0, nullptr) != 1 || // again, under the same key
        EVP_MAC_update(context, digits, pan.size()) != 1 ||
        EVP_MAC_final(context, mac.data(), &size, mac.size()) != 1)
        throw std::runtime_error("HMAC-SHA-256 is not available");
    authz::CardToken token;
    std::copy_n(mac.begin(), token.bytes.size(), token.bytes.begin());
    return token;
}

std::string masked(std::string_view pan)
{
    if (pan.size() < 13) return std::string(pan.size(), '*');
    return std::string(pan.substr(0, 6)) + std::string(pan.size() - 10, '*') +
           std::string(pan.substr(pan.size() - 4));
}

bool is_card_number(std::string_view text)
{
    if (text.size() < 13 || text.size() > 19) return false;
    int sum = 0;
    bool doubled = false;
    for (auto place = text.rbegin(); place != text.rend(); ++place, doubled = !doubled) {
        if (*place < '0' || *place > '9') return false;
        const int digit = (*place - '0') * (doubled ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

} // namespace store
