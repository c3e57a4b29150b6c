#include "authz/decide.hpp"

#include "authz/effect.hpp"
#include "authz/orders.hpp"
#include "authz/rules.hpp"
#include "authz/test_build.hpp"

namespace authz {

namespace {

// --- repeats (DOMAIN 3.4)

bool is_same_transaction(const Record& seen, const Request& request)
{
    if (TOLLGATE_PLANTED("repeat-content-not-compared")) return seen.key_fields == request.key_fields;
    return seen.key_fields == request.key_fields && seen.content == request.content &&
           acquirers_agree(seen.acquirer, request.acquirer);
}

Decision redeliver(const Case& c, Answer answer, Anomaly anomaly)
{
    Decision d;
    d.answer = answer;
    d.redelivery = Redelivery{
        c.request.key, c.request.delivery, c.seen->account, c.request.content, std::move(answer), anomaly,
        c.now};
    return d;
}

/// What was approved has been reversed since, or the advice that replaced it has.
bool is_undone(const Case& c)
{
    if (c.group.is_reversed(*c.seen)) return true;
    const Record* carrier = c.group.carrier();
    return c.seen == c.group.root() && carrier && c.group.is_reversed(*carrier);
}

Decision repeat(const Case& c)
{
    const bool same_delivery = c.seen->delivery == c.request.delivery;
    const bool is_undo = c.request.operation == Operation::own_undo;
    // Run again, and nothing new is to be told: its own row stands already.
    if (same_delivery && (c.request.abandoned || is_undo)) return {c.seen->answer, {}, {}, {}, {}};
    if (is_undo) return redeliver(c, answer_for(c.request, Reason::deadline_passed), Anomaly::none);
    if (TOLLGATE_PLANTED("expired-repeat-declined") && c.request.abandoned)
        return redeliver(c, answer_for(c.request, Reason::deadline_passed), Anomaly::none);
    if (!is_same_transaction(*c.seen, c.request))
        return redeliver(c, answer_for(c.request, Reason::duplicate_conflict), Anomaly::content_differs);
    if (TOLLGATE_PLANTED("reversed-repeat-approved")) return redeliver(c, c.seen->answer, Anomaly::none);
    if (is_approval(c.seen->answer.reason) && is_undone(c))
        return redeliver(c, answer_for(c.request, Reason::reversed), Anomaly::none);
    return redeliver(c, c.seen->answer, Anomaly::none);
}

// --- requests: may be refused

std::string approval_code_of(std::int64_t version)
{
    constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::string code(6, '0');
    for (auto place = code.rbegin(); place != code.rend() && version > 0; ++place, version /= 36)
        *place = digits[static_cast<std::size_t>(version % 36)];
    return code;
}

Answer approval_of(const Case& c)
{
    const std::int64_t minor = minor_to_approve(c);
    if (minor == c.request.amount.minor) return answer_for(c.request, Reason::approved);
    Answer answer = answer_for(c.request, Reason::approved_in_part);
    answer.approved_minor = minor;
    return answer;
}

Decision approve(const Case& c)
{
    Decision d = carry_out(c, record_of(c, approval_of(c), Anomaly::none));
    Answer& answer = d.record->answer;
    if (c.request.operation == Operation::inquiry)
        answer.balances = Balances{c.account->balance_minor, c.account->available_minor()};
    else
        answer.approval_code = approval_code_of(d.account->version);
    if (c.request.operation == Operation::sale) count_sale(d.account->usage, *d.record);
    d.answer = answer;
    return d;
}

Decision answer_request(const Case& c)
{
    if (c.request.abandoned) return refuse(c, Reason::deadline_passed);
    for (const Rule& rule : rules_for(c.request))
        if (rule.violated(c)) return refuse(c, rule.reason);
    return approve(c);
}

} // namespace

bool matches(const Request& request, const Record& named)
{
    if (TOLLGATE_PLANTED("reversal-card-not-compared"))
        return acquirers_agree(request.original->acquirer, named.acquirer);
    if (!cards_agree(request.card, named.card) ||
        !acquirers_agree(request.original->acquirer, named.acquirer))
        return false;
    if (request.operation != Operation::stand_in) return true;
    const bool is_its_sale = named.operation == Operation::sale || named.operation == Operation::stand_in;
    return is_its_sale && request.amount.currency == named.amount.currency;
}

const Record* matching_original(const Case& c)
{
    return c.original && c.request.original && matches(c.request, *c.original) ? c.original : nullptr;
}

Decision decide(const Case& c)
{
    if (c.seen && !TOLLGATE_PLANTED("repeat-decided-anew")) return repeat(c);
    switch (c.request.operation) {
    case Operation::fault_reversal:
        return take_reversal(c);
    case Operation::stand_in:
        return take_advice(c);
    case Operation::own_undo:
        return take_undo(c);
    default:
        return answer_request(c);
    }
}

} // namespace authz
