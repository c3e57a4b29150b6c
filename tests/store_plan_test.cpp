#include "store/session.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

// Every look-up of a batch is an index probe in the partitions that its keys can be in, however large the
// tables are: cost per message must not grow with age (DESIGN 5).

namespace {

/// The generic plan of a statement, in a session set up as the ledger's.
std::string plan_of(const LedgerFixture& f, const store::queries::Query& query, const std::string& arguments)
{
    store::SessionOptions options;
    options.url = f.database.url();
    store::Session session(options);
    const std::string prepare = std::string("prepare it as ") + query.text;
    const std::string explain = "explain (costs off) execute it(" + arguments + ")";
    session.run({"prepare_it", prepare.c_str()});
    std::string plan;
    for (const pqxx::row& row : session.run({"explain_it", explain.c_str()}))
        plan += std::string(row[0].c_str()) + '\n';
    return plan;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// A key of November 2026, as good::noon is.
const std::string key = "'6b02d9c0-0000-0000-0000-000000000001'";
const std::string keys = "array[" + key + "]::uuid[], " + key + ", " + key;

} // namespace

TEST_CASE("look-ups probe indexes, and only in the month of their keys")
{
    LedgerFixture f;
    f.open();
    f.database.run("select create_partitions('2026-01-01', 12)");
    for (std::uint64_t first = 1; first < 2'000; first += 500) {
        std::vector<authz::Request> batch;
        for (std::uint64_t n = first; n < first + 500; ++n) batch.push_back(good::sale(n));
        f.codes(batch);
    }
    f.database.run("vacuum analyze");

    struct Row {
        store::queries::Query query;
        std::string arguments;
        bool is_pruned; ///< looks into a partitioned table by keys with bounds
    };
    const Row rows[] = {
        {store::queries::lock_accounts, "array[" + key + "]::uuid[], " + keys + ", array[]::bigint[]", true},
        {store::queries::load_cards, "array[" + key + "]::uuid[]", false},
        {store::queries::load_records, keys, true},
        {store::queries::load_redeliveries, keys, true},
        {store::queries::write_batch,
         "array[]::journal[], array[]::group_member[], array[]::posting[], array[]::redelivery[], "
         "array[]::account_change[]",
         false},
    };
    for (const Row& row : rows) {
        const std::string plan = plan_of(f, row.query, row.arguments);
        CAPTURE(row.query.name);
        CAPTURE(plan);
        CHECK_FALSE(contains(plan, "Seq Scan"));
        CHECK_FALSE(contains(plan, "Hash Join"));
        CHECK_FALSE(contains(plan, "Merge Join"));
        CHECK(contains(plan, "Index"));
        CHECK(contains(plan, "Subplans Removed") == row.is_pruned);
    }
}

TEST_CASE("accounts are locked in the order of their ids")
{
    LedgerFixture f;
    const std::string plan = plan_of(f, store::queries::lock_accounts,
                                     "array[" + key + "]::uuid[], " + keys + ", array[]::bigint[]");
    CAPTURE(plan);
    CHECK(plan.starts_with("LockRows\n")); // above whatever sorts
    CHECK((contains(plan, "Index Scan using account_pkey on account") ||
           contains(plan, "Sort Key: account_id")));
}
