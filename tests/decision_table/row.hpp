#pragma once

#include "tests/support/good.hpp"

#include "authz/books.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

/// The decision table of DOMAIN 3.10 as data: what comes, what is answered, what moves.
namespace decision_table {

using authz::Anomaly;
using authz::Books;
using authz::Operation;
using authz::Request;

/// One message, or something else that happens to the books between two messages.
struct Step {
    Step(Request a_request, std::string a_code, std::int64_t effect_minor = 0,
         Anomaly an_anomaly = Anomaly::none)
        : request(std::move(a_request)), code(std::move(a_code)), effect(effect_minor), anomaly(an_anomaly)
    {
    }
    explicit Step(std::function<void(Books&)> a_change) : change(std::move(a_change)) {}

    Step at(authz::Time time) &&
    {
        now = time;
        return std::move(*this);
    }
    /// DE4 of the answer tells this amount.
    Step tells(std::int64_t minor) &&
    {
        approved_minor = minor;
        return std::move(*this);
    }
    Step moves_on_suspense(std::int64_t minor) &&
    {
        on_suspense = minor;
        return std::move(*this);
    }

    Request request;
    std::string code;        ///< DE39
    std::int64_t effect = 0; ///< on the account 1001
    Anomaly anomaly = Anomaly::none;
    std::int64_t on_suspense = 0;
    std::optional<std::int64_t> approved_minor;
    authz::Time now = good::noon;
    std::function<void(Books&)> change;
};

/// What stands in the books before the first message.
struct Given {
    authz::Account account = good::account();
    authz::Card card = good::card();
};

struct Row {
    std::string name; ///< "ID: what it is about"; an ID may have several rows
    std::vector<Step> steps;
    std::function<void(Given&)> given = [](Given&) {};
    std::function<void(const Books&)> finally = [](const Books&) {};
};

std::vector<Row> rows_a();
std::vector<Row> rows_b();
std::vector<Row> rows_s();
std::vector<Row> rows_c();
std::vector<Row> rows_d();
std::vector<Row> rows_e();
std::vector<Row> rows_f();

// --- the messages that rows are made of

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

inline std::function<void(Given&)> balance(std::int64_t minor)
{
    return [=](Given& g) { g.account.balance_minor = minor; };
}

inline Step account_changes(const std::function<void(authz::Account&)>& change)
{
    return Step([=](Books& books) {
        authz::Account account = *books.find_account(1001);
        change(account);
        books.load(account);
    });
}

} // namespace decision_table
