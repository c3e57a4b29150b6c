#pragma once

#include "tests/support/history_events.hpp"

#include <algorithm>
#include <vector>

/// Written from DOMAIN 3.5 and 3.10; shares nothing with authz.
namespace histories {

/// What must come of a history: DE39 after each event, and the balance.
class Model {
public:
    explicit Model(Second second) : second_(second) {}

    std::string answer(Event event)
    {
        switch (event) {
        case Event::sale:
        case Event::repeat:
            return ask_sale(sale_amount);
        case Event::same_key_other_amount:
            return ask_sale(other_amount);
        case Event::cancel:
            return ask_give(cancels_, sale_amount, true);
        case Event::refund:
            return ask_give(refunds_, refund_amount, false);
        case Event::reversal_of_sale:
            reversed_ = true;
            return "00";
        case Event::reversal_of_cancel:
            latest(cancels_).reversed = true;
            return "00";
        case Event::reversal_of_refund:
            latest(refunds_).reversed = true;
            return "00";
        case Event::advice:
            advised_ = true;
            return "00";
        case Event::void_of_sale:
            voided_ = true;
            return "00";
        case Event::part_of_sale:
            take_part();
            return "00";
        }
        return "";
    }

    [[nodiscard]] std::int64_t balance() const { return opening - open(); }

private:
    struct Give { ///< a cancel or refund
        bool sent = false;
        bool good = false;
        bool reversed = false;
        std::int64_t amount = 0;
        std::string code;
    };

    void take_part()
    {
        if (parts_ == 0 || second_ == Second::is_new) ++parts_;
        least_part_ = std::min(least_part_, part_amount(parts_));
    }

    /// What the transaction is worth before anything is given back: the network's own decision goes before
    /// ours.
    [[nodiscard]] std::int64_t base() const
    {
        if (voided_) return 0;
        if (advised_) return std::min(advice_amount(second_), least_part_);
        return sale_good_ && !reversed_ ? std::min(sold_, least_part_) : 0;
    }

    [[nodiscard]] std::int64_t open() const
    {
        std::int64_t given = 0;
        for (const auto* list : {&cancels_, &refunds_})
            for (const Give& give : *list) given += give.good && !give.reversed ? give.amount : 0;
        return std::max<std::int64_t>(0, base() - given);
    }

    std::string ask_sale(std::int64_t amount)
    {
        if (!sale_code_.empty()) { // the key is taken
            if (amount != sold_) return "94";
            return sale_good_ && (reversed_ || voided_) ? "21" : sale_code_;
        }
        sold_ = amount;
        if (reversed_ || voided_ || parts_ > 0)
            return sale_code_ = amount == sale_amount ? "21" : "94"; // the reversal told the amount
        if (advised_) return sale_code_ = "21";
        sale_good_ = true;
        return sale_code_ = "00";
    }

    std::string ask_give(std::vector<Give>& list, std::int64_t amount, bool all)
    {
        Give& give = next(list);
        if (give.sent) return give.good && give.reversed ? "21" : give.code;
        give.sent = true;
        give.amount = amount;
        give.code = first_answer(give, all);
        give.good = give.code == "00";
        return give.code;
    }

    [[nodiscard]] std::string first_answer(const Give& give, bool all) const
    {
        if (give.reversed) return "21";
        if (base() == 0) return "25";
        if (all && open() == 0) return "21";
        if (all ? give.amount != open() : give.amount > open()) return "64";
        return "00";
    }

    Give& next(std::vector<Give>& list) const
    {
        const bool first_is_still_to_come = list.size() == 1 && !list.front().sent;
        if (list.empty() || (second_ == Second::is_new && !first_is_still_to_come)) list.emplace_back();
        return list.back();
    }

    static Give& latest(std::vector<Give>& list)
    {
        if (list.empty()) list.emplace_back();
        return list.back();
    }

    Second second_;
    std::string sale_code_;
    std::int64_t sold_ = 0;
    bool sale_good_ = false;
    bool reversed_ = false; ///< the request, for a fault
    bool voided_ = false;   ///< the transaction
    bool advised_ = false;
    unsigned parts_ = 0;
    std::int64_t least_part_ = sale_amount * 100;
    std::vector<Give> cancels_;
    std::vector<Give> refunds_;
};

} // namespace histories
