#pragma once

#include "codec/dialect.hpp"
#include "codec/error.hpp"
#include "codec/mac_key.hpp"
#include "codec/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace codec {

/// What of a message a MAC is computed over. What it does not cover, an attacker may change.
enum class MacCovers : std::uint8_t {
    message, ///< every byte from the MTI up to the MAC's element, the MAC's bit in the bitmap set
    wire,    ///< the listed elements as they are on the wire, counts included, one behind the other
    values,  ///< their values, as Message::get() gives them, with nothing between: "12","3" looks like
             ///< "1","23"
};

/// What two ends of a link have agreed on about MACs.
struct MacRule {
    MacAlgorithm algorithm = MacAlgorithm::aes_cmac;
    MacPadding padding = MacPadding::method_1; ///< only of the DES algorithms
    std::size_t size = 8;                      ///< leading bytes of the MAC that are sent: 4 and more
    MacCovers covers = MacCovers::message;
    /// Of wire and values, in this order; absent ones are skipped. 0, of values only: the MTI's digits.
    std::vector<int> elements{};
};

/// What does not fit and what is expected, for the reader of a configuration; empty when the rule can be used
/// with the dialect.
[[nodiscard]] std::string what_is_wrong(const MacRule& rule, const Dialect& dialect);

/// Where the MAC of a message belongs: the last element of the last bitmap that the message has. 64, 128 or
/// 192.
[[nodiscard]] int mac_element_of(const Dialect& dialect, const Message& message);

enum class MacCheck : std::uint8_t { ok, missing, wrong };

/// Seals and checks the messages of one link with one key. May be used by several threads at a time.
/// While a key is changed there are two of these, and the old one is valid until the new one has verified a
/// message.
class MessageMac {
public:
    /// throws   std::invalid_argument when what_is_wrong() says something, or for a key of a wrong size
    MessageMac(std::shared_ptr<const Dialect> dialect, MacRule rule, std::span<const std::uint8_t> key);

    /// Puts the MAC into the message, which is complete but for it. A MAC that is shorter than its fixed
    /// element is followed by zero bytes. Another of the three elements is left as it is: who adds an element
    /// above 64 after sealing erases the former MAC.
    /// returns  the Error of encode() when the message cannot be written; then it has no MAC
    [[nodiscard]] Result<void> seal(Message& message) const;

    /// wire     the bytes that `message` was decoded from, without a frame header
    [[nodiscard]] MacCheck verify(std::span<const std::uint8_t> wire, const Message& message) const;

private:
    [[nodiscard]] std::string element_value(int de, std::span<const std::uint8_t> covered) const;
    [[nodiscard]] Result<WipedBytes> listed_bytes(const Message& message) const;

    std::shared_ptr<const Dialect> dialect_;
    MacRule rule_;
    MacKey key_;
};

} // namespace codec
