#pragma once

#include "codec/mac.hpp"
#include "net/management_profile.hpp"

#include <memory>
#include <optional>
#include <span>

namespace net {

/// The MACs of one link, over all its connections: the working key and, while it is being changed, the next
/// one. Both verify until a message with the next one has: then it is the working key (DOMAIN 2.8, 6). For
/// one thread.
class LinkMacs {
public:
    /// throws   std::invalid_argument when rule and dialect do not fit, or the key has a wrong size
    LinkMacs(std::shared_ptr<const codec::Dialect> dialect, MacProfile profile,
             std::span<const std::uint8_t> key);

    enum class Verdict : std::uint8_t {
        good,
        key_changed, ///< good under the next key, which has become the working key
        missing,
        wrong,
    };
    /// wire     the bytes that `message` was decoded from, without a frame header
    [[nodiscard]] Verdict verify(std::span<const std::uint8_t> wire, const codec::Message& message);

    /// Puts the MAC into a message of ours, under the working key. Network management has none unless the
    /// profile says so.
    [[nodiscard]] codec::Result<void> seal(codec::Message& message) const;

    /// A new key becomes the next one; a next one that was not used yet is forgotten.
    /// throws   std::invalid_argument for a key of a wrong size
    void offer(std::span<const std::uint8_t> key);

    /// This key, and no other one, from now on.
    /// throws   std::invalid_argument for a key of a wrong size
    void replace(std::span<const std::uint8_t> key);

    [[nodiscard]] bool covers(const codec::Message& message) const;
    [[nodiscard]] const MacProfile& profile() const { return profile_; }

private:
    std::shared_ptr<const codec::Dialect> dialect_;
    MacProfile profile_;
    codec::MessageMac working_;
    std::optional<codec::MessageMac> next_;
};

} // namespace net
