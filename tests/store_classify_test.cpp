#include "authz/calendar.hpp"
#include "store/array_literal.hpp"
#include "store/failure.hpp"
#include "store/message_key.hpp"

#include <doctest/doctest.h>

using authz::BatchEnd;

TEST_CASE("before COMMIT a failure is either passing or would come again")
{
    struct Row {
        const char* sqlstate;
        const char* meaning;
        BatchEnd expected;
    };
    const Row rows[] = {
        {"", "the connection broke", BatchEnd::retry},
        {"08006", "the connection failed", BatchEnd::retry},
        {"40P01", "deadlock", BatchEnd::retry},
        {"40001", "serialization failure", BatchEnd::retry},
        {"55P03", "lock timeout", BatchEnd::retry},
        {"57014", "statement timeout", BatchEnd::retry},
        {"57P01", "shut down by an administrator", BatchEnd::retry},
        {"57P02", "shut down by a crash", BatchEnd::retry},
        {"57P03", "starting up", BatchEnd::retry},
        {"25P03", "idle in transaction", BatchEnd::retry},
        {"53300", "too many connections", BatchEnd::retry},
        {"53100", "disk full", BatchEnd::retry},
        {"25006", "read only", BatchEnd::retry},
        {"23505", "another node was first", BatchEnd::retry},
        {"23514", "a check is violated", BatchEnd::poisoned},
        {"22003", "a number is out of range", BatchEnd::poisoned},
        {"42P01", "a table is missing", BatchEnd::poisoned},
        {"42601", "syntax", BatchEnd::poisoned},
    };
    for (const Row& row : rows) {
        CAPTURE(row.sqlstate);
        CAPTURE(row.meaning);
        CHECK(store::end_before_commit(row.sqlstate) == row.expected);
    }
}

TEST_CASE("a COMMIT is sure only with its tag, without a warning and on a live connection")
{
    const store::CommitEvidence good{"COMMIT", {}, true};
    CHECK(store::end_of_commit(good) == BatchEnd::committed);

    auto warned = good;
    warned.warnings.emplace_back("WARNING:  canceling wait for synchronous replication due to user request");
    CHECK(store::end_of_commit(warned) == BatchEnd::in_doubt);

    auto lost = good;
    lost.connection_lives = false;
    CHECK(store::end_of_commit(lost) == BatchEnd::in_doubt);

    auto aborted = good;
    aborted.command_tag = "ROLLBACK";
    CHECK(store::end_of_commit(aborted) == BatchEnd::in_doubt);
    CHECK(store::end_of_commit({}) == BatchEnd::in_doubt);
}

TEST_CASE("only the first line of a database message leaves: the others quote rows")
{
    CHECK(store::first_line("ERROR:  check violated\nDETAIL:  Failing row contains (1, 2)") ==
          "ERROR:  check violated");
    CHECK(store::first_line("") == "");
}

TEST_CASE("whatever bytes a field has, its column form comes back to them")
{
    std::string every;
    for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
    const std::string fields[] = {"", "T0000001", every, std::string("\0", 1), "\xff\xfe"};
    for (const std::string& field : fields) {
        const std::string text = store::to_column(field);
        CHECK(text.find('\0') == std::string::npos);
        CHECK(store::from_column(text) == field);
    }
    store::ArrayLiteral literal;
    literal.add(std::string_view("a\"b\\c,{}"));
    literal.add(std::int64_t{-5});
    literal.add_null();
    CHECK(literal.str() == R"({"a\"b\\c,{}",-5,NULL})");
}

TEST_CASE("sixteen bytes are read from a uuid and from plain digits; anything else is refused")
{
    const auto bytes = store::bytes_of_hex("00112233-4455-6677-8899-aabbccddeeff");
    REQUIRE(bytes);
    CHECK(store::hex(*bytes) == "00112233445566778899aabbccddeeff");
    CHECK(store::bytes_of_hex("00112233445566778899AABBCCDDEEFF") == bytes);
    for (const char* wrong :
         {"", "00", "00112233445566778899aabbccddeeff00", "g0112233445566778899aabbccddeeff"})
        CHECK_FALSE(store::bytes_of_hex(wrong));
}

TEST_CASE("an operator's fields give the key that the server makes of a message")
{
    using namespace std::chrono;
    const sys_seconds sent = sys_days{November / 22 / 2026} + 12h + 34min + 56s;
    const authz::KeyFields fields{"net-a", "20", "000123", "T0000001"};
    CHECK(store::hex(store::message_key(fields, "1122123456", sent).bytes) ==
          "6b02e170f5a952cb4a595d8ac50c2f5c");
    CHECK(authz::moment_near("1122123456", sent) == sent);
    CHECK(authz::moment_near("1231235959", sys_days{January / 1 / 2027}) ==
          sys_days{January / 1 / 2027} - 1s);
    CHECK(authz::moment_near("0101000000", sys_days{December / 31 / 2026}) == sys_days{January / 1 / 2027});
    for (const char* wrong : {"", "1322000000", "0230000000", "112212345", "1122126000", "112212345x"})
        CHECK_FALSE(authz::moment_near(wrong, sent));
}
