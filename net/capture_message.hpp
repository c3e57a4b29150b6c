/// A message as a capture keeps it: everything that a replay needs, and no card data. docs/captures.md has
/// the rules.
#pragma once

#include "codec/decode.hpp"
#include "codec/structure.hpp"
#include "net/pseudonym.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace net {

/// What is done with a value.
enum class KeepRule : std::uint8_t {
    keep,
    text,    ///< kept; a long number in it may be a card's
    card,    ///< a card number
    track_1, ///< kept without its secrets
    track_2,
    chip,  ///< BER-TLV: tag by tag
    parts, ///< of another structure: part by part
    drop,
};

/// Turns wire bytes into what may be kept. Not thread-safe.
class MessageKeeper {
public:
    /// What CaptureWriter::add() takes; valid until the next message.
    struct Kept {
        std::string_view message;
        std::string_view dropped;
    };

    /// scrubber lives longer
    /// secrets  elements that are dropped whatever the dialect says of them
    MessageKeeper(std::shared_ptr<const codec::Dialect> dialect, CardScrubber& scrubber,
                  std::span<const int> secrets = {});

    /// wire     from the MTI on
    /// returns  nothing of a message that does not decode: error() tells why
    [[nodiscard]] std::optional<Kept> keep(std::span<const std::uint8_t> wire);
    [[nodiscard]] const codec::Error& error() const { return error_; }
    /// Of the last message that was kept.
    [[nodiscard]] codec::Mti mti() const { return message_.mti(); }
    /// Overwrites what it has unpacked of the last message.
    void forget();

private:
    enum class Fate : std::uint8_t { kept, dropped };

    struct ChipRule {
        std::string tag;             ///< in hex
        const codec::FieldSpec* row; ///< null: the dialect does not know the tag
        KeepRule rule;
    };

    /// By the bytes of the tag; those that have come.
    using ChipRules = std::unordered_map<std::uint64_t, ChipRule>;

    void keep_element(int de);
    [[nodiscard]] Fate scrub(KeepRule rule, const codec::FieldSpec& row, std::string& value);
    void scrub_bytes(std::string& value);
    [[nodiscard]] Fate scrub_track_2(const codec::FieldSpec& row, std::string& value);
    [[nodiscard]] static const ChipRule& chip_rule_of(const codec::Structure& structure, std::string_view tag,
                                                      ChipRules& rules);
    [[nodiscard]] Fate scrub_chip_data(const codec::Structure& structure, std::string& value);
    [[nodiscard]] Fate scrub_chip_object(const ChipRule& rule, std::string& value);
    [[nodiscard]] Fate scrub_parts(const codec::Structure& structure, std::string& value);
    void note_dropped(std::string_view part);

    std::shared_ptr<const codec::Dialect> dialect_;
    CardScrubber& scrubber_;
    std::array<KeepRule, codec::de_max + 1> rules_{};
    std::array<std::string, codec::de_max + 1> keys_; ///< in front of a value: "37":"
    codec::Bitmap plain_parts_; ///< elements whose parts need only a look when they hold a long number
    std::map<const codec::Structure*, ChipRules> chip_rules_;
    codec::Message message_;
    codec::Error error_{};
    std::string path_; ///< of the value that is looked at: "55.5A"
    std::string value_;
    std::string text_;
    std::string dropped_;
};

} // namespace net
