/// Card data that is nobody's and unmistakable: each way into the server has a card number of its own, so
/// that a number that turns up somewhere tells how it came in.
#pragma once

#include "codec/dialect.hpp"
#include "codec/message.hpp"
#include "sim/scenario.hpp"
#include "tests/support/secret_search.hpp"

#include <set>
#include <string>
#include <vector>

namespace test {

inline const std::string verification_value = "CVV2:4071:WOMBAT";

/// A number that no other name has; the same in every run.
[[nodiscard]] std::string card_number(const std::string& bin, const std::string& name, std::size_t size = 16);
/// The same of a card that is ours.
[[nodiscard]] std::string own_number(const std::string& name);
/// The same with a check digit that is wrong.
[[nodiscard]] std::string mistyped_number(const std::string& name);

/// Whether the issuer knows the card.
enum class Issued { yes, no };

/// A sale with card data in some place, and what it must be answered.
struct Way {
    std::string name;
    std::string pan;
    std::vector<sim::FieldRule> fields; ///< beside DE2, or instead of it
    std::string answer;                 ///< as the network's file calls it, or two characters
    Issued issued = Issued::yes;
};
[[nodiscard]] std::vector<Way> ways();

/// Puts the card data of a way into a message, as far as the dialect can carry it there.
/// returns  the elements that have it
std::set<int> put_into(codec::Message& message, const Way& way, const codec::Dialect& dialect);

/// All that must not be found: the numbers of ways(), those with these names, and what stands beside them.
[[nodiscard]] std::vector<Secret> canary_secrets(const std::vector<std::string>& names);

} // namespace test
