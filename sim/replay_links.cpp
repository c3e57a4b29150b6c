#include "sim/replay_links.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace sim {

namespace {

constexpr std::size_t mti_size = 4;
constexpr std::size_t stan_size = 6;
constexpr std::size_t time_size = 10;
constexpr std::size_t institutions_size = 22;

using Places = std::unordered_map<std::string, std::vector<std::size_t>>;

std::string value_of(const codec::Message& message, int de)
{
    return std::string(message.get(de));
}

/// Class and function.
std::string kind_of(codec::Mti mti)
{
    return std::string(mti.text().substr(1, 2));
}

std::string local_time_of(const codec::Message& message)
{
    return value_of(message, 13) + value_of(message, 12);
}

std::string own_key(const codec::Message& m)
{
    return value_of(m, 11) + "|" + value_of(m, 7) + "|" + value_of(m, 41);
}

std::string weak_key(const codec::Message& m)
{
    return value_of(m, 37) + "|" + value_of(m, 41) + "|" + value_of(m, 2);
}

bool is_zero(std::string_view digits)
{
    return digits.find_first_not_of('0') == std::string_view::npos;
}

/// An element that both have must be equal.
bool agree(const codec::Message& a, const codec::Message& b, int de)
{
    return !a.has(de) || !b.has(de) || a.get(de) == b.get(de);
}

class Linker {
public:
    Linker(std::vector<ReplayRequest>& requests, const ReversalKinds& reversals)
        : requests_(requests), reversals_(reversals), above_(requests.size())
    {
        std::iota(above_.begin(), above_.end(), std::size_t{0});
    }

    void run()
    {
        for (std::size_t i = 0; i < requests_.size(); ++i) {
            requests_[i].role = first_role(requests_[i].message);
            if (requests_[i].role != ReplayRole::management) index(i);
        }
        for (std::size_t i = 0; i < requests_.size(); ++i)
            if (requests_[i].role != ReplayRole::management) link(i);
        for (std::size_t i = 0; i < requests_.size(); ++i) requests_[i].group = top_of(i);
    }

private:
    [[nodiscard]] ReplayRole first_role(const codec::Message& message) const
    {
        const codec::Mti mti = message.mti();
        if (mti.message_class() == '8') return ReplayRole::management;
        if (std::ranges::count(reversals_.kinds, kind_of(mti)) > 0) return ReplayRole::reversal;
        if (mti.function() == '2') return ReplayRole::advice;
        const bool refers = mti.message_class() == '4' || NamedOriginal::in(message).has_value();
        return refers ? ReplayRole::question : ReplayRole::original;
    }

    void index(std::size_t i)
    {
        const codec::Message& m = requests_[i].message;
        if (m.has(37)) add(by_weak_key_, weak_key(m), i);
        if (!m.has(11)) return; // nobody can name it, and it is nobody's copy
        add(by_transmission_, value_of(m, 11) + "|" + value_of(m, 7), i);
        if (m.has(12)) add(by_local_time_, value_of(m, 11) + "|" + local_time_of(m), i);
        add(by_own_key_, own_key(m), i);
    }

    /// Copies of what is there already are left out: one key may come a hundred thousand times.
    void add(Places& places, const std::string& key, std::size_t i)
    {
        std::vector<std::size_t>& there = places[key];
        if (std::ranges::none_of(there, [&](std::size_t other) { return is_copy(i, other); }))
            there.push_back(i);
    }

    [[nodiscard]] bool is_copy(std::size_t i, std::size_t other) const
    {
        const codec::Message& a = requests_[i].message;
        const codec::Message& b = requests_[other].message;
        return a.has(11) && kind_at(i) == kind_at(other) && own_key(a) == own_key(b) && a.get(2) == b.get(2);
    }

    void link(std::size_t i)
    {
        join_copies(i);
        ReplayRequest& request = requests_[i];
        if (request.role == ReplayRole::original) return;
        const auto named = NamedOriginal::in(request.message);
        request.target = named ? find_named(i, *named) : find_by_itself(i);
        if (request.target) return join(i, *request.target);
        request.names_absent = named.has_value();
        if (named) join_absent(i, *named);
    }

    /// With the first message of the same key.
    void join_copies(std::size_t i)
    {
        if (!requests_[i].message.has(11)) return;
        for (const std::size_t other : by_own_key_[own_key(requests_[i].message)])
            if (kind_at(other) == kind_at(i)) return join(i, other);
    }

