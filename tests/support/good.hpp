#pragma once

#include "authz/account.hpp"
#include "authz/policy.hpp"
#include "authz/request.hpp"

#include <memory>
#include <string>

/// Good objects to break one thing in. Everything happens around noon of 22 November 2026 (UTC).
namespace good {

inline constexpr authz::Currency yen = 392;
inline constexpr authz::Time noon{std::chrono::sys_days{std::chrono::November / 22 / 2026} +
                                  std::chrono::hours{12}};

template <class Id> Id id_of(std::uint64_t number)
{
    Id id;
    for (std::size_t i = 0; i < 8; ++i) id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

/// A key as the server makes it: the first four bytes are the second of transmission.
inline authz::Key key_of(std::uint64_t number, authz::Time sent = noon)
{
    auto key = id_of<authz::Key>(number);
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(sent.time_since_epoch()).count();
    for (std::size_t i = 0; i < 4; ++i) key.bytes[3 - i] = static_cast<std::uint8_t>(second >> (8 * i));
    return key;
}

inline std::shared_ptr<authz::Policy> policy()
{
    return std::make_shared<authz::Policy>();
}

inline authz::Account account(authz::AccountId id = 1001, std::int64_t balance_minor = 1000)
{
    authz::Account a;
    a.id = id;
    a.currency = yen;
    a.balance_minor = balance_minor;
    return a;
}

inline authz::Card card(std::uint64_t number = 1, authz::AccountId account_id = 1001)
{
    return {id_of<authz::CardToken>(number), account_id, authz::CardStatus::active, 202812};
}

inline authz::Request request(authz::Operation operation, std::uint64_t number, std::string mti_kind)
{
    static const auto shared_policy = policy();
    authz::Request r;
    r.operation = operation;
    r.key = key_of(number);
    r.key_fields = {"net-a", std::move(mti_kind), std::to_string(number % 1'000'000), "T0000001"};
    r.transmitted_at = std::chrono::floor<std::chrono::seconds>(noon);
    r.delivery = number * 1'000 + 1;
    r.card_number = authz::CardNumber::ours;
    r.card = id_of<authz::CardToken>(1);
    r.amount = {100, yen};
    r.processing_code = "000000";
    r.merchant = "SHOP00000000001";
    r.acquirer = "12345";
    r.content = id_of<authz::ContentDigest>(number);
    r.business_date = std::chrono::floor<std::chrono::days>(noon);
    r.policy = shared_policy;
    return r;
}

inline authz::Request sale(std::uint64_t number = 1)
{
    return request(authz::Operation::sale, number, "20");
}

/// `number` is its own; it names `original`.
inline authz::Request linked(authz::Operation operation, std::uint64_t number, const authz::Request& original)
{
    authz::Request r = request(operation, number, operation == authz::Operation::refund ? "20" : "40");
    if (operation == authz::Operation::fault_reversal) r.key_fields.mti_kind = "42";
    if (operation == authz::Operation::stand_in) r.key_fields.mti_kind = "22";
    r.amount = original.amount;
    r.card = original.card;
    r.original = authz::Original{original.key, original.acquirer};
    return r;
}

inline authz::Request cancel(std::uint64_t number, const authz::Request& sale)
{
    return linked(authz::Operation::cancel, number, sale);
}
inline authz::Request refund(std::uint64_t number, const authz::Request& sale)
{
    return linked(authz::Operation::refund, number, sale);
}
inline authz::Request reversal(std::uint64_t number, const authz::Request& original)
{
    return linked(authz::Operation::fault_reversal, number, original);
}
/// The shop or the customer voids the transaction: no fault reason.
inline authz::Request void_of(std::uint64_t number, const authz::Request& original)
{
    authz::Request r = reversal(number, original);
    r.scope = authz::ReversalScope::transaction;
    return r;
}
/// A reversal of a part, in mode replacement: `final_minor` is what really happened.
inline authz::Request partial(std::uint64_t number, const authz::Request& original, std::int64_t final_minor)
{
    authz::Request r = void_of(number, original);
    r.part = authz::PartialReversal{authz::PartialReversal::Mode::replacement, final_minor};
    return r;
}
/// The network approved `request` in our place.
inline authz::Request advice(std::uint64_t number, const authz::Request& request)
{
    return linked(authz::Operation::stand_in, number, request);
}
inline authz::Request own_undo(std::uint64_t number, const authz::Request& original)
{
    authz::Request r = linked(authz::Operation::own_undo, number, original);
    r.delivery = original.delivery;
    return r;
}

/// The same message once more, in another frame.
inline authz::Request again(authz::Request r)
{
    ++r.delivery;
    return r;
}

} // namespace good
