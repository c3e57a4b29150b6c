#pragma once

#include "tests/support/good.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// All short histories of one transaction, and a model of what they must give. The model is written from
/// DOMAIN 3.5 and 3.10 as a table of events; it shares nothing with authz.
namespace histories {

enum class Event : std::uint8_t {
    sale,
    repeat,
    cancel,
    reversal_of_sale,
    reversal_of_cancel,
    refund,
    reversal_of_refund,
    same_key_other_amount,
    advice,       ///< the network stood in and approved
    void_of_sale, ///< a reversal of the transaction, without a fault reason
    part_of_sale, ///< a reversal of a part
};
inline constexpr std::array<const char*, 11> names = {
    "sale",        "repeat",       "cancel", "rev(sale)",  "rev(cancel)", "refund",
    "rev(refund)", "other-amount", "advice", "void(sale)", "part(sale)"};

/// The kinds of message that histories are made of.
using Alphabet = std::array<Event, 8>;
inline constexpr Alphabet without_advices = {Event::sale,
                                             Event::repeat,
                                             Event::cancel,
                                             Event::reversal_of_sale,
                                             Event::reversal_of_cancel,
                                             Event::refund,
                                             Event::reversal_of_refund,
                                             Event::same_key_other_amount};
/// A second sale is the repeat here.
inline constexpr Alphabet with_advices = {Event::sale,
                                          Event::same_key_other_amount,
                                          Event::cancel,
                                          Event::reversal_of_sale,
                                          Event::reversal_of_cancel,
                                          Event::advice,
                                          Event::void_of_sale,
                                          Event::part_of_sale};

using History = std::vector<Event>;

inline std::string text_of(const History& history)
{
    std::string text;
    for (const Event event : history)
        text += std::string(text.empty() ? "" : ", ") + names[static_cast<std::size_t>(event)];
    return text;
}

/// What a second cancel, refund or partial reversal of a history is: the first one delivered again, or a new
/// message. With new ones the advice has another amount than the sale, too.
enum class Second : std::uint8_t { repeats_the_first, is_new };

inline constexpr std::int64_t opening = 1000;
inline constexpr std::int64_t sale_amount = 100;
inline constexpr std::int64_t other_amount = 70;
inline constexpr std::int64_t refund_amount = 40;

inline std::int64_t advice_amount(Second second)
{
    return second == Second::is_new ? 90 : sale_amount;
}

/// What the n-th partial reversal, 1.., leaves: less, more, less again, all, too much.
inline std::int64_t part_amount(unsigned number)
{
    constexpr std::array<std::int64_t, 6> amounts = {60, 80, 30, sale_amount, 120, 50};
    return amounts.at(number - 1);
}

/// Walks through all histories of 1 to `length` messages, each one from where its beginning ended: `step`
/// gets a copy of the state there, and the history with the next message at its end.
template <class State, class Step> void walk_histories(std::size_t length, const Alphabet& alphabet,
                                                       const State& state, Step step, History& history)
{
    for (const Event event : alphabet) {
        State next = state;
        history.push_back(event);
        step(next, history);
        if (length > 1) walk_histories(length - 1, alphabet, next, step, history);
        history.pop_back();
    }
}

/// Calls `visit` with each of the 8^1 + ... + 8^length histories.
template <class Visit>
void for_each_history(std::size_t length, Visit visit, const Alphabet& alphabet = without_advices)
{
    struct Nothing {};
    History history;
    const auto step = [&](Nothing&, const History& reached) { visit(reached); };
    walk_histories(length, alphabet, Nothing{}, step, history);
}

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
