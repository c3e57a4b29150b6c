#include "store/card_token.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
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

CardTokenizer::CardTokenizer(std::vector<unsigned char> key) : key_(std::move(key)) {}

CardTokenizer::~CardTokenizer()
{
    OPENSSL_cleanse(key_.data(), key_.size());
}

authz::CardToken CardTokenizer::token_of(std::string_view pan) const
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const auto* digits = reinterpret_cast<const unsigned char*>(pan.data());
    if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), digits, pan.size(), mac, &size) ==
        nullptr)
        throw std::runtime_error("HMAC-SHA-256 is not available");
    authz::CardToken token;
    std::copy_n(mac, token.bytes.size(), token.bytes.begin());
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
