// Two nodes get the messages of one transaction in pieces, at the same moment, under cards and acquirers that
// may contradict each other. Whoever is first where, the books must be in order.
#include "tests/support/ledger_fixture.hpp"
#include "tests/support/seed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>
#include <thread>

namespace {

using Requests = std::vector<authz::Request>;

constexpr std::uint64_t rounds = 300;
constexpr std::uint64_t numbers_per_round = 100;
constexpr std::size_t messages_max = 10; ///< of a round

/// Draws the messages of one transaction.
class Dealer {
public:
    explicit Dealer(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] std::size_t below(std::size_t end) { return random_() % end; }

    /// All that can be said of a sale, in any order, some of it twice; at most messages_max of it.
    Requests round(std::uint64_t first_number)
    {
        number_ = first_number;
        const auto sale = odd(good::sale(number_++));
        Requests all = {sale};
        for (int i = 0; i < 3; ++i) all.push_back(odd(good::advice(number_++, sale)));
        for (int i = 0; i < 2; ++i) {
            const auto& original = all[below(all.size())];
            all.push_back(odd(below(2) == 0 ? good::cancel(number_, original)
                                            : partly(good::refund(number_, original))));
            ++number_;
        }
        for (int i = 0; i < 4; ++i)
            all.push_back(odd(undoing(all[below(all.size() - static_cast<std::size_t>(i))])));
        for (std::size_t i = all.size(); i > 0; --i)
            if (below(4) == 0) all.push_back(good::again(all[i - 1]));
        std::ranges::shuffle(all, random_);
        all.resize(std::min(all.size(), messages_max));
        return all;
    }

private:
    authz::Request undoing(const authz::Request& original)
    {
        const auto number = number_++;
        switch (below(3)) {
        case 0:
            return good::void_of(number, original);
        case 1:
            return good::partial(number, original, 30);
        default:
            return good::reversal(number, original);
        }
    }

    static authz::Request partly(authz::Request request)
    {
        request.amount.minor = 40;
        return request;
    }

    /// Every other one contradicts the rest in something.
    authz::Request odd(authz::Request request)
    {
        switch (below(12)) {
        case 0:
        case 1:
        case 2:
            request.card = good::card(2).token;
            break;
        case 3:
            request.card = good::card(9'999).token; // not ours
            break;
        case 4:
            request.card.reset();
            break;
        case 5:
            request.acquirer = "777";
            break;
        default:
            break;
        }
        return request;
    }

    std::mt19937_64 random_;
    std::uint64_t number_ = 0;
};

/// One after the other, each until its end is known.
void serve_all(authz::Ledger& ledger, const Requests& requests, authz::Time now)
{
    for (const auto& request : requests) {
        OpenGate gate;
        authz::BatchResult result;
        for (int i = 0; i < 1'000 && result.end == authz::BatchEnd::retry; ++i)
            result = ledger.serve({&request, 1}, now, gate);
        if (result.end != authz::BatchEnd::committed) throw std::runtime_error(result.why);
    }
}

} // namespace

TEST_CASE("two nodes that share the messages of a transaction, under several cards, keep the books in order")
{
    LedgerFixture f;
    f.open_many(1, 2, 1'000'000);
    Dealer dealer(tests::printed_seed("random_race_test"));
    std::array<store::PostgresLedger, 2> nodes{store::PostgresLedger(f.options()),
                                               store::PostgresLedger(f.options())};
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        std::array<Requests, 2> shares;
        for (const auto& request : dealer.round(round * numbers_per_round))
            shares[dealer.below(2)].push_back(request);
        std::array<std::string, 2> trouble;
        const auto serve_share = [&](std::size_t i) {
            try {
                serve_all(nodes[i], shares[i], f.now);
            } catch (const std::exception& error) {
                trouble[i] = error.what();
            }
        };
        {
            const std::jthread other(serve_share, 1);
            serve_share(0);
        }
        REQUIRE(trouble == std::array<std::string, 2>{});
    }
    CHECK(f.database.value("select count(*) > 100 from journal where anomaly = 'card_differs'") == "t");
    CHECK(f.broken() == "");
}