    /// All that name the same are one group, though the named one is not there.
    void join_absent(std::size_t i, const NamedOriginal& named)
    {
        const auto [found, is_new] = absent_.emplace(
            named.mti + named.stan + named.time + "|" + value_of(requests_[i].message, 41), i);
        if (!is_new) join(i, found->second);
    }

    [[nodiscard]] std::optional<std::size_t> find_named(std::size_t i, const NamedOriginal& named)
    {
        for (Places* const places : {&by_transmission_, &by_local_time_})
            if (const auto found = places->find(named.stan + "|" + named.time); found != places->end())
                for (const std::size_t other : found->second)
                    if (may_be_original(i, other) &&
                        (named.mti.empty() || named.mti.substr(1, 2) == kind_at(other)))
                        return other;
        return std::nullopt;
    }

    [[nodiscard]] std::optional<std::size_t> find_by_itself(std::size_t i)
    {
        std::optional<std::size_t> best;
        if (!requests_[i].message.has(11)) return find_weakly(i);
        for (const std::size_t other : by_own_key_[own_key(requests_[i].message)]) {
            if (!is_request_below(i, other) || !may_be_original(i, other)) continue;
            const bool is_same_class = kind_at(other).front() == kind_at(i).front();
            if (!best || (is_same_class && kind_at(*best).front() != kind_at(i).front())) best = other;
        }
        return best ? best : find_weakly(i);
    }

    /// Only when there is exactly one.
    [[nodiscard]] std::optional<std::size_t> find_weakly(std::size_t i)
    {
        std::optional<std::size_t> only;
        if (!requests_[i].message.has(37)) return only;
        for (const std::size_t other : by_weak_key_[weak_key(requests_[i].message)]) {
            if (!is_request_below(i, other) || !may_be_original(i, other)) continue;
            if (only && top_of(*only) != top_of(other)) return std::nullopt;
            if (!only) only = other;
        }
        return only;
    }

    /// A 0420 is about an 0400 or an 0200, a 0120 about an 0100, an 0400 about an 0100 or an 0200.
    [[nodiscard]] bool is_request_below(std::size_t i, std::size_t other) const
    {
        const std::string kind = kind_at(i);
        const std::string below = kind_at(other);
        if (below[1] != '0') return false;
        return kind[0] == below[0] ? kind[1] != '0' : below[0] < kind[0];
    }

    [[nodiscard]] bool may_be_original(std::size_t i, std::size_t other) const
    {
        const codec::Message& a = requests_[i].message;
        const codec::Message& b = requests_[other].message;
        return other != i && agree(a, b, 41) && agree(a, b, 2) &&
               !(kind_at(i) == kind_at(other) && own_key(a) == own_key(b));
    }

    [[nodiscard]] std::string kind_at(std::size_t i) const { return kind_of(requests_[i].message.mti()); }

    [[nodiscard]] std::size_t top_of(std::size_t i)
    {
        while (above_[i] != i) i = above_[i] = above_[above_[i]];
        return i;
    }

    void join(std::size_t a, std::size_t b)
    {
        const auto [first, second] = std::minmax({top_of(a), top_of(b)});
        above_[second] = first;
    }

    std::vector<ReplayRequest>& requests_;
    const ReversalKinds& reversals_;
    std::vector<std::size_t> above_; ///< of each group a tree, its first request at the top
    Places by_transmission_;
    Places by_local_time_;
    Places by_own_key_;
    Places by_weak_key_;
    std::unordered_map<std::string, std::size_t> absent_;
};

} // namespace

std::optional<NamedOriginal> NamedOriginal::in(const codec::Message& message)
{
    const std::string de90 = value_of(message, 90);
    if (de90.size() != mti_size + stan_size + time_size + institutions_size || is_zero(de90))
        return std::nullopt;
    NamedOriginal named;
    named.mti = de90.substr(0, mti_size);
    if (is_zero(named.mti)) named.mti.clear();
    named.stan = de90.substr(mti_size, stan_size);
    named.time = de90.substr(mti_size + stan_size, time_size);
    named.institutions = de90.substr(mti_size + stan_size + time_size);
    return named;
}

std::string NamedOriginal::text() const
{
    return (mti.empty() ? std::string(mti_size, '0') : mti) + stan + time + institutions;
}

void link_requests(std::vector<ReplayRequest>& requests, const ReversalKinds& reversals)
{
    Linker(requests, reversals).run();
}

} // namespace sim
