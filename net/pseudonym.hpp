/// Test card numbers in the place of real ones: under one key the same card always becomes the same test
/// card, and two cards never become one.
#pragma once

#include "codec/mac_key.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

namespace net {

/// Digits at the front of a card number that tell its issuer; a test card keeps them.
enum class Bin : std::uint8_t { six = 6, eight = 8 };

/// Makes test card numbers under a key. The digits between BIN and check digit go through a Feistel network
/// over decimal halves with HMAC-SHA-256 as its round function, laid out as FF1 in NIST SP 800-38G; the check
/// digit is made anew. So two numbers that differ in more than a check digit stay different. Not thread-safe.
class Pseudonyms {
public:
    /// key      at least 16 bytes; only OpenSSL keeps a copy
    /// throws   std::invalid_argument for a shorter one
    Pseudonyms(std::span<const std::uint8_t> key, Bin bin);

    /// Names the key and does not help to find it: eight hex digits.
    [[nodiscard]] const std::string& key_id() const { return key_id_; }

    /// Replaces digits, at most 19, in place. Twelve and more keep their BIN; shorter ones are no card
    /// number, and nothing of them is kept.
    void replace_pan(std::span<char> digits);

private:
    /// A card number, small enough for a table of many.
    struct Number {
        std::uint64_t value = 0;
        std::uint64_t digits = 0;
        friend bool operator==(const Number&, const Number&) = default;
    };
    struct NumberHash {
        std::size_t operator()(const Number& number) const;
    };

    [[nodiscard]] std::string test_pan(std::string_view digits) const;
    [[nodiscard]] std::uint64_t round(unsigned number, std::string_view shape, std::uint64_t half) const;

    codec::MacKey key_;
    std::size_t bin_digits_;
    std::string key_id_;
    /// Values of the test cards by the cards seen lately.
    boost::unordered_flat_map<Number, std::uint64_t, NumberHash> known_;
};

/// Takes card data out of single values. Lengths stay, and a value without secrets stays as it is.
class CardScrubber {
public:
    /// pseudonyms   lives longer; null: the card numbers are test cards already and stay
    explicit CardScrubber(Pseudonyms* pseudonyms) : pseudonyms_(pseudonyms) {}

    /// A card number element: digits, maybe with something behind them. Every number of 13 digits and more is
    /// replaced, spaces, hyphens and points between its digits or not, and every other run of five and more.
    void scrub_card(std::string& value);
    /// Text that may hold a card number that no table knows of: the first number of 13 and more digits is
    /// replaced, spaces, hyphens and points between its digits or not; of one of more than 19, what stands
    /// behind the 16th becomes zeros. Behind it may stand a name, an expiry or a CVV: letters become X,
    /// digits zeros.
    void scrub_text(std::string& value);
    /// The same of bytes in hex, but all such numbers, and what stands behind them stays: a long number is
    /// little to go by in bytes.
    void scrub_hex(std::string& digits);
    /// Track 2: number, separator, expiry, service code; the discretionary data become zeros.
    /// returns  false when it is no track 2: then nobody knows where its secrets are
    [[nodiscard]] bool scrub_track_2(std::string& value);
    /// Track 1: the name becomes X, the discretionary data zeros.
    [[nodiscard]] bool scrub_track_1(std::string& value);

private:
    void replace(std::span<char> digits);
    void replace_at(std::string& value, std::span<const std::size_t> places);
    /// returns  the place behind the first long number, which it has replaced; the value's end: none
    std::size_t scrub_number(std::string& value, std::size_t begin);

    Pseudonyms* pseudonyms_;
};

} // namespace net
