#pragma once

#include "store/postgres_ledger.hpp"
#include "tests/support/database.hpp"
#include "tests/support/good.hpp"
#include "tests/support/memory_ledger.hpp" // OpenGate

#include <chrono>
#include <string>
#include <vector>

/// A database with accounts and cards, and the ledger on it. Card n (good::card(n)) belongs to the account
/// that open(n) returned.
class LedgerFixture {
public:
    LedgerFixture() : ledger(options()) {}

    [[nodiscard]] store::LedgerOptions options() const
    {
        store::LedgerOptions o;
        o.url = database.url();
        o.application_name = "test";
        return o;
    }

    /// Opens an account in yen and issues card `number` for it.
    authz::AccountId open(std::uint64_t number = 1, std::int64_t balance_minor = 1'000);
    /// The same for `count` cards with consecutive numbers; the accounts have consecutive ids.
    /// returns  the first account
    authz::AccountId open_many(std::uint64_t first_number, std::size_t count, std::int64_t balance_minor);

    /// One request, by this ledger or another node's, now.
    authz::BatchResult serve(const authz::Request& request) { return serve(ledger, request); }
    authz::BatchResult serve(authz::Ledger& node, const authz::Request& request) const
    {
        OpenGate gate;
        return serve(node, request, gate);
    }
    authz::BatchResult serve(authz::Ledger& node, const authz::Request& request,
                             authz::CommitGate& gate) const
    {
        return node.serve({&request, 1}, now, gate);
    }
    /// Serves one batch, which must be committed, and gives the answer codes.
    std::vector<std::string> codes(const std::vector<authz::Request>& batch);
    std::string code(const authz::Request& request) { return codes({request}).at(0); }

    [[nodiscard]] std::int64_t balance(authz::AccountId id) const
    {
        return std::stoll(
            database.value("select balance_minor from account where account_id = " + std::to_string(id)));
    }

    /// Names of the invariants that are broken, one a line; empty when all hold.
    [[nodiscard]] std::string broken() const;

    FreshDatabase database;
    store::PostgresLedger ledger;
    authz::Time now = good::noon;
};
