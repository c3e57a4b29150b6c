#pragma once

#include <string>
#include <string_view>

/// Card numbers where none may be: on a command line, in an error text.
namespace store {

/// True when a card number stands somewhere in the text: digits in one run or in groups of three to six, of
/// which the first has four, with one of " \t-._" between them. A run longer than a card number is searched.
[[nodiscard]] bool holds_card_number(std::string_view text);

/// The text with a star for every digit of a run of 13 or more, whether or not its check digit is right;
/// groups of at least three digits with one of " \t-._" between them are one run.
[[nodiscard]] std::string without_card_numbers(std::string_view text);

} // namespace store
