/// The messages of one scenario, written once and changed digit by digit for every transaction: what a load
/// sends a hundred thousand times per second.
#pragma once

#include "sim/network_model.hpp"
#include "sim/wire.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

inline constexpr std::size_t load_steps_max = 8;

/// All digits that differ from one transaction to the next, in one row: those of the transaction, then those
/// of each of its messages.
class LoadDigits {
public:
    enum class Of : std::uint8_t {
        card,
        expiry,
        amount,
        terminal,
        merchant,
        stan,
        rrn,
        now,
        local_date,
        local_time
    };
    static constexpr std::size_t card_max = 19;

    /// Where an item stands.
    /// step     counts only for items that each message has of its own
    [[nodiscard]] static std::size_t place_of(Of item, std::size_t step);
    /// A card has up to card_max.
    [[nodiscard]] static std::size_t width_of(Of item);
    [[nodiscard]] static bool is_of_message(Of item) { return item >= Of::stan; }
    static constexpr std::size_t size = 53 + 38 * load_steps_max;

    void set(Of item, std::size_t step, std::string_view digits);
    /// Zero-filled on the left, the last digits when it is too long.
    void set(Of item, std::size_t step, std::uint64_t number);
    [[nodiscard]] std::string_view get(Of item, std::size_t step, std::size_t width) const
    {
        return std::string_view(digits_.data(), size).substr(place_of(item, step), width);
    }
    void set_digit(std::size_t place, char digit) { digits_[place] = digit; }
    [[nodiscard]] const char* data() const { return digits_.data(); }

private:
    std::array<char, size> digits_ = zeros();
    [[nodiscard]] static std::array<char, size> zeros();
};

/// "sale+reversal": kinds of messages of the network, each naming the one before it as its original; "repeat"
/// is the one before it once more, byte for byte.
class LoadFrames {
public:
    struct Form {
        std::string currency;         ///< three letters
        std::size_t card_digits = 16; ///< length of every card number
        bool has_merchants = false;   ///< DE42 is "SHOP" and a number; else what the network writes
        enum class Around : std::uint8_t { frame, nothing } around = Around::frame;
    };
    /// throws   std::invalid_argument when the network has no such kind, or its messages do not change digit by
    ///          digit (a framing with a checksum)
    LoadFrames(const NetworkModel& network, const std::string& scenario, const Form& form);

    struct Step {
        std::string kind;
        codec::Mti answer;            ///< its MTI
        std::size_t stan_of = 0;      ///< the step whose STAN it carries
        std::uint32_t from_steps = 0; ///< bit n: it carries digits of step n
    };
    [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
    /// Puts one message, with its frame if it has one, behind `out`.
    void append(std::size_t step, const LoadDigits& digits, Bytes& out) const;

private:
    /// A digit of LoadDigits that stands in four bits of a byte.
    struct Patch {
        std::uint16_t from = 0;
        std::uint16_t at = 0;
        std::uint8_t shift = 0; ///< 0 or 4
    };
    struct Frame {
        Bytes bytes;
        std::vector<Patch> patches;
    };

    void read_steps(const std::string& scenario);
    [[nodiscard]] std::vector<codec::Message> messages(const LoadDigits& digits) const;
    [[nodiscard]] std::vector<Bytes> written(const LoadDigits& digits) const;
    void find_patches();
    void find_patches(std::size_t digit, std::size_t step);
    void look_at_stans();
    void check() const;

    const NetworkModel& network_;
    std::string scenario_;
    Form form_;
    std::vector<Step> steps_;
    std::vector<const MessageTemplate*> templates_; ///< null: a repeat
    std::vector<Frame> frames_;
};

} // namespace sim
