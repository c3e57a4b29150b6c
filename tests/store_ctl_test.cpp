#include "tests/support/database.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

// The program itself, as an operator runs it.

namespace {

namespace fs = std::filesystem;

struct Finished {
    int status = -1;
    std::string out;
    std::string err;
};

std::string read(const fs::path& path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

class Office {
public:
    Office()
    {
        char name[] = "/tmp/tollgate-ctl-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        folder_ = name;
        write("token.key", std::string(64, 'a'));
        ::chmod((folder_ / "token.key").c_str(), 0600);
    }
    ~Office() { fs::remove_all(folder_); }
    Office(const Office&) = delete;
    Office& operator=(const Office&) = delete;

    std::string write(const std::string& name, const std::string& text) const
    {
        std::ofstream(folder_ / name) << text;
        return (folder_ / name).string();
    }

    /// Through the shell, so arguments are quoted as on a command line.
    Finished run(const std::string& arguments, const std::string& input = "") const
    {
        const std::string in = write("in", input);
        const std::string command = "TOLLGATE_DATABASE_URL='" + database.url() + "' " + TOLLGATECTL + ' ' +
                                    arguments + " <" + in + " >" + (folder_ / "out").string() + " 2>" +
                                    (folder_ / "err").string();
        const int status = std::system(command.c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(folder_ / "out"), read(folder_ / "err")};
    }

    [[nodiscard]] std::string key_option() const
    {
        return " --token-key-file " + (folder_ / "token.key").string();
    }

    FreshDatabase database;

private:
    fs::path folder_;
};

std::size_t lines(const std::string& text)
{
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

} // namespace

TEST_CASE("an account is opened with its money, shown, and the books balance")
{
    Office o;
    const auto opened =
        o.run("--json account open --currency EUR --balance '12.50 EUR' --credit-limit '3 EUR'");
    CHECK(opened.status == 0);
    CHECK(opened.out ==
          R"({"schema":"tollgate/account/1","account_id":10001,"currency":"EUR","balance":"12.50 EUR",)"
          R"("balance_minor":1250,"credit_limit_minor":300,"available_minor":1550,"status":"open",)"
          R"("version":1})"
          "\n");
    CHECK(o.run("account show 10001").out ==
          "account 10001  open  balance 12.50 EUR  available 15.50 EUR  version 1\n");
    const auto missing = o.run("account show 77");
    CHECK(missing.status == 1);
    CHECK(missing.err == "tollgatectl: account 77 is not found\n");
    const auto check = o.run("check");
    CHECK(check.status == 0);
    CHECK(contains(check.out, "all hold"));
}

TEST_CASE("a card is issued from standard input and never shown whole")
{
    Office o;
    o.run("account open --currency JPY");
    const std::string issue = "card issue --account 10001 --expiry 2028-12" + o.key_option();
    const auto issued = o.run("--json " + issue, "4000000000000002\n");
    CHECK(issued.status == 0);
    CHECK(contains(issued.out, R"("card":"400000******0002","account_id":10001)"));
    CHECK(o.run(issue, "4000000000000002\n").status == 1); // issued already
    const auto argued = o.run(issue + " 4000000000000002");
    CHECK(argued.status == 2);
    CHECK_FALSE(contains(argued.out + argued.err, "4000000000000002"));
    CHECK(o.run(issue, "4000000000000003\n").status == 2); // check digit
    CHECK(o.run(issue, "").status == 2);
    CHECK(o.run("card issue --account 5 --expiry 2028-12" + o.key_option(), "4000000000000010\n").status ==
          1);
    CHECK(o.database.value("select string_agg(card::text, '') not like '%4000000000000002%' from card") ==
          "t");
}

TEST_CASE("a card number on the command line is refused in any form and not shown")
{
    Office o;
    const std::string rows[] = {
        "4000000000000002",
        "--pan:4000000000000002",
        "--pan=4000000000000002",
        "--pan4000000000000002",
        "account show 4000000000000002",
        "account open --currency '4000 0000 0000 0002'",
        "tx show 4000-0000-0000-0002",
        "card import cards.4000000000000002.csv" + o.key_option(),
        "card import ';4000000000000002=28121010000000000000?'" + o.key_option(),
        "card import 40000000000000022812101" + o.key_option(),
    };
    for (const std::string& arguments : rows) {
        CAPTURE(arguments);
        const Finished finished = o.run(arguments);
        CHECK(finished.status == 2);
        CHECK(finished.out == "");
        CHECK(contains(finished.err, "a card number may not stand on the command line"));
        CHECK_FALSE(contains(finished.err, "0002"));
    }
    // A message's key is no card number, whatever its digits are.
    CHECK(o.run("tx show 40000000000000020000000000000000").status == 1);
}

TEST_CASE("what looks like a card number with a wrong digit is masked in every error")
{
    Office o;
    const std::string rows[] = {"--pan:4000000000000003", "account show x4000000000000003",
                                "account open --currency 4000000000000003", "tx show '4000 0000 0000 0003'",
                                "card import /4000000000000003.csv" + o.key_option()};
    for (const std::string& arguments : rows) {
        CAPTURE(arguments);
        const Finished finished = o.run(arguments);
        CAPTURE(finished.err);
        CHECK(finished.status == 2);
        CHECK(contains(finished.err, "****"));
        CHECK_FALSE(contains(finished.err, "0003"));
    }
}

TEST_CASE("a card file with shifted columns shows no cell of it")
{
    Office o;
    const std::string rows[] = {
        "4000000000000002,4000000000000002,JPY,1000",      "4000000000000002,2028-12,4000000000000002,1000",
        "4000000000000002,2028-12,JPY,4000000000000002",   "4000000000000002,2028-12,JPY,x4000000000000002",
        "4000000000000002,2028-12,JPY,1,4000000000000002", "4000000000000002,2028-12,JPY,1,active,9",
        "Kanako Arai,4000000000000002,2028-12,JPY",        "4000000000000002,Kanako Arai,JPY,1",
        "4000000000000002,2028-12,Kanako Arai,1",          "4000000000000002,2028-12,JPY,Kanako Arai",
        "4000000000000002,2028-12,JPY,1,Kanako Arai",
    };
    for (const std::string& row : rows) {
        CAPTURE(row);
        const std::string file = o.write("cards.csv", "pan,expiry,currency,balance,status\n" + row + "\n");
        const Finished finished = o.run("card import " + file + o.key_option());
        CHECK(finished.status == 2);
        CHECK(contains(finished.err, "cards.csv:2: "));
        CHECK_FALSE(contains(finished.err, "4000"));
        CHECK_FALSE(contains(finished.err, "***")); // not even masked
        CHECK_FALSE(contains(finished.err, "Kanako"));
    }
}

TEST_CASE("amounts that the books could not add up are refused with their bound")
{
    Office o;
    for (const char* option : {"--balance", "--credit-limit", "--sale-max", "--day-amount-max"}) {
        CAPTURE(option);
        const std::string open = std::string("account open --currency JPY ") + option;
        CHECK(o.run(open + " '1000000000000000 JPY'").status == 0);
        const Finished finished = o.run(open + " '1000000000000001 JPY'");
        CHECK(finished.status == 2);
        CHECK(contains(finished.err, "more than 10^15 minor units"));
        CHECK(contains(finished.err, option));
    }
    CHECK(o.run("account open --currency JPY --day-count-max 1000000000000001").status == 2);
    const std::string file = o.write("cards.csv", "pan,expiry,currency,balance\n"
                                                  "4000000000000002,2028-12,EUR,10000000000000.01\n");
    const Finished finished = o.run("card import " + file + o.key_option());
    CHECK(finished.status == 2);
    CHECK(contains(finished.err, "cards.csv:2: balance is more than 10^15 minor units"));
    CHECK(o.run("check").status == 0);
}

TEST_CASE("check names the first broken rows of an invariant below it")
{
    Office o;
    for (int i = 0; i < 6; ++i) o.run("account open --currency EUR --balance '1 EUR'");
    o.database.run("update account set balance_minor = balance_minor + 1 where account_id = 10003");
    const Finished one = o.run("check");
    CHECK(one.status == 6);
    CHECK(contains(one.out, "BROKEN  L02 a customer's balance is the sum of its postings: 1 rows\n"
                            "        10003\n"
                            "ok      L03"));
    CHECK(contains(
        o.run("--json check").out,
        R"("name":"L02 a customer's balance is the sum of its postings","rows":1,"first":["10003"]})"));
    o.database.run("update account set balance_minor = 0 where kind = 'customer'");
    const std::string many = o.run("check").out;
    const auto begin = many.find("BROKEN  L02");
    REQUIRE(begin != std::string::npos);
    CHECK(lines(many.substr(begin, many.find("L03") - begin)) == 1 + 5);
    CHECK(contains(many, "L02 a customer's balance is the sum of its postings: 6 rows"));
}

TEST_CASE("check warns of missing partitions, which break nothing, and of rows that have none")
{
    Office o;
    CHECK(contains(o.run("--json check").out, R"("warnings":[],"broken":0})"));
    CHECK_FALSE(contains(o.run("check").out, "warning"));
    const std::string next = o.database.value(
        "select 'posting' || to_char((now() at time zone 'UTC') + interval '1 month', '_YYYY_MM')");
    o.database.run("drop table " + next);
    CHECK(o.run("check").status == 0);
    // Its month, in 1970, has no partition.
    o.database.run("insert into redelivery values ('00000000-0000-0000-0000-000000000001', "
                   "gen_random_uuid(), now(), 1, null, null, null, 1, 'stale', '91', '', 'none')");
    const Finished text = o.run("check");
    CHECK(contains(text.out,
                   "warning  table " + next + " of next month is missing; run tollgatectl migrate\n"));
    CHECK(contains(text.out, "warning  table redelivery_default holds 1 rows"));
    const Finished json = o.run("--json check");
    CHECK(contains(json.out, R"("warnings":["table )" + next));
    o.run("migrate");
    CHECK_FALSE(contains(o.run("check").out, next));
}

TEST_CASE("bad input gets one clear line and exit 2, and changes nothing")
{
    Office o;
    const std::string loose = o.write("loose.key", std::string(64, 'a'));
    ::chmod(loose.c_str(), 0644);
    const std::string brief = o.write("short.key", "abc");
    ::chmod(brief.c_str(), 0600);
    const std::string card = "card issue --account 1 --expiry 2028-12 --token-key-file ";
    const std::string rows[] = {
        "",
        "acount",
        "account open",
        "account open --currency XXX",
        "account open --currency JPY --balance 1000",
        "account open --currency JPY --balance '10.5 JPY'",
        "account open --currency JPY --balance '-1 JPY'",
        "account open --currency JPY --balance '1 EUR'",
        "account open --currency JPY --day-count-max -1",
        "account show x",
        card + "/nonexistent",
        card + loose,
        card + brief,
        "card issue --account 1 --expiry 2028-13" + o.key_option(),
        "card issue --account 1 --expiry 2028-12 --status gone" + o.key_option(),
        "card import /nonexistent" + o.key_option(),
        "tx show",
        "tx show 12",
        "tx show --network n --mti 200 --stan 1 --terminal t",
        "tx show --network n --mti 0200 --stan 1 --terminal t --transmitted 1322000000",
        "check --nonsense",
    };
    for (const std::string& arguments : rows) {
        CAPTURE(arguments);
        const Finished finished = o.run(arguments, "4000000000000002\n");
        CAPTURE(finished.err);
        CHECK(finished.status == 2);
        CHECK(finished.out == "");
        CHECK(lines(finished.err) == 1);
        CHECK(finished.err.starts_with("tollgatectl: "));
    }
    CHECK(o.database.value("select count(*) from account") == "0");
}

TEST_CASE("a card file is taken whole or not at all, with the lines that are wrong")
{
    Office o;
    const std::string good_file = o.write("good.csv", "pan,expiry,currency,balance,status\n"
                                                      "4000000000000002,2028-12,JPY,1000,active\r\n"
                                                      "4000000000000010,2028-12,EUR,12.50,blocked\n");
    const std::string bad_file = o.write("bad.csv", "pan,expiry,currency,balance\n"
                                                    "4000000000000028,2028-12,JPY,1000\n"
                                                    "4000000000000029,2028-12,JPY,1000\n"
                                                    "4000000000000036,2028-00,JPY,1000\n"
                                                    "4000000000000044,2028-12,JPY,1.5\n"
                                                    "4000000000000028,2028-12,JPY,1000\n"
                                                    "4000000000000051,2028-12\n");
    const auto imported = o.run("--json card import " + good_file + o.key_option());
    CHECK(imported.status == 0);
    CHECK(imported.out == R"({"schema":"tollgate/import/1","accounts":2,"cards":2,"first_account_id":10001})"
                          "\n");
    const auto again = o.run("card import " + good_file + o.key_option());
    CHECK(again.status == 2);
    CHECK(contains(again.err, "good.csv:2: this card is issued already"));

    const auto refused = o.run("card import " + bad_file + o.key_option());
    CHECK(refused.status == 2);
    for (const char* place : {"bad.csv:3: pan", "bad.csv:4: expiry", "bad.csv:5: balance",
                              "bad.csv:6: is the same card as line 2", "bad.csv:7: has 2 fields"})
        CHECK_MESSAGE(contains(refused.err, place), refused.err);
    CHECK_FALSE(contains(refused.err, "40000000"));
    CHECK(o.database.value("select count(*) from card") == "2");
    CHECK(o.run("card import " + o.write("empty.csv", "") + o.key_option()).status == 2);
    CHECK(o.run("card import " + o.write("head.csv", "pan;expiry\n") + o.key_option()).status == 2);
    CHECK(o.run("check").status == 0);
}

TEST_CASE("a transaction's life line tells its state at every step")
{
    LedgerFixture f;
    f.open();
    const auto show = [&f](const authz::Request& request) {
        Office o;
        std::string key;
        for (const auto byte : request.key.bytes) {
            char digits[3];
            std::snprintf(digits, sizeof digits, "%02x", byte);
            key += digits;
        }
        return o.run("--database '" + f.database.url() + "' --json tx show " + key);
    };
    const auto state_is = [&](const authz::Request& request, const std::string& state) {
        const Finished finished = show(request);
        CAPTURE(finished.out);
        CAPTURE(finished.err);
        CHECK(contains(finished.out, "\"state\":\"" + state + "\""));
    };
    const auto sale = good::sale(1);
    CHECK(show(sale).status == 1);
    f.code(sale);
    state_is(sale, "approved");
    auto part = good::refund(2, sale);
    part.amount.minor = 40;
    f.code(part);
    state_is(sale, "partly_refunded");
    auto rest = good::refund(3, sale);
    rest.amount.minor = 60;
    f.code(rest);
    state_is(sale, "refunded");
    f.code(good::reversal(4, rest));
    state_is(sale, "partly_refunded");
    f.code(good::reversal(5, sale));
    state_is(sale, "reversed");
    state_is(rest, "reversed"); // a member shows its whole group
    f.code(good::again(sale));
    CHECK(contains(show(sale).out, "\"redeliveries\":1"));

    const auto cancelled = good::sale(11);
    f.codes({cancelled, good::cancel(12, cancelled)});
    state_is(cancelled, "cancelled");
    auto refused = good::sale(21);
    refused.amount.minor = 1'000'000;
    f.code(refused);
    state_is(refused, "declined");
    const auto late = good::sale(31);
    f.code(good::reversal(32, late));
    state_is(late, "reversed_before_arrival");
    f.code(late);
    state_is(late, "reversed_before_arrival");

    const auto replaced = good::sale(41);
    f.codes({replaced, good::partial(42, replaced, 70)});
    state_is(replaced, "reduced");
    CHECK(contains(show(replaced).out,
                   "\"scope\":\"transaction\",\"part_mode\":\"replacement\",\"part_minor\":70"));
    const auto advice = good::advice(43, replaced);
    f.code(advice);
    state_is(replaced, "reduced"); // of the advice, too
    const auto lost = good::sale(51);
    const auto early = good::void_of(53, good::advice(52, lost));
    f.code(good::advice(54, lost));
    state_is(lost, "stood_in");
    f.code(good::cancel(55, lost));
    state_is(lost, "cancelled");
    f.codes({early, good::advice(52, lost)});
    state_is(lost, "reversed");
    state_is(good::advice(52, lost), "reversed"); // its request's group, not what waited for it
    CHECK(contains(show(lost).out, "\"stan\":\"53\""));

    auto declined = good::advice(62, good::sale(61));
    declined.network_declined = true;
    f.code(declined);
    state_is(good::sale(61), "declined");
    f.open(2, 30);
    auto in_part = good::sale(71);
    in_part.card = good::card(2).token;
    in_part.takes_part = true;
    auto policy = good::policy();
    policy->partial_approval_min_minor = 10;
    in_part.policy = policy;
    f.code(in_part);
    state_is(in_part, "approved_in_part");
    CHECK(contains(show(in_part).out, "\"amount_minor\":100,\"approved_minor\":30"));
}

TEST_CASE("a broken invariant is exit 6, a database that is away exit 3, one without schema exit 2")
{
    Office o;
    o.run("account open --currency JPY --balance '100 JPY'");
    o.database.run("update account set balance_minor = balance_minor + 1 where kind = 'customer'");
    const auto broken = o.run("check");
    CHECK(broken.status == 6);
    CHECK(contains(broken.out, "BROKEN  L02"));
    const auto json = o.run("--json check");
    CHECK(json.status == 6);
    CHECK(contains(json.out, R"("broken":2})"));

    CHECK(o.run("--database 'postgresql:///x?host=/nonexistent' check").status == 3);
    FreshDatabase empty(FreshDatabase::Schema::none);
    const auto bare = o.run("--database '" + empty.url() + "' check");
    CHECK(bare.status == 2);
    CHECK(contains(bare.err, "run tollgatectl migrate"));
    CHECK(o.run("--database '" + empty.url() + "' migrate --status").status == 1);
    CHECK(o.run("--database '" + empty.url() + "' migrate").status == 0);
    CHECK(o.run("--database '" + empty.url() + "' migrate --status").status == 0);
}
