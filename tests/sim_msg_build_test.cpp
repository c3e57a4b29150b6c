#include "sim/msg_build.hpp"

#include "codec/hex.hpp"
#include "codec/message.hpp"
#include "sim/msg_envelope.hpp"
#include "sim/msg_input.hpp"
#include "sim/msg_value.hpp"
#include "sim/wire.hpp"
#include "tests/support/msg_run.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace sim;
using tests::MsgRun;
using tests::run_msg;

namespace {

/// A dialect file with parts of every form, for as long as a test runs.
class PartsDialect {
public:
    PartsDialect()
    {
        std::filesystem::create_directories(folder_);
        std::ofstream(file()) << R"(name = "with-parts"
inherits = "iso87-bcd"
[elements]
48 = { kind = "text", max = 999, length = "lll", structure = "tlv", tlv = { tag = { size = 2, coding = "ascii" }, length = "ll", category_size = 1 }, parts = { 42 = { name = "commerce", kind = "text", max = 9, log = "clear" }, 92 = { name = "CVC 2", kind = "numeric", max = 3 } } }
55 = { kind = "binary", max = 999, length = "lll", coding = "raw", structure = "ber-tlv", parts = { 9F02 = { name = "amount", kind = "numeric", max = 12, log = "clear" } } }
60 = { kind = "text", max = 99, length = "lll", structure = "positional", parts = { 1 = { name = "one", kind = "numeric", max = 2, log = "clear" }, 2 = { name = "two", kind = "text", max = 9, length = "l", log = "clear" } } }
127 = { kind = "binary", max = 999, length = "lll", coding = "raw", structure = "bitmap", bits = 64, bitmap = "binary", parts = { 2 = { name = "switch key", kind = "text", max = 32, length = "ll", log = "clear" }, 25 = { name = "chip", kind = "binary", max = 500, length = "lll", structure = "ber-tlv", parts = { 9F27 = { name = "CID", log = "clear" } } } } }
)";
    }
    ~PartsDialect() { std::filesystem::remove_all(folder_); }
    PartsDialect(const PartsDialect&) = delete;
    PartsDialect& operator=(const PartsDialect&) = delete;

    [[nodiscard]] std::string file() const { return folder_ + "/parts.toml"; }

private:
    std::string folder_ =
        std::filesystem::temp_directory_path() / ("tollgate-msg-" + std::to_string(::getpid()));
};

MsgRun build(const std::string& json, const std::string& dialect = "iso87-bcd")
{
    return run_msg({"build", "--dialect", dialect}, json);
}

} // namespace

TEST_CASE("msg build: a message from JSON")
{
    CHECK(build(R"({"mti":"0200","fields":{"11":"000123","4":"1000"}})").out ==
          "02001020000000000000000000001000000123\n");
    CHECK(build(R"({"mti":"0200","fields":[{"number":11,"value":"000123"}]})").out ==
          "02000020000000000000000123\n");
    CHECK(build(R"({"mti":"0800","fields":{}})").out == "08000000000000000000\n");
    CHECK(build(R"({"mti":"0800","fields":{"64":"00112233445566ff"}})").out ==
          "0800000000000000000100112233445566FF\n");
    CHECK(build(R"({"mti":"0800","fields":{"59":"caf\u00e9"}})").out == "08000000000000000020"
                                                                        "0004"
                                                                        "636166E9\n");
    CHECK(build(R"({"dialect":"iso87-bcd","mti":"0800","fields":{}})", "").out == "08000000000000000000\n");
    CHECK(run_msg({"build", "--dialect", "iso87-bcd", "--framing", "be16", "--binary"},
                  R"({"mti":"0800","fields":{}})")
              .out == codec::bytes_of_hex("000A08000000000000000000").value());
}

