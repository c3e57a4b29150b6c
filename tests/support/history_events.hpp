#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// The kinds of message that short histories of one transaction are made of.
namespace histories {

enum class Event : std::uint8_t {
    sale,
    repeat,
    cancel,
    reversal_of_sale,
    reversal_of_cancel,
    refund,
    reversal_of_refund,
    same_key_other_amount,
    advice,       ///< the network stood in and approved
    void_of_sale, ///< a reversal of the transaction, without a fault reason
    part_of_sale, ///< a reversal of a part
};
inline constexpr std::array<const char*, 11> names = {
    "sale",        "repeat",       "cancel", "rev(sale)",  "rev(cancel)", "refund",
    "rev(refund)", "other-amount", "advice", "void(sale)", "part(sale)"};

/// The kinds of message that histories are made of.
using Alphabet = std::array<Event, 8>;
inline constexpr Alphabet without_advices = {Event::sale,
                                             Event::repeat,
                                             Event::cancel,
                                             Event::reversal_of_sale,
                                             Event::reversal_of_cancel,
                                             Event::refund,
                                             Event::reversal_of_refund,
                                             Event::same_key_other_amount};
/// A second sale is the repeat here.
inline constexpr Alphabet with_advices = {Event::sale,
                                          Event::same_key_other_amount,
                                          Event::cancel,
                                          Event::reversal_of_sale,
                                          Event::reversal_of_cancel,
                                          Event::advice,
                                          Event::void_of_sale,
                                          Event::part_of_sale};

using History = std::vector<Event>;

inline std::string text_of(const History& history)
{
    std::string text;
    for (const Event event : history)
        text += std::string(text.empty() ? "" : ", ") + names[static_cast<std::size_t>(event)];
    return text;
}

/// What a second cancel, refund or partial reversal of a history is: the first one delivered again, or a new
/// message. With new ones the advice has another amount than the sale, too.
enum class Second : std::uint8_t { repeats_the_first, is_new };

inline constexpr std::int64_t opening = 1000;
inline constexpr std::int64_t sale_amount = 100;
inline constexpr std::int64_t other_amount = 70;
inline constexpr std::int64_t refund_amount = 40;

inline std::int64_t advice_amount(Second second)
{
    return second == Second::is_new ? 90 : sale_amount;
}

/// What the n-th partial reversal, 1.., leaves: less, more, less again, all, too much.
inline std::int64_t part_amount(unsigned number)
{
    constexpr std::array<std::int64_t, 6> amounts = {60, 80, 30, sale_amount, 120, 50};
    return amounts.at(number - 1);
}

} // namespace histories
