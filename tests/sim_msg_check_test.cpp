#include "sim/msg_facts.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/msg_run.hpp"

#include "codec/encode.hpp"
#include "codec/hex.hpp"

#include <doctest/doctest.h>

using namespace sim;
using tests::MsgRun;
using tests::run_msg;

namespace {

using Elements = std::vector<std::pair<int, std::string>>;

std::string hex_of(const std::vector<std::uint8_t>& bytes)
{
    return codec::hex_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string message(const char* mti, const Elements& elements, const char* dialect = "iso87-ascii")
{
    codec::Message made(codec::Mti::parse(mti).value());
    for (const auto& [de, value] : elements) made.set(de, value);
    std::vector<std::uint8_t> bytes;
    REQUIRE(codec::encode(*codec::dialect_named(dialect), made, bytes).has_value());
    return hex_of(bytes);
}

} // namespace

TEST_CASE("msg validate: golden messages of our own hold no error")
{
    for (const char* dialect : {"iso87-ascii", "iso87-bcd"}) {
        for (const auto& golden : golden::golden_messages(dialect)) {
            CAPTURE(golden.id);
            const MsgRun run = run_msg({"validate", "--dialect", dialect, hex_of(golden.bytes)});
            CAPTURE(run.out);
            CHECK(run.exit == 0);
            CHECK(run.says("0 errors, "));
        }
    }
}

TEST_CASE("msg validate: every finding has its place")
{
    struct Row {
        const char* name;
        const char* mti;
        Elements elements;
        int exit;
        std::string out;
    };
    const Row rows[] = {
        {"nothing", "0800", {{11, "000001"}}, 0, "0 errors, 0 warnings\n"},
        {"month",
         "0800",
         {{7, "1322103045"}},
         1,
         "error: DE7 at byte 20: month above 12\n1 error, 0 warnings\n"},
        {"month 0",
         "0800",
         {{13, "0001"}},
         1,
         "error: DE13 at byte 20: month below 1\n1 error, 0 warnings\n"},
        {"day",
         "0800",
         {{7, "0230103045"}},
         1,
         "error: DE7 at byte 20: a month without such a day\n1 error, 0 warnings\n"},
        {"leap day", "0800", {{7, "0229103045"}}, 0, "0 errors, 0 warnings\n"},
        {"hour", "0800", {{12, "240000"}}, 1, "error: DE12 at byte 20: hour above 23\n1 error, 0 warnings\n"},
        {"second",
         "0800",
         {{12, "235960"}},
         1,
         "error: DE12 at byte 20: second above 59\n1 error, 0 warnings\n"},
        {"expiry",
         "0800",
         {{14, "2613"}},
         1,
         "error: DE14 at byte 20: month above 12\n1 error, 0 warnings\n"},
        {"check digit",
         "0800",
         {{2, "4000001234560003"}},
         0,
         "warning: DE2 at byte 20: the check digit (Luhn) is wrong\n0 errors, 1 warning\n"},
        {"short card number",
         "0800",
         {{2, "40000"}},
         0,
         "warning: DE2 at byte 20: shorter than any card number (12 digits)\n0 errors, 1 warning\n"},
        {"empty",
         "0800",
         {{32, ""}},
         0,
         "warning: DE32 at byte 20: is present and empty\n0 errors, 1 warning\n"},
        {"response code",
         "0210",
         {{39, "0*"}},
         1,
         "error: DE39 at byte 20: holds more than letters and digits\n1 error, 0 warnings\n"},
        {"control characters",
         "0800",
         {{59, "a\x01"}},
         0,
         "warning: DE59 at byte 20: holds control characters\n0 errors, 1 warning\n"},
        {"currency",
         "0800",
         {{49, "39x"}},
         1,
         "error: DE49 at byte 20: no currency: expected three digits or three capital letters\n1 error, 0 "
         "warnings\n"},
        {"amount alone",
         "0800",
         {{4, "1"}},
         0,
         "warning: message: an amount (DE4) without its currency (DE49)\n0 errors, 1 warning\n"},
        {"answer without code",
         "0210",
         {{11, "000001"}},
         0,
         "warning: message: an answer without response code (DE39)\n0 errors, 1 warning\n"},
        {"track without separator",
         "0800",
         {{35, "4000001234560002"}},
         1,
         "error: DE35 at byte 20: no separator (= or D) behind the card number\n1 error, 0 warnings\n"},
        {"track of another card",
         "0800",
         {{2, "4000001234567899"}, {35, "4000001234560010=2513"}},
         0,
         "warning: DE35 at byte 38: its card number is not that of DE2\nwarning: DE35 at byte 38: no month "
         "in its expiration date\n0 errors, 2 warnings\n"},
        {"additional amounts",
         "0800",
         {{54, "0002392C0000000010000001392X000000000000"}},
         1,
         "error: DE54.8 at byte 20: parts, byte 27: character not allowed\n1 error, 0 warnings\n"},
        {"half an additional amount",
         "0800",
         {{54, "0002392C"}},
         1,
         "error: DE54.4 at byte 20: parts, byte 7: the message ends inside it\n1 error, 0 warnings\n"},
        {"original elements",
         "0420",
         {{90, "020000000113221030450000000000000000000000"}},
         0,
         "warning: DE90 at byte 36: no time in the original's date and time\n0 errors, 1 warning\n"},
        {"no original",
         "0420",
         {{90, "000000000100000000000000000000000000000000"}},
         0,
         "warning: DE90 at byte 36: no message type of the original\n0 errors, 1 warning\n"},
        {"two MACs",
         "0800",
         {{64, "12345678"}, {128, "12345678"}},
         0,
         "warning: message: two MACs (DE64 and DE128)\n0 errors, 1 warning\n"},
        {"behind the MAC",
         "0800",
         {{64, "12345678"}, {70, "001"}},
         0,
         "warning: message: elements behind the MAC (DE64)\n0 errors, 1 warning\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const MsgRun run = run_msg({"validate", "--dialect", "iso87-ascii", message(row.mti, row.elements)});
        CHECK(run.out == row.out);
        CHECK(run.exit == row.exit);
    }
}

TEST_CASE("msg validate: what does not decode, and what is written otherwise")
{
    const std::string sign_on = message("0800", {{7, "1399000000"}, {11, "000001"}}, "iso87-bcd");
    CHECK(run_msg({"validate", "--dialect", "iso87-bcd", sign_on + "FF"}).out ==
          "error: DE7 at byte 10: month above 12\n"
          "error: DE11 at byte 18: bytes are left behind the last element\n"
          "2 errors, 0 warnings\n");
    CHECK(run_msg({"validate", "--dialect", "iso87-bcd",
                   "0800 82 20000000000000 0000000000000000 1122103045 000001"})
              .out == "warning: byte 2: means the same in other bytes than usual: lower-case hex, fill, or "
                      "an empty bitmap\n"
                      "0 errors, 1 warning\n");
    const MsgRun json = run_msg({"validate", "--json", "--dialect", "iso87-bcd", sign_on});
    CHECK(json.out == "{\"schema\":\"tollgate/findings/"
                      "1\",\"errors\":1,\"warnings\":0,\"findings\":[{\"severity\":\"error\","
                      "\"number\":7,\"place\":\"DE7 at byte 10\",\"text\":\"month above 12\"}]}\n");
}

TEST_CASE("msg validate: dates by version and size")
{
    CHECK(time_pattern(7, 10, '0') == "MDhms");
    CHECK(time_pattern(12, 12, '1') == "YMDhms");
    CHECK(time_pattern(13, 4, '0') == "MD");
    CHECK(time_pattern(13, 4, '1') == "YM");
    CHECK(time_pattern(15, 6, '1') == "YMD");
    CHECK(time_pattern(11, 6, '0').empty());
    CHECK(wrong_time("20261122103045", "YYMDhms").empty());
    CHECK(wrong_time("261131", "YMD") == "a month without such a day");
}

TEST_CASE("msg diff: values, not bytes")
{
    const auto diff = [](const std::string& a, const std::string& b) {
        return run_msg({"diff", "--dialect", "iso87-bcd", a, b});
    };
    const std::string first =
        message("0200", {{2, "4000001234560002"}, {4, "1000"}, {11, "1"}, {35, "4000001234560002=2512"}},
                "iso87-bcd");
    const std::string second =
        message("0220", {{2, "4000009934560002"}, {4, "2000"}, {35, "4000001234560002=2513"}, {49, "392"}},
                "iso87-bcd");
    CHECK(diff(first, first).exit == 0);
    CHECK(diff(first, first).out.empty());
    CHECK(diff(first, second).exit == 1);
    CHECK(diff(first, second).out == "~ MTI   message type                0200  ->  0220\n"
                                     "~ DE2   primary account number      400000******0002  ->  "
                                     "400000******0002  (differ where it is not shown)\n"
                                     "~ DE4   amount, transaction         000000001000  ->  000000002000\n"
                                     "- DE11  system trace audit number   000001\n"
                                     "~ DE35  track 2 data                (21 bytes, not shown)  ->  (21 "
                                     "bytes, not shown)  (differ where it is not shown)\n"
                                     "+ DE49  currency code, transaction  392\n");
    CHECK(run_msg({"diff", "--unsafe", "--dialect", "iso87-bcd", first, second})
              .says("4000001234560002  ->  4000009934560002\n"));
    const MsgRun json = run_msg({"diff", "--json", "--dialect", "iso87-bcd", first, second});
    CHECK(json.says("{\"path\":\"DE11\",\"name\":\"system trace audit "
                    "number\",\"first\":\"000001\",\"second\":null,\"hidden\":false}"));

    const std::string spelt_otherwise = "0800 8220000000000000 0000000000000000 1122103045 000001";
    const MsgRun same = diff("0800 0220000000000000 1122103045 000001", spelt_otherwise);
    CHECK(same.exit == 0);
    CHECK(same.out == "the same values in other bytes: validate tells where\n");

    const MsgRun cut = diff(first, first.substr(0, first.size() - 2));
    CHECK(cut.exit == 1);
    CHECK(cut.talk ==
          "tollgate-sim: the second message does not decode: DE35 at byte 29: the message ends inside it\n");
    CHECK(run_msg({"diff", "--json", "--dialect", "iso87-bcd", first, first.substr(0, first.size() - 2)})
              .says(R"(],"error":{"second":{"text":"DE35 at byte 29: the message ends inside it",)"
                    R"("number":35,"offset":29}}})"));
    CHECK_FALSE(json.says("\"error\""));

    const MsgRun neither = diff("FFFF", "FFFE"); // nothing of them is known, so nothing is the same
    CHECK(neither.exit == 1);
    CHECK(neither.out.empty());
    const std::string error =
        R"({"text":"MTI at byte 0: not four digits of a known version","number":0,"offset":0})";
    CHECK(run_msg({"diff", "--json", "--dialect", "iso87-bcd", "FFFF", "FFFE"}).out ==
          R"({"schema":"tollgate/diff/1","differences":[],"error":{"first":)" + error + R"(,"second":)" +
              error + "}}\n");
}

TEST_CASE("msg convert: values are carried over, what the target does not know is told")
{
    for (const auto& golden : golden::golden_messages("iso87-ascii")) {
        CAPTURE(golden.id);
        const MsgRun packed =
            run_msg({"convert", "--from", "iso87-ascii", "--to", "iso87-bcd", hex_of(golden.bytes)});
        CHECK(packed.exit == 0);
        const MsgRun back = run_msg({"convert", "--from", "iso87-bcd", "--to", "iso87-ascii", packed.out});
        CHECK(back.out == hex_of(golden.bytes) + "\n");
    }
    const MsgRun mac = run_msg(
        {"convert", "--from", "iso87-ascii", "--to", "iso87-bcd", message("0800", {{64, "12345678"}})});
    CHECK(mac.talk == "tollgate-sim: DE64: a MAC over the former bytes is wrong over the new ones\n");
    const MsgRun binary = run_msg({"convert", "--binary", "--from", "iso87-ascii", "--to", "iso87-bcd",
                                   message("0800", {{11, "000001"}})});
    CHECK(codec::hex_of(binary.out) == "08000020000000000000000001");
    const MsgRun cut = run_msg({"convert", "--from", "iso87-ascii", "--to", "iso87-bcd", "30383030"});
    CHECK(cut.exit == 1);
    CHECK(cut.talk ==
          "tollgate-sim: the message does not decode: bitmap at byte 4: the message ends inside it\n");
}

TEST_CASE("msg doctor: finds dialect, framing and header of every golden message")
{
    int found = 0;
    for (const std::string dialect : {"iso87-ascii", "iso87-bcd"}) {
        for (const auto& golden : golden::golden_messages(dialect)) {
            for (const auto& [framing, header] :
                 std::initializer_list<std::pair<std::string, std::string>>{{"none", "none"},
                                                                            {"be16", "none"},
                                                                            {"ascii4", "none"},
                                                                            {"be16", "tpdu"},
                                                                            {"bcd2", "none"}}) {
                CAPTURE(golden.id);
                CAPTURE(framing);
                const MsgRun described =
                    run_msg({"describe", "--json", "--unsafe", "--dialect", dialect, hex_of(golden.bytes)});
                const MsgRun framed = run_msg(
                    {"build", "--dialect", dialect, "--framing", framing, "--header", header}, described.out);
                REQUIRE(framed.exit == 0);
                const MsgRun run = run_msg({"doctor", "--json", framed.out});
                CHECK(run.exit == 0);
                const std::string best = "\"dialect\":\"" + dialect + "\",\"framing\":\"" + framing +
                                         "\",\"header\":\"" + header + "\",\"input\":\"hex\",\"whole\":true";
                const std::size_t at = run.out.find(best);
                CHECK(at < run.out.find('}'));
                const MsgRun raw =
                    run_msg({"doctor", "--json"},
                            codec::bytes_of_hex(framed.out.substr(0, framed.out.size() - 1)).value());
                CHECK(raw.says("\"framing\":\"" + framing + "\",\"header\":\"" + header +
                               "\",\"input\":\"raw\",\"whole\":true"));
                ++found;
            }
        }
    }
    CHECK(found >= 50);
}

TEST_CASE("msg doctor: what nobody reads ends with 1 and the reasons")
{
    const MsgRun run = run_msg({"doctor", "FFFF"});
    CHECK(run.exit == 1);
    CHECK(run.says("MTI at byte 0: "));
    CHECK(run_msg({"doctor", "FFF"}).exit == 2);
    const MsgRun zeros = run_msg({"doctor"}, std::string(66'000, '\0'));
    CHECK(zeros.exit == 1);
    CHECK(zeros.says("\n0      ")); // the best one
    const MsgRun two = run_msg({"doctor", "000D 08000020000000000000000001 000D 08000020000000000000000002"});
    CHECK(two.exit == 0);
    CHECK(two.says("whole message read: 1 element; 1 more behind it"));
}

TEST_CASE("msg: what is no sub-command is named, with those there are")
{
    struct Row {
        std::vector<std::string> words;
        const char* says;
    };
    const Row rows[] = {
        {{"foo"}, "msg has no sub-command \"foo\"; expected one of describe, diff, build, convert, validate"},
        {{"descibe", "0800"}, "msg has no sub-command \"descibe\" (did you mean \"describe\"?); expected"},
        {{}, "msg without a sub-command; expected one of describe,"},
        {{"4000001234560002"}, "msg without a sub-command; expected one of describe,"},
        {{"foo", "doctor", "0800"}, "msg has no sub-command \"foo\""},
    };
    for (const Row& row : rows) {
        const MsgRun run = run_msg(row.words);
        CAPTURE(run.talk);
        CHECK(run.exit == 2);
        CHECK(run.out.empty());
        CHECK(run.says(row.says));
        CHECK_FALSE(run.says("4000001234560002"));
    }
    CHECK(run_msg({"diff", "--dialect", "iso87-bcd", "08", "08", "08"}).exit == 2);
}

TEST_CASE("msg: a dialect that does not exist is told before standard input is read")
{
    for (const char* command : {"describe", "validate"})
        CHECK(run_msg({command, "--dialect", "iso87-bdc"}).says("iso87-bcd")); // not: holds no bytes
    CHECK(run_msg({"diff", "--dialect", "iso87-bdc", "-", "-"}).says("iso87-bcd"));
    CHECK(run_msg({"convert", "--from", "iso87-bcd", "--to", "iso87-acsii"}).says("iso87-ascii"));
}
