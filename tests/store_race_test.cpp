#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

#include <array>
#include <barrier>
#include <optional>
#include <stdexcept>
#include <thread>

// Two ledgers, as two nodes or two workers would have them, at the same moment.

using Codes = std::vector<std::string>;

namespace {

constexpr int rounds = 60;

/// Runs a batch until its end is known, as a server's worker does.
authz::BatchResult serve(authz::Ledger& ledger, const std::vector<authz::Request>& batch, authz::Time now,
                         authz::CommitGate& gate)
{
    for (int i = 0; i < 1'000; ++i) {
        auto result = ledger.serve(batch, now, gate);
        if (result.end == authz::BatchEnd::committed) return result;
        if (result.end != authz::BatchEnd::retry) throw std::runtime_error("unexpected end: " + result.why);
    }
    throw std::runtime_error("a batch never ends");
}

authz::BatchResult serve(authz::Ledger& ledger, const std::vector<authz::Request>& batch, authz::Time now)
{
    OpenGate gate;
    return serve(ledger, batch, now, gate);
}

class Race {
public:
    explicit Race(const LedgerFixture& fixture)
        : now_(fixture.now), one_(fixture.options()), two_(fixture.options())
    {
    }

    /// The answer codes of both, which began together.
    std::array<Codes, 2> run(const std::vector<authz::Request>& one, const std::vector<authz::Request>& two)
    {
        std::array<Codes, 2> codes;
        std::array<std::string, 2> trouble;
        std::barrier start(2);
        const auto serve_one = [&](std::size_t i, authz::Ledger& ledger, const auto& batch) {
            start.arrive_and_wait();
            try {
                for (const auto& outcome : serve(ledger, batch, now_).outcomes)
                    codes[i].push_back(outcome.answer.code);
            } catch (const std::exception& error) {
                trouble[i] = error.what();
            }
        };
        std::thread other([&] { serve_one(1, two_, two); });
        serve_one(0, one_, one);
        other.join();
        REQUIRE(trouble == std::array<std::string, 2>{});
        return codes;
    }

private:
    authz::Time now_;
    store::PostgresLedger one_;
    store::PostgresLedger two_;
};

authz::Request of_card(authz::Request request, std::uint64_t card)
{
    request.card = good::card(card).token;
    request.content = good::id_of<authz::ContentDigest>(1'000'000 + card);
    return request;
}

authz::Request without_card(authz::Request request)
{
    request.card.reset();
    request.card_number = authz::CardNumber::absent;
    return request;
}

/// Serves a batch of somebody else while the own one is written and not committed.
struct MeetingGate : authz::CommitGate {
    MeetingGate(authz::Ledger& an_other, const authz::Request& a_request, authz::Time a_time)
        : other(an_other), request(a_request), now(a_time)
    {
    }
    bool may_commit() override
    {
        OpenGate gate;
        met = other.serve({&request, 1}, now, gate);
        return true;
    }
    authz::Ledger& other;
    authz::Request request;
    authz::Time now;
    authz::BatchResult met;
};

} // namespace

