#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace codec {

/// Message type indicator, four digits (DOMAIN 1.1).
class Mti {
public:
    Mti() = default;

    /// Nothing unless `text` is four decimal digits.
    [[nodiscard]] static std::optional<Mti> parse(std::string_view text);

    [[nodiscard]] std::string_view text() const { return {digits_.data(), digits_.size()}; }
    [[nodiscard]] char version() const { return digits_[0]; }
    [[nodiscard]] char message_class() const { return digits_[1]; }
    [[nodiscard]] char function() const { return digits_[2]; }
    [[nodiscard]] char origin() const { return digits_[3]; }

    /// An odd function digit: nobody answers an answer.
    [[nodiscard]] bool is_answer() const { return (function() - '0') % 2 == 1; }
    /// An odd origin digit. Only a hint: duplicates are found by key.
    [[nodiscard]] bool is_repeat() const { return (origin() - '0') % 2 == 1; }

    /// The standard keeps versions 3 to 7 for itself: whoever sends one speaks something else (DOMAIN 1.1).
    [[nodiscard]] bool is_of_known_version() const { return version() < '3' || version() > '7'; }

    friend bool operator==(const Mti&, const Mti&) = default;

private:
    std::array<char, 4> digits_{'0', '0', '0', '0'};
};

/// The answer's MTI: function digit plus one, repeat bit cleared. 0201 -> 0210, 0421 -> 0430.
[[nodiscard]] Mti answer_to(Mti request);

/// The request's MTI without its repeat bit. 0201 -> 0200.
[[nodiscard]] Mti without_repeat(Mti mti);
/// The MTI of its repeat. 0200 -> 0201, 0201 -> 0201.
[[nodiscard]] Mti with_repeat(Mti mti);

} // namespace codec
