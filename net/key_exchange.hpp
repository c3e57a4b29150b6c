#pragma once

#include "codec/message.hpp"
#include "codec/wiped_bytes.hpp"
#include "net/link_macs.hpp"
#include "net/management_profile.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace net {

/// Takes the working keys that a network sends, wrapped under the zone key of the link.
class KeyExchange {
public:
    /// zone_key   triple DES, 16 or 24 bytes
    /// macs       who gets a new MAC key; null: MAC keys are refused
    /// throws     std::invalid_argument for a zone key of a wrong size
    KeyExchange(KeyExchangeProfile profile, std::span<const std::uint8_t> zone_key,
                std::shared_ptr<LinkMacs> macs);
    ~KeyExchange();
    KeyExchange(const KeyExchange&) = delete;
    KeyExchange& operator=(const KeyExchange&) = delete;

    enum class Verdict : std::uint8_t {
        not_mine,    ///< the message brings no key
        taken,       ///< a MAC key: it is the next one
        not_used,    ///< a good PIN key; it is dropped, because PINs are not served
        unreadable,  ///< no key at its place, or of a wrong size
        wrong_check, ///< its check value is another one's
        not_served,  ///< a MAC key, and the link has no MACs
    };
    [[nodiscard]] Verdict take(const codec::Message& message) const;

private:
    struct Zone;

    [[nodiscard]] std::optional<codec::WipedBytes> part(std::string_view value, std::size_t at,
                                                        std::size_t bytes) const;

    KeyExchangeProfile profile_;
    std::unique_ptr<const Zone> zone_;
    std::shared_ptr<LinkMacs> macs_;
};

/// The log's word for it, such as "key_taken".
[[nodiscard]] std::string_view event_of(KeyExchange::Verdict verdict);

} // namespace net
