#pragma once

#include "codec/message.hpp"
#include "codec/wiped_bytes.hpp"
#include "net/key_state.hpp"
#include "net/link_macs.hpp"
#include "net/management_profile.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace net {

/// Takes the working keys that a network sends, wrapped under the zone key of the link, and says what is to
/// be kept of them for the next process. No I/O but in begin().
class KeyExchange {
public:
    /// zone_key   triple DES, 16 or 24 bytes
    /// macs       who gets a new MAC key; null: MAC keys are refused
    /// throws     std::invalid_argument for a zone key of a wrong size
    KeyExchange(KeyExchangeProfile profile, std::span<const std::uint8_t> zone_key,
                std::shared_ptr<LinkMacs> macs);
    /// What `macs` began with, and where its changes are kept: goes on with the keys that an earlier process
    /// has kept there, if they began with the same key files. Once, before take().
    /// mac_key   the one of the key file
    /// throws    KeyFileError
    void begin(std::span<const std::uint8_t> mac_key, const std::optional<std::filesystem::path>& file);
    /// Both began with the same key files and keep their changes at the same place.
    [[nodiscard]] bool has_begun_like(const KeyExchange& other) const
    {
        return state_.origin == other.state_.origin && file_ == other.file_;
    }
    [[nodiscard]] const std::shared_ptr<LinkMacs>& macs() const { return macs_; }
    ~KeyExchange();
    KeyExchange(const KeyExchange&) = delete;
    KeyExchange& operator=(const KeyExchange&) = delete;

    enum class Verdict : std::uint8_t {
        not_mine,    ///< the message brings no key
        taken,       ///< a MAC key: it is the next one; its answer leaves when to_keep() is kept
        not_used,    ///< a good PIN key; it is dropped, because PINs are not served
        unreadable,  ///< no key at its place, or of a wrong size
        wrong_check, ///< its check value is another one's
        weak,        ///< triple DES that is single DES
        spent,       ///< it has been replaced before: somebody plays an old message again
        not_served,  ///< a MAC key, and the link has no MACs
    };
    [[nodiscard]] Verdict take(const codec::Message& message);
    /// A message has come under the next key.
    void came_into_use();
    /// What the disk does not have, as far as we know.
    [[nodiscard]] std::optional<KeyKeeping> to_keep() const;
    /// The disk has this version.
    void kept(std::uint64_t version) { kept_version_ = std::max(kept_version_, version); }

private:
    struct Zone;

    [[nodiscard]] std::string check_of(std::span<const std::uint8_t> key) const;
    [[nodiscard]] std::optional<codec::WipedBytes> unwrapped(const WrappedKey& kept) const;
    [[nodiscard]] codec::WipedBytes kept_key(const WrappedKey& kept) const;
    void remember_spent(const KeyState& kept);

    [[nodiscard]] std::optional<codec::WipedBytes> part(std::string_view value, std::size_t at,
                                                        std::size_t bytes) const;

    KeyExchangeProfile profile_;
    std::unique_ptr<const Zone> zone_;
    std::shared_ptr<LinkMacs> macs_;
    using KeyId = std::array<std::uint8_t, 32>; ///< SHA-256 of a key
    void spend(const std::optional<KeyId>& id);

    std::filesystem::path file_; ///< empty: nothing is kept
    KeyState state_;             ///< without the keys that are spent
    std::uint64_t version_ = 0;
    std::uint64_t kept_version_ = 0; ///< the disk has it
    std::optional<KeyId> working_;
    std::optional<KeyId> next_;
    std::deque<KeyId> spent_; ///< oldest first; bounded
};

/// The log's word for it, such as "key_taken".
[[nodiscard]] std::string_view event_of(KeyExchange::Verdict verdict);

} // namespace net
