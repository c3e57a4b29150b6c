#pragma once

#include "authz/key.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace store {

/// The key file cannot be used; what() is one line that says why and never shows the key.
struct TokenKeyError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Turns card numbers into tokens: HMAC-SHA-256 under a key that lives outside the database, cut to 16 bytes
/// (DESIGN 7). The same number gives the same token as long as the key is the same.
class CardTokenizer {
public:
    /// Reads a key file: at least 64 hexadecimal digits (32 bytes), readable by its owner only.
    /// throws   TokenKeyError when it is missing, too short, no hexadecimal text, or open to group or others
    static CardTokenizer from_file(const std::string& path);

    /// key      wiped
    /// throws   std::runtime_error when OpenSSL has no HMAC-SHA-256
    explicit CardTokenizer(std::vector<unsigned char> key);
    ~CardTokenizer();
    CardTokenizer(CardTokenizer&&) noexcept;
    CardTokenizer& operator=(CardTokenizer&&) noexcept;

    /// Thread-safe.
    /// pan   digits only; not kept
    [[nodiscard]] authz::CardToken token_of(std::string_view pan) const;

private:
    struct Mac;
    std::unique_ptr<Mac> mac_; ///< holds the key, and wipes it
};

/// What may be shown of a card number: first six and last four digits, stars between.
[[nodiscard]] std::string masked(std::string_view pan);

/// Thirteen to nineteen digits whose check digit is right.
[[nodiscard]] bool is_card_number(std::string_view text);

} // namespace store