TEST_CASE("msg build: every mistake is told with its path and what is expected")
{
    struct Row {
        const char* name;
        const char* json;
        const char* says;
    };
    const Row rows[] = {
        {"no JSON", "{\"mti\":\n 0x}", "standard input:2:"},
        {"half", R"({"mti":"0800")", "no JSON"},
        {"more behind", R"({"mti":"0800","fields":{}} 1)", "no JSON"},
        {"no object", "[]", "standard input: expected a JSON object"},
        {"no type", R"({"fields":{}})", "mti: expected four digits in quotes, of version 0, 1, 2, 8 or 9"},
        {"type as a number", R"({"mti":800,"fields":{}})", "mti: expected four digits"},
        {"no fields", R"({"mti":"0800"})", "fields: expected an object"},
        {"misspelt key", R"({"mti":"0800","field":{}})", "field: unknown key (did you mean \"fields\"?)"},
        {"a card number as a key", R"({"mti":"0800","4761739001010119":1})", "476173******0119: unknown key"},
        {"a key that cannot be printed", R"({"mti":"0800","\u0000a":1})", "\\x00a: unknown key"},
        {"no element", R"({"mti":"0800","fields":{"1":""}})", "fields.1: expected an element from 2 to 192"},
        {"no number", R"({"mti":"0800","fields":{"2x":""}})", "fields.2x: expected an element from 2 to 192"},
        {"not in the dialect", R"({"mti":"0800","fields":{"65":"1"}})",
         "fields.65: not defined in iso87-bcd"},
        {"a number", R"({"mti":"0800","fields":{"4":1000}})", "fields.4: expected a text in quotes"},
        {"letters", R"({"mti":"0800","fields":{"4":"12x"}})",
         "fields.4: character not allowed; expected at most 12 digits"},
        {"too long", R"({"mti":"0800","fields":{"4":"1234567890123"}})",
         "fields.4: value does not fit; expected at most 12 digits"},
        {"no hex", R"({"mti":"0800","fields":{"64":"001"}})",
         "fields.64: expected an even number of hex digits"},
        {"short", R"({"mti":"0800","fields":{"64":"0011"}})",
         "fields.64: value does not fit; expected 8 bytes in hex"},
        {"no byte", R"({"mti":"0800","fields":{"59":"\u3042"}})",
         "fields.59: expected characters up to U+00FF"},
        {"parts of a plain element", R"({"mti":"0800","fields":{"59":{"1":"x"}}})",
         "fields.59: has no parts in iso87-bcd; expected a text in quotes"},
        {"twice", R"({"mti":"0800","fields":[{"number":11,"value":"1"},{"number":11,"value":"1"}]})",
         "fields.11: given twice"},
        {"no value", R"({"mti":"0800","fields":[{"number":11}]})", "fields.11: expected value or parts"},
        {"no number in an array", R"({"mti":"0800","fields":[{"value":"1"}]})",
         "fields[0].number: expected a number"},
        {"no object in an array", R"({"mti":"0800","fields":["1"]})",
         "fields[0]: expected an object with number and value or parts"},
        {"unknown key in an array", R"({"mti":"0800","fields":[{"number":11,"valve":"1"}]})",
         "fields.11.valve: unknown key (did you mean \"value\"?)"},
        {"unknown key instead of the number", R"({"mti":"0800","fields":[{"nmuber":11,"value":"1"}]})",
         "fields[0].nmuber: unknown key (did you mean \"number\"?)\nfields[0].number: expected a number"},
        {"masked", R"({"mti":"0800","fields":[{"number":2,"hex":"hidden","value":"4*","masked":true}]})",
         "fields.2: the value is masked; expected the output of describe --json --unsafe"},
        {"value and parts that differ",
         R"({"mti":"0800","fields":[{"number":3,"value":"000000","parts":[{"tag":"1","value":"20"}]}]})",
         "fields.3: value and parts do not agree"},
        {"wrong header", R"({"mti":"0800","header":"tpdu","fields":{}})",
         "header: expected an object with kind, and hex of its bytes"},
        {"wrong framing", R"({"mti":"0800","framing":"be17","fields":{}})", "no framing \"be17\""},
        {"wrong bitmap", R"({"mti":"0800","bitmap":{"hex":"0"},"fields":{}})",
         "bitmap.hex: expected an even number of hex digits"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const MsgRun run = build(row.json);
        CAPTURE(run.talk);
        CHECK(run.exit == 2);
        CHECK(run.out.empty());
        CHECK(run.says(row.says));
    }
    CHECK(build(R"({"mti":"08","fields":{"4":"x","11":7}})").talk ==
          "mti: expected four digits in quotes, of version 0, 1, 2, 8 or 9\n"
          "fields.4: character not allowed; expected at most 12 digits\n"
          "fields.11: expected a text in quotes");
    CHECK(run_msg({"build", "--dialect", "iso87-bcd", "no-such-file"})
              .says("no file no-such-file; expected a file with JSON or -"));
    CHECK(run_msg({"build"}, R"({"mti":"0800","fields":{}})")
              .says("no dialect: give --dialect, or \"dialect\" in the JSON"));
}

TEST_CASE("msg build: hex beside a value counts as long as it means the value")
{
    const std::string wire = "0800 8220000000000000 0000000000000000 1122103045 000001";
    std::string json = run_msg({"describe", "--json", "--unsafe", "--dialect", "iso87-bcd", wire}).out;
    CHECK(build(json).out == "080082200000000000000000000000000000"
                             "1122103045000001\n");
    const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
        return text.replace(text.find(from), from.size(), to);
    };
    CHECK(build(replaced(json, R"("value":"000001")", R"("value":"000002")")).out ==
          "080082200000000000000000000000000000"
          "1122103045000002\n");
    json = replaced(json, R"("hex":"82200000000000000000000000000000")",
                    R"("hex":"8020")"); // no bitmap of these elements
    CHECK(build(json).out == "08000220000000000000"
                             "1122103045000001\n");
}