TEST_CASE("one message on two nodes at once has one effect and one answer")
{
    LedgerFixture f;
    const auto account = f.open(1, 100'000);
    Race race(f);
    for (int i = 1; i <= rounds; ++i) {
        const auto sale = good::sale(static_cast<std::uint64_t>(i));
        CHECK(race.run({sale}, {good::again(sale)}) == std::array<Codes, 2>{Codes{"00"}, Codes{"00"}});
        CHECK(f.balance(account) == 100'000 - 100 * i);
    }
    CHECK(f.broken() == "");
}

TEST_CASE("one key under two cards on two nodes at once is decided once; the other is a conflict")
{
    LedgerFixture f;
    f.open(1, 100'000);
    f.open(2, 100'000);
    Race race(f);
    for (int i = 1; i <= rounds; ++i) {
        const auto sale = good::sale(static_cast<std::uint64_t>(i));
        const auto [one, two] = race.run({of_card(sale, 1)}, {good::again(of_card(sale, 2))});
        const bool one_won = one == Codes{"00"} && two == Codes{"94"};
        const bool two_won = one == Codes{"94"} && two == Codes{"00"};
        CHECK(one_won != two_won);
    }
    CHECK(f.database.value("select count(*) from posting where account_version > 1") ==
          std::to_string(rounds));
    CHECK(f.broken() == "");
}

TEST_CASE("two nodes never spend the same money")
{
    LedgerFixture f;
    const auto account = f.open(1, 1'000);
    Race race(f);
    int approved = 0;
    for (std::uint64_t i = 1; i <= 10; ++i) {
        const auto sales = race.run({good::sale(2 * i)}, {good::sale(2 * i + 1)});
        for (const Codes& codes : sales) approved += codes == Codes{"00"} ? 1 : 0;
    }
    CHECK(approved == 10);
    CHECK(f.balance(account) == 0);
    CHECK(f.broken() == "");
}

TEST_CASE("a reversal without a card that races its sale leaves no money taken, whoever wins")
{
    LedgerFixture f;
    const auto account = f.open(1, 1'000);
    Race race(f);
    int reversal_first = 0;
    for (int i = 1; i <= rounds; ++i) {
        const auto number = static_cast<std::uint64_t>(10 * i);
        const auto sale = good::sale(number);
        const auto [sold, reversed] = race.run({sale}, {without_card(good::reversal(number + 1, sale))});
        reversal_first += sold == Codes{"21"} ? 1 : 0;
        CHECK((sold == Codes{"00"} || sold == Codes{"21"}));
        CHECK(reversed == Codes{"00"});
        CHECK(f.balance(account) == 1'000);
    }
    MESSAGE(reversal_first << " of " << rounds << " reversals came first");
    CHECK(f.broken() == "");
}

TEST_CASE("a stand-in advice that races its sale charges once, whoever wins, and its void gives that back")
{
    LedgerFixture f;
    const auto account = f.open(1, 1'000);
    Race race(f);
    int advice_first = 0;
    for (int i = 1; i <= rounds; ++i) {
        const auto number = static_cast<std::uint64_t>(10 * i);
        const auto sale = good::sale(number);
        const auto [sold, told] = race.run({sale}, {good::advice(number + 1, sale)});
        advice_first += sold == Codes{"21"} ? 1 : 0;
        CHECK((sold == Codes{"00"} || sold == Codes{"21"}));
        CHECK(told == Codes{"00"});
        CHECK(f.balance(account) == 900);
        const auto both = race.run({without_card(good::void_of(number + 2, sale))},
                                   {good::void_of(number + 3, good::advice(number + 1, sale))});
        CHECK(both == std::array<Codes, 2>{Codes{"00"}, Codes{"00"}});
        CHECK(f.balance(account) == 1'000);
    }
    MESSAGE(advice_first << " of " << rounds << " advices came first");
    CHECK(f.broken() == "");
}

TEST_CASE(
    "a stand-in advice under another card that meets its sale makes a group of its own, whoever is first")
{
    struct Row {
        const char* name;
        authz::Request first;
        authz::Request second;
        Codes codes; ///< of both, the second's when it had its turn
        std::int64_t balances_minor[2];
    };
    const auto sale = good::sale(1);
    const auto advice = of_card(good::advice(2, sale), 2);
    const Row rows[] = {
        {"the sale", sale, advice, {"00", "00"}, {900, 900}},
        {"the advice", advice, sale, {"00", "21"}, {1'000, 900}},
        {"an advice of the sale's card", good::advice(3, sale), advice, {"00", "00"}, {900, 900}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        LedgerFixture f;
        const auto one = f.open(1);
        const auto two = f.open(2);
        auto hurried = f.options();
        hurried.lock_timeout = std::chrono::milliseconds{250};
        store::PostgresLedger other(hurried);
        const std::vector<authz::Request> warm = {of_card(good::sale(10), 1), of_card(good::sale(11), 2),
                                                  good::reversal(12, of_card(good::sale(10), 1)),
                                                  good::reversal(13, of_card(good::sale(11), 2))};
        REQUIRE(f.codes(warm) == Codes(4, "00")); // the clearing account is open
        MeetingGate gate(other, row.second, f.now);
        const auto served = serve(f.ledger, {row.first}, f.now, gate);
        CHECK_MESSAGE(gate.met.end == authz::BatchEnd::retry, gate.met.why); // it may not look away
        CHECK(served.outcomes.at(0).answer.code == row.codes[0]);
        CHECK(serve(other, {row.second}, f.now).outcomes.at(0).answer.code == row.codes[1]);
        CHECK(f.balance(one) == row.balances_minor[0]);
        CHECK(f.balance(two) == row.balances_minor[1]);
        CHECK(f.broken() == "");
    }
}

TEST_CASE("a reversal without an account is not decided while any batch is under way")
{
    LedgerFixture f;
    const auto account = f.open(1, 1'000);
    f.code(good::sale(1)); // both sessions are warm
    store::PostgresLedger other(f.options());
    const auto sale = good::sale(2);
    MeetingGate gate(other, without_card(good::reversal(3, sale)), f.now);
    const auto sold = f.ledger.serve({&sale, 1}, f.now, gate);
    REQUIRE(sold.end == authz::BatchEnd::committed);
    CHECK(sold.outcomes.at(0).answer.code == "00");
    CHECK_MESSAGE(gate.met.end == authz::BatchEnd::retry, gate.met.why); // and not a tombstone
    CHECK(gate.met.why.find("55P03") != std::string::npos);
    CHECK(serve(other, {gate.request}, f.now).outcomes.at(0).answer.code == "00");
    CHECK(f.balance(account) == 900);
    CHECK(f.broken() == "");
}

TEST_CASE("a reversal without an account and who else writes accounts do not wait for each other")
{
    LedgerFixture f;
    f.open(1, 1'000);
    pqxx::connection connection(f.database.url());
    pqxx::work other(connection);
    other.exec("insert into account (account_id, bucket, currency) values (64000, 0, 392)"); // a card import
    other.exec("lock table account in share update exclusive mode");                         // VACUUM
    const auto sale = good::sale(1);
    CHECK(f.codes({sale, without_card(good::reversal(3, good::sale(2)))}) == Codes{"00", "00"});
    CHECK(f.code(good::sale(2)) == "21");
    CHECK(f.code(good::sale(4)) == "00");
    other.commit();
    CHECK(f.broken() == "");
}

TEST_CASE("batches over the same accounts in opposite order do not stop each other")
{
    LedgerFixture f;
    constexpr std::uint64_t cards = 8;
    for (std::uint64_t n = 1; n <= cards; ++n) f.open(n, 1'000'000);
    Race race(f);
    std::uint64_t number = 100;
    for (int i = 0; i < rounds; ++i) {
        std::vector<authz::Request> up;
        std::vector<authz::Request> down;
        for (std::uint64_t n = 1; n <= cards; ++n) {
            up.push_back(of_card(good::sale(number++), n));
            down.push_back(of_card(good::sale(number++), cards + 1 - n));
        }
        CHECK(race.run(up, down) == std::array<Codes, 2>{Codes(cards, "00"), Codes(cards, "00")});
    }
    CHECK(f.database.value("select distinct balance_minor from account where kind = 'customer'") ==
          std::to_string(1'000'000 - 2 * rounds * 100));
    CHECK(f.broken() == "");
}
