/// Whether the order of messages matters to the books: random orders of one capture, each into fresh books,
/// must give equal ledgers; when one does not, the shortest order that shows it.
#pragma once

#include "sim/replay_traffic.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// Places of requests in a traffic, as they are sent.
using SendOrder = std::vector<std::size_t>;

/// What the books say when everything is answered; in the capture's terms, so that the states of two orders
/// can be compared.
struct BooksState {
    std::map<std::string, std::int64_t> balances; ///< of each card of the capture, minor units
    std::map<std::size_t, std::int64_t> effects;  ///< of each group: what all its postings gave to the holder

    friend bool operator==(const BooksState&, const BooksState&) = default;
};

/// Somebody who can play an order into books that nothing was booked in before.
class CheckedBooks {
public:
    virtual ~CheckedBooks() = default;
    /// returns  one state for each order
    [[nodiscard]] virtual std::vector<BooksState> play(const std::vector<SendOrder>& orders) = 0;
};

/// Which orders must not matter, and which may.
///
/// A reversal or an advice is carried out whenever it comes: it goes anywhere. A cancel or a linked refund
/// asks, and is refused before its original has come: it stays behind it, as in the shop, where nobody
/// cancels what was not sold. Of a group in which the first one to come is right (two cancels of one sale,
/// two contents under one key, a cancel beside a reversal of a part) the order stays as captured.
class OrderRules {
public:
    /// traffic  lives longer
    explicit OrderRules(const ReplayTraffic& traffic);

    /// First places of the groups whose order stays.
    [[nodiscard]] const std::vector<std::size_t>& pinned() const { return pinned_; }
    /// Everything but management messages, as captured.
    [[nodiscard]] const SendOrder& captured() const { return captured_; }
    [[nodiscard]] SendOrder shuffled(std::uint64_t seed) const;

private:
    void pin(const std::vector<std::size_t>& members);

    const ReplayTraffic& traffic_;
    SendOrder captured_;
    std::vector<std::size_t> pinned_;
    std::map<std::size_t, std::size_t> behind_; ///< place -> the one that must be sent before it
};

struct OrderCheckOptions {
    std::size_t orders = 0;
    std::uint64_t seed = 0;
    std::size_t batch = 50; ///< orders given to the books at once
    std::function<void(std::size_t played)> on_progress{};
};

struct OrderDifference {
    std::uint64_t seed = 0; ///< of the order that differs
    SendOrder order;        ///< the shortest one that was found
    BooksState as_captured; ///< the same messages in the capture's order
    BooksState as_sent;
    std::string
        problem; ///< why no shorter one was looked for any more; empty when the search came to its end
};

struct OrderCheckResult {
    std::size_t played = 0; ///< orders compared with the captured one
    BooksState captured;
    std::optional<OrderDifference> difference;
};

[[nodiscard]] OrderCheckResult check_orders(const OrderRules& rules, const OrderCheckOptions& options,
                                            CheckedBooks& books);

/// The shortest part of `order` that still differs from the capture's order of the same messages: the
/// shortest prefix, by bisection, and of that what cannot be left out.
[[nodiscard]] OrderDifference shrink(SendOrder order, CheckedBooks& books);

} // namespace sim
