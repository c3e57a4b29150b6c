#pragma once

#include "authz/request.hpp"

#include <chrono>
#include <string_view>

namespace store {

/// The key of a message, from the fields that an operator reads on a receipt or in a log: the transmission
/// second, then the first 12 bytes of SHA-256 over network, class and function of the MTI, STAN, DE7 and
/// terminal, each behind its length as eight bytes. It is the rule by which the server makes keys
/// (net/keys.cpp); both are held to the same example by tests.
/// transmitted      DE7 as sent, MMDDhhmmss
/// transmitted_at   the same with its year
[[nodiscard]] authz::Key message_key(const authz::KeyFields& fields, std::string_view transmitted,
                                     std::chrono::sys_seconds transmitted_at);

/// The key of our own undo of a delivery: beside its target, by the rule of net::own_undo_of(), so that the
/// server and a repair write it once.
[[nodiscard]] authz::Key undo_key(const authz::Key& target, std::uint64_t delivery);

} // namespace store
