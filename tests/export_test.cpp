// What `tollgatectl tx export` prints is what a checker outside needs, and reads.
#include "sim/auditor_books.hpp"
#include "sim/child_process.hpp"
#include "sim/office.hpp"
#include "tests/support/database.hpp"

#include <doctest/doctest.h>

using namespace sim;

TEST_CASE("export: an account with its load is an account, a journal row and a posting")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    const std::string ctl = std::string(TOLLGATE_BIN_DIR) + "/tollgatectl";
    CtlOffice office({ctl, database.url(), ""});
    office.migrate();
    AccountGiven given;
    given.balance = Amount{250, "JPY"};
    const std::int64_t account = office.open_account(given);

    const Finished finished = run_program({ctl, "--database", database.url(), "tx", "export"}, "");
    INFO(finished.err);
    REQUIRE(finished.status == 0);
    const LedgerBooks books = parse_books(finished.out);
    REQUIRE(books.balances.size() == 1); // the other accounts are not a customer's
    CHECK(books.balances.at(account) == 250);
    REQUIRE(books.journal.size() == 1);
    CHECK(books.journal.front().operation == "load");
    CHECK(books.journal.front().posted_minor == 250);
    REQUIRE(books.postings.size() == 1);
    CHECK(books.moved_minor(books.postings.front()) == 250);
    CHECK(books.postings.front().group == books.journal.front().group);
}
