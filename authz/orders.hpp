#pragma once

#include "authz/decide.hpp"

namespace authz {

// Orders are carried out, not decided: nothing about funds, limits, card or age refuses one. What is odd
// about it is noted as its anomaly, the gravest first.

/// A fault reversal, of all or of a part (rows C, D, E, F).
[[nodiscard]] Decision take_reversal(const Case& c);

/// What the network decided in our place (rows A13 to A15, S).
[[nodiscard]] Decision take_advice(const Case& c);

/// Notes that a delivery stayed silent, and undoes the effect once that is known of every delivery whose row
/// tells an approval (DESIGN 3). A row proves that an approval was durable, not that it left.
[[nodiscard]] Decision take_undo(const Case& c);

} // namespace authz
