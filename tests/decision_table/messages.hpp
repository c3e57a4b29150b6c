#pragma once

#include "tests/support/good.hpp"

#include <functional>

/// The messages that rows of the decision table are made of.
namespace decision_table {

using authz::Operation;
using authz::Request;

inline const Request sale = good::sale(1); ///< of 100
inline const Request cancel = good::cancel(2, sale);
inline const Request refund = good::refund(3, sale);
inline const Request reversal = good::reversal(4, sale); ///< for a fault
inline const Request void_of_sale = good::void_of(5, sale);
inline const Request advice = good::advice(6, sale);
inline const Request unlinked_refund = good::request(Operation::refund, 7, "20");
inline const Request other_sale = good::sale(8);

inline Request with(Request request, const std::function<void(Request&)>& change)
{
    change(request);
    return request;
}

inline Request of_amount(Request request, std::int64_t minor)
{
    request.amount.minor = minor;
    return request;
}

inline Request of_other_card(Request request)
{
    request.card = good::id_of<authz::CardToken>(2);
    return request;
}

inline Request abandoned(Request request)
{
    request.abandoned = true;
    return request;
}

/// Another frame with the same key that says something else.
inline Request other_content(const Request& request)
{
    return with(good::again(request), [](Request& r) { r.content = good::id_of<authz::ContentDigest>(999); });
}

/// Transmitted so much after noon, or before it; the key does not matter to what is tested with it.
inline Request sent(Request request, std::chrono::seconds after_noon)
{
    request.transmitted_at += after_noon;
    return request;
}

inline Request without_reason(Request request)
{
    request.scope = authz::ReversalScope::unstated;
    return request;
}

/// A sale of a terminal that takes a part, on a link that approves at least 50 of it.
inline Request takes_part(Request request)
{
    auto policy = good::policy();
    policy->partial_approval_min_minor = 50;
    request.policy = policy;
    request.takes_part = true;
    return request;
}

inline Request on_link_with_partial_cancels(Request request)
{
    auto policy = good::policy();
    policy->partial_cancels = true;
    request.policy = policy;
    return request;
}

/// In mode "reversed": `minor` is given back.
inline Request giving_back(std::uint64_t number, std::int64_t minor)
{
    Request r = good::void_of(number, sale);
    r.part = authz::PartialReversal{authz::PartialReversal::Mode::reversed, minor};
    return r;
}

} // namespace decision_table