TEST_CASE("msg: parts from and to JSON, masked, compared and converted")
{
    const PartsDialect dialect;
    const std::string json = R"({"mti":"0100","fields":{
        "48":{"category":"R","42":"A","92":"123","77":"x"},
        "55":[{"tag":"9F02","value":"000000001250"},{"tag":"5A","value":"4000001234560002"},{"tag":"5A","value":""},{"tag":"DF01","value":"77"}],
        "60":{"1":"12","2":"AB"},
        "127":{"2":"KEY","25":{"9F27":"80","00":""}}}})";
    const MsgRun built = build(json, dialect.file());
    CHECK(built.talk == "");
    REQUIRE(built.exit == 0);
    const std::string again =
        run_msg({"describe", "--json", "--unsafe", "--dialect", dialect.file(), built.out}).out;
    CHECK(build(again, dialect.file()).out == built.out);

    const MsgRun masked = run_msg({"describe", "--dialect", dialect.file(), built.out});
    CHECK(masked.says("400000******0002\n"));
    CHECK(masked.says("unknown tag"));
    CHECK_FALSE(masked.says("123\n"));
    const MsgRun as_json = run_msg({"describe", "--json", "--dialect", dialect.file(), built.out});
    CHECK(as_json.says(
        R"({"tag":"9F02","name":"amount","offset":0,"size":9,"hex":"9F0206000000001250","value":"000000001250"})"));
    CHECK(as_json.says(
        R"({"tag":"5A","name":"primary account number","offset":9,"size":10,"hex":"hidden","value":"400000******0002","masked":true})"));
    CHECK(as_json.says(
        R"json({"tag":"DF01","name":"unknown tag","offset":21,"size":4,"hex":"hidden","value":"(1 bytes, not shown)","masked":true})json"));
    CHECK(build(as_json.out, dialect.file()).says("fields.55[1]: the value is masked"));

    std::string other_json = json;
    other_json.replace(other_json.find("\"80\""), 4, "\"40\"");
    other_json.replace(other_json.find(",\"77\":\"x\""), 9, "");
    const MsgRun other = build(other_json, dialect.file());
    const MsgRun diff = run_msg({"diff", "--dialect", dialect.file(), built.out, other.out});
    CHECK(diff.out == "- DE48.77        unknown tag  (1 bytes, not shown)\n"
                      "~ DE127.25.9F27  CID          80  ->  40\n");

    const MsgRun valid = run_msg({"validate", "--dialect", dialect.file(), built.out});
    CHECK(valid.exit == 0);
    CHECK(valid.says("warning: DE48.77: not defined in with-parts\n"));
    CHECK(valid.says("warning: DE55.5A: comes more than once\n"));
    const MsgRun wrong =
        run_msg({"validate", "--dialect", dialect.file(), "0100 0000000000000200 0003 9F0209"});
    CHECK(wrong.exit == 1);
    CHECK(wrong.says("error: DE55.9F02 at byte 10: parts, byte 3: the message ends inside it\n"));

    // Where the target knows no parts, the value is carried over as it is.
    const std::string flat = dialect.file() + ".flat.toml";
    std::ofstream(flat) << "name = \"flat\"\ninherits = \"iso87-bcd\"\n[elements]\n"
                           "127 = { kind = \"binary\", length = \"lll\", coding = \"raw\" }\n";
    CHECK(run_msg({"convert", "--from", dialect.file(), "--to", flat, built.out}).out == built.out);
    const MsgRun text = run_msg({"convert", "--from", dialect.file(), "--to", "iso87-bcd", built.out});
    CHECK(text.talk == "tollgate-sim: DE127: bytes, but text in iso87-bcd\n");
}

