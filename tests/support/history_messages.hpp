#pragma once

#include "tests/support/good.hpp"
#include "tests/support/history_events.hpp"

#include <algorithm>

namespace histories {

/// Makes the messages of one history. `base` keeps the keys of different histories apart: they use base ..
/// base + 63.
class Messages {
public:
    Messages(std::uint64_t base, Second second, const authz::CardToken& card)
        : base_(base), second_(second), card_(card)
    {
    }

    authz::Request next(Event event)
    {
        authz::Request r = make(event);
        r.card = card_;
        r.delivery = base_ * 1'000 + ++deliveries_;
        return r;
    }

private:
    authz::Request make(Event event)
    {
        switch (event) {
        case Event::sale:
        case Event::repeat:
            return sale();
        case Event::same_key_other_amount:
            return other_sale();
        case Event::cancel:
            return cancel(number_of_next(cancels_));
        case Event::refund:
            return refund(number_of_next(refunds_));
        case Event::reversal_of_sale:
            return good::reversal(base_ + 1, sale());
        case Event::reversal_of_cancel:
            return reversal_of(cancel(std::max(cancels_, 1U)), 16 + std::max(cancels_, 1U));
        case Event::reversal_of_refund:
            return reversal_of(refund(std::max(refunds_, 1U)), 48 + std::max(refunds_, 1U));
        case Event::advice:
            return advice();
        case Event::void_of_sale:
            return good::void_of(base_ + 2, sale());
        case Event::part_of_sale:
            return part(number_of_next(parts_));
        }
        return sale();
    }

    unsigned number_of_next(unsigned& sent) const
    {
        if (sent == 0 || second_ == Second::is_new) ++sent;
        return sent;
    }

    authz::Request sale() const { return good::sale(base_); }

    authz::Request other_sale() const
    {
        authz::Request r = sale();
        r.amount.minor = other_amount;
        r.content = good::id_of<authz::ContentDigest>(base_ + 63);
        return r;
    }

    authz::Request cancel(unsigned number) const { return good::cancel(base_ + 8 + number, sale()); }

    authz::Request refund(unsigned number) const
    {
        authz::Request r = good::refund(base_ + 32 + number, sale());
        r.amount.minor = refund_amount;
        return r;
    }

    authz::Request advice() const
    {
        authz::Request r = good::advice(base_ + 60, sale());
        r.amount.minor = advice_amount(second_);
        return r;
    }

    authz::Request part(unsigned number) const
    {
        return good::partial(base_ + 2 + number, sale(), part_amount(number));
    }

    authz::Request reversal_of(const authz::Request& original, unsigned number) const
    {
        return good::reversal(base_ + number, original);
    }

    std::uint64_t base_;
    Second second_;
    authz::CardToken card_;
    unsigned cancels_ = 0;
    unsigned refunds_ = 0;
    unsigned parts_ = 0;
    std::uint64_t deliveries_ = 0;
};

} // namespace histories