TEST_CASE("msg build: mistakes in parts")
{
    const PartsDialect dialect;
    struct Row {
        const char* name;
        const char* fields;
        const char* says;
    };
    const Row rows[] = {
        {"no hex", R"({"55":{"9F26":"1"}})", "fields.55.9F26: expected an even number of hex digits"},
        {"no digits", R"({"55":{"9F02":"x"}})", "fields.55.9F02: character not allowed"},
        {"no tag", R"({"55":{"9F":"11"}})", "fields.55.9F: character not allowed"},
        {"left out", R"({"60":{"2":"A"}})", "fields.60.1: value does not fit"},
        {"unknown part", R"({"60":{"1":"12","3":"A"}})", "fields.60.3: not defined in this dialect"},
        {"too long", R"({"60":{"1":"123"}})", "fields.60.1: value does not fit; expected at most 2 digits"},
        {"no category", R"({"48":{"42":"A"}})", "fields.48.category: value does not fit"},
        {"inside of inside", R"({"127":{"25":{"9F27":"8"}}})",
         "fields.127.25.9F27: expected an even number of hex digits"},
        {"part without tag", R"({"55":[{"value":"11"}]})",
         "fields.55[0]: expected an object with tag and value or parts"},
        {"parts of a plain part", R"({"60":{"1":{"1":"x"}}})", "fields.60.1: has no parts in with-parts"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const MsgRun run =
            build(R"({"mti":"0100","fields":)" + std::string(row.fields) + "}", dialect.file());
        CAPTURE(run.talk);
        CHECK(run.exit == 2);
        CHECK(run.says(row.says));
    }
}

TEST_CASE("msg convert: what the target lacks is refused or dropped")
{
    const PartsDialect dialect;
    const std::string narrow = dialect.file() + ".narrow.toml";
    std::ofstream(narrow) << "name = \"narrow\"\ninherits = \"parts.toml\"\n[elements]\n11 = false\n"
                             "60 = { parts = { 2 = false } }\n4 = { max = 6 }\n";
    const std::string message =
        build(R"({"mti":"0100","fields":{"4":"1000","7":"1122103045","11":"1","60":{"1":"12","2":"A"}}})",
              dialect.file())
            .out;
    const MsgRun refused = run_msg({"convert", "--from", dialect.file(), "--to", narrow, message});
    CHECK(refused.exit == 1);
    CHECK(refused.out.empty());
    CHECK(refused.talk == "tollgate-sim: DE4: value does not fit; expected at most 6 digits\n"
                          "tollgate-sim: DE11: not defined in narrow\n"
                          "tollgate-sim: DE60.2: not defined in narrow\n");
    const std::string small =
        build(R"({"mti":"0100","fields":{"7":"1122103045","11":"1","60":{"1":"12","2":"A"}}})",
              dialect.file())
            .out;
    const MsgRun dropped = run_msg({"convert", "--drop", "--from", dialect.file(), "--to", narrow, small});
    CHECK(dropped.exit == 0);
    CHECK(dropped.talk == "tollgate-sim: left out: DE11, DE60.2\n");
    CHECK(dropped.out == "01000200000000000010"
                         "1122103045"
                         "00023132\n");
}

TEST_CASE("msg build: a message that its header cannot carry is refused")
{
    struct Row {
        const char* header;
        std::size_t message_bytes_max;
    };
    const Row rows[] = {
        {"tpdu", 65'530}, {"visa", 65'513}, {"cups", 9'953}, {"base24", 65'523}, {"atm", 65'525}};
    for (const Row& row : rows) {
        CAPTURE(row.header);
        const sim::EnvelopeNames envelope{"none", row.header};
        std::vector<std::uint8_t> message(row.message_bytes_max, '0');
        const std::size_t header_bytes = close_envelope(envelope, {}, message).size() - message.size();
        CHECK(header_bytes + message.size() == (row.header == std::string("cups") ? 9'999 : 65'535));
        Wire wire({{65'535}, *codec::find_header(row.header)}, {});
        CHECK_NOTHROW(wire.send("nobody", message));
        message.push_back('0');
        const std::string bytes = std::to_string(message.size());
        CHECK_THROWS_WITH_AS((void)close_envelope(envelope, {}, message),
                             doctest::Contains(("cannot carry a message of " + bytes + " bytes").c_str()),
                             InputError);
        CHECK_THROWS_AS(wire.send("nobody", message), WireError);
    }
}

TEST_CASE("msg build: hex beside a value is longer than any message")
{
    const PartsDialect dialect;
    const std::string wide = dialect.file() + ".wide.toml";
    std::ofstream(wide) << "name = \"wide\"\ninherits = \"iso87-ascii\"\n[elements]\n"
                           "59 = { kind = \"text\", max = 65535, length = \"lllll\" }\n";
    const std::string value(codec::message_bytes_limit, 'A');
    const std::string json = R"({"mti":"0800","fields":[{"number":59,"value":")" + value + R"(","hex":")" +
                             codec::hex_of("65535" + value) + "\"}]}";
    const MsgRun run = build(json, wide);
    CHECK(run.exit == 2);
    CHECK(run.out.empty());
    CAPTURE(run.talk);
    CHECK(run.says("DE59 at byte 20: message too large"));
}
