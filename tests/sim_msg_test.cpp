#include "codec/encode.hpp"
#include "codec/hex.hpp"
#include "sim/msg_describe.hpp"
#include "sim/msg_json.hpp"
#include "sim/msg_value.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/msg_run.hpp"
#include "tests/support/vectors.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>

#include <unistd.h>

using namespace sim;
using tests::MsgRun;
using tests::run_msg;

namespace {

const std::filesystem::path source_folder = TOLLGATE_SOURCE_DIR;

/// Every dialect with golden messages.
std::vector<std::string> golden_dialects()
{
    std::vector<std::string> names;
    for (const auto& folder : std::filesystem::directory_iterator(source_folder / "tests/golden"))
        names.push_back(folder.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

std::string hex_of(const std::vector<std::uint8_t>& bytes)
{
    return codec::hex_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// For --dialect: a built-in name, or else an example file.
std::string dialect_file(const std::string& name)
{
    if (codec::find_built_in_dialect(name)) return name;
    return (source_folder / "codec/dialects" / (name + ".toml")).string();
}

/// Ten digits that stand nowhere in a message by chance, in each form in which they may leak.
const std::string secret = "7391846253";
const std::string secret_pan = "4000" + secret + "19";
const std::vector<std::string> leaks = {"739184", "91846253", "391846", "373339313834", "333931383436"};

/// Card number, track, cardholder name and an unknown tag.
std::string chip_data_with_secrets()
{
    return codec::bytes_of_hex("5A08" + secret_pan + "5710" + secret_pan + "D2512101" + secret.substr(0, 7) +
                               "F")
               .value() +
           codec::bytes_of_hex("5F200A").value() + secret + codec::bytes_of_hex("DF0105" + secret).value();
}

/// A message of every element of the dialect that can hold the secret.
std::vector<std::uint8_t> message_with_secrets(const codec::Dialect& dialect)
{
    codec::Message message(codec::Mti::parse("0200").value());
    for (int de = 2; de <= 128; ++de) {
        const codec::FieldSpec& row = dialect.fields[static_cast<std::size_t>(de)];
        std::string value;
        if (de == 52 || de == 96)
            value = codec::bytes_of_hex("7391846253739184").value();
        else if (de == 53)
            value = "0" + secret + "73918";
        else if (row.kind == codec::FieldKind::track)
            value = secret_pan + "=2512101" + secret;
        else if (row.kind == codec::FieldKind::numeric && row.log == codec::LogRule::clear)
            continue;
        else if (row.kind == codec::FieldKind::numeric || row.kind == codec::FieldKind::alnum)
            value = secret_pan;
        else if (row.kind == codec::FieldKind::text)
            value = "B" + secret_pan + "^" + secret;
        else if (row.kind == codec::FieldKind::binary && row.log == codec::LogRule::never)
            value = secret_pan;
        if (row.structure && row.structure->form == codec::StructureForm::ber_tlv)
            value = chip_data_with_secrets();
        if (row.kind == codec::FieldKind::none || value.empty() || why_not_written(row, value)) continue;
        message.set(de, value);
    }
    std::vector<std::uint8_t> bytes;
    REQUIRE(codec::encode(dialect, message, bytes).has_value());
    return bytes;
}

/// As a shell does it with spaces and double quotes.
std::vector<std::string> words_of(const std::string& line)
{
    std::vector<std::string> words;
    std::istringstream stream(line);
    for (std::string word; stream >> std::quoted(word);) words.push_back(word);
    return words;
}

void check_no_leak(const MsgRun& run)
{
    for (const std::string& leak : leaks) {
        CAPTURE(leak);
        CHECK_FALSE(run.says(leak));
    }
}

} // namespace

TEST_CASE("msg describe: elements with their places")
{
    const std::string wire = "0210 4020000002008000 16 4000001234560002 000123 3030 393738";
    const MsgRun run = run_msg({"describe", "--dialect", "iso87-bcd", wire});
    CHECK(run.exit == 0);
    CHECK(run.talk.empty());
    CHECK(run.out == "0210 in iso87-bcd: 4 elements, 27 bytes\n"
                     "\n"
                     "  0..1    MTI   message type                0210\n"
                     "  2..9          bitmap                      2 11 39 49\n"
                     "  10..18  DE2   primary account number      400000******0002\n"
                     "  19..21  DE11  system trace audit number   000123\n"
                     "  22..23  DE39  response code               00\n"
                     "  24..26  DE49  currency code, transaction  978\n");
    CHECK(run_msg({"describe", "--unsafe", "--dialect", "iso87-bcd", wire}).says("4000001234560002\n"));
}

TEST_CASE("msg describe: everything about a message as JSON")
{
    const std::string wire = "0210 4020000002000000 16 4000001234560002 000123 3030";
    const MsgRun masked = run_msg({"describe", "--json", "--dialect", "iso87-bcd", wire});
    CHECK(masked.exit == 0);
    CHECK(masked.talk.empty());
    CHECK(
        masked.out ==
        R"({"schema":"tollgate/message/1","dialect":"iso87-bcd","size":24,"mti":"0210",)"
        R"("bitmap":{"offset":2,"size":8,"hex":"4020000002000000"},"fields":[)"
        R"({"number":2,"name":"primary account number","offset":10,"size":9,"hex":"hidden","value":"400000******0002","masked":true},)"
        R"({"number":11,"name":"system trace audit number","offset":19,"size":3,"hex":"000123","value":"000123"},)"
        R"({"number":39,"name":"response code","offset":22,"size":2,"hex":"3030","value":"00"}]})"
        "\n");
    const MsgRun clear = run_msg({"describe", "--json", "--unsafe", "--dialect", "iso87-bcd", wire});
    CHECK(clear.talk == "tollgate-sim: card data is shown (--unsafe)\n");
    CHECK(clear.says(R"("offset":10,"size":9,"hex":"164000001234560002","value":"4000001234560002"},)"));
}

TEST_CASE("msg describe: what does not decode is shown up to its end, with a caret")
{
    const MsgRun run =
        run_msg({"describe", "--dialect", "iso87-bcd", "0210 4020000002000000 16 4000001234560002 000123"});
    CHECK(run.exit == 1);
    CHECK(run.out == "0210 in iso87-bcd: 2 elements, 22 bytes\n"
                     "\n"
                     "  0..1    MTI   message type               0210\n"
                     "  2..9          bitmap                     2 11 39\n"
                     "  10..18  DE2   primary account number     400000******0002\n"
                     "  19..21  DE11  system trace audit number  000123\n"
                     "\n"
                     "error: DE39 at byte 22: the message ends inside it\n"
                     "  ... .. .. .. .. .. .. .. .. .. 00 01 23 (end)\n"
                     "                                          ^ byte 22\n"
                     "  (bytes that may be card data are not shown without --unsafe)\n");
    CHECK(run_msg({"describe", "--unsafe", "--dialect", "iso87-bcd",
                   "0210 4020000002000000 16 4000001234560002 000123"})
              .says("\n  ... 16 40 00 00 12 34 56 00 02 00 01 23 (end)\n"));
    CHECK(run_msg({"describe", "--dialect", "iso87-bcd", "02"}).out ==
          "no message type in iso87-bcd: 0 elements, 1 bytes\n"
          "\n"
          "error: MTI at byte 0: the message ends inside it\n"
          "  .. (end)\n"
          "  ^ byte 0\n"
          "  (bytes that may be card data are not shown without --unsafe)\n");
}

TEST_CASE("msg describe: a frame and a header are taken off")
{
    const std::string wire = "0015 6000010002 0800 0020000000000000 000123";
    const MsgRun run = run_msg({"describe", "--json", "--dialect", "iso87-bcd", "--framing", "be16",
                                "--header", "tpdu", "0012 6000010002 0800 0020000000000000 000123"});
    CHECK(run.exit == 0);
    CHECK(run.says(R"("framing":"be16","header":{"kind":"tpdu","hex":"6000010002"}})"));
    CHECK(run_msg({"build", "-"}, run.out).out == "0012600001000208000020000000000000000123\n");
    const MsgRun cut = run_msg({"describe", "--dialect", "iso87-bcd", "--framing", "be16", wire});
    CHECK(cut.exit == 2);
    CHECK(cut.says("the argument: no whole frame of be16: the bytes end inside it"));
    const MsgRun misspelt = run_msg({"describe", "--dialect", "iso87-bcd", "--framing", "be61", wire});
    CHECK(misspelt.exit == 2);
    CHECK(misspelt.says("no framing \"be61\" (did you mean \"be16\"?); expected one of none, be16,"));
}

TEST_CASE("msg: build is the opposite of describe for every golden message")
{
    int built = 0;
    for (const std::string& name : golden_dialects()) {
        const std::string dialect = dialect_file(name);
        for (const auto& message : golden::golden_messages(name)) {
            CAPTURE(message.id);
            const std::string hex = hex_of(message.bytes);
            const MsgRun described = run_msg({"describe", "--json", "--unsafe", "--dialect", dialect, hex});
            CHECK(described.exit == (message.error ? 1 : 0));
            const MsgRun again = run_msg({"build", "--dialect", dialect}, described.out);
            CHECK(again.exit == (message.error ? 2 : 0));
            if (message.error)
                CHECK(again.says("error: this is a message that does not decode; expected a whole one"));
            else
                CHECK(again.out == hex + "\n");
            built += again.exit == 0 ? 1 : 0;
        }
    }
    CHECK(built >= 20);
}

TEST_CASE("msg: published messages are described, built again, and show no whole card number")
{
    int built = 0;
    for (const auto& vector : vectors::vectors_of_type("message")) {
        CAPTURE(vector.id);
        const std::string dialect = dialect_file(vector.dialect);
        const std::string hex = hex_of(vector.bytes);
        const MsgRun described = run_msg({"describe", "--json", "--unsafe", "--dialect", dialect, hex});
        CHECK(described.exit == 0);
        CHECK(run_msg({"build", "--dialect", dialect}, described.out).out == hex + "\n");
        ++built;
        for (const auto& [number, value] : vector.values.parts) {
            if (number != "2" || value.text.size() < 13) continue;
            for (const MsgRun& run : {run_msg({"describe", "--dialect", dialect, hex}),
                                      run_msg({"describe", "--json", "--dialect", dialect, hex}),
                                      run_msg({"validate", "--dialect", dialect, hex}),
                                      run_msg({"doctor", "--dialect", dialect, hex})})
                CHECK_FALSE(run.says(value.text));
        }
    }
    CHECK(built >= 25);
}

TEST_CASE("msg: no card data leaves a tool, whole or cut anywhere")
{
    for (const std::string& name : golden_dialects()) {
        CAPTURE(name);
        const std::string dialect = dialect_file(name);
        const auto rules = golden::golden_dialect(name);
        const auto bytes = message_with_secrets(*rules);
        const std::string hex = hex_of(bytes);
        CHECK(run_msg({"describe", "--unsafe", "--dialect", dialect, hex}).says("739184")); // it is in there
        for (std::size_t size = 1; size <= bytes.size(); ++size) {
            CAPTURE(size);
            const Reading reading = read_message(rules, std::span(bytes).first(size));
            check_no_leak({0, text_of(reading, codec::Show::masked), {}});
            check_no_leak({0, boost::json::serialize(json_of(reading, codec::Show::masked)), {}});
        }
        check_no_leak(run_msg({"describe", "--dialect", dialect, hex}));
        check_no_leak(run_msg({"describe", "--json", "--dialect", dialect, hex}));
        check_no_leak(run_msg({"validate", "--dialect", dialect, hex}));
        check_no_leak(run_msg({"validate", "--json", "--dialect", dialect, hex}));
        check_no_leak(
            run_msg({"diff", "--dialect", dialect, hex, "3032303030303030303030303030303030303030"}));
        check_no_leak(run_msg({"diff", "--json", "--dialect", dialect, "02000000000000000000", hex}));
        check_no_leak(run_msg({"doctor", "--lines", "1000", hex}));
        check_no_leak(run_msg({"doctor", "--json", hex}));
        check_no_leak(run_msg({"doctor", "-"}, std::string(bytes.begin(), bytes.end())));
    }
}

TEST_CASE("msg: the example of every help runs")
{
    std::filesystem::current_path(source_folder);
    for (const char* command : {"describe", "diff", "build", "convert", "validate", "doctor"}) {
        CAPTURE(std::string(command));
        const MsgRun help = run_msg({command, "--help"});
        CHECK(help.exit == 0);
        const std::string start = "tollgate-sim msg ";
        const std::size_t at = help.out.rfind(start);
        REQUIRE(at != std::string::npos);
        const std::size_t begin = at + start.size();
        const auto words = words_of(help.out.substr(begin, help.out.find('\n', at) - begin));
        const MsgRun example = run_msg(words);
        CAPTURE(example.talk);
        CHECK(example.exit == (words[0] == "diff" ? 1 : 0));
        CHECK_FALSE(example.out.empty());
    }
}

TEST_CASE("msg: docs/message_tools.md shows what the tools print")
{
    std::filesystem::current_path(source_folder);
    std::ifstream page("docs/message_tools.md");
    const std::string start = "    $ tollgate-sim msg ";
    int examples = 0;
    std::string line;
    bool has_line = static_cast<bool>(std::getline(page, line));
    while (has_line) {
        if (!line.starts_with(start)) {
            has_line = static_cast<bool>(std::getline(page, line));
            continue;
        }
        CAPTURE(line);
        ++examples;
        const MsgRun run = run_msg(words_of(line.substr(start.size())));
        std::string printed;
        // Blank lines belong to the output when more of it follows.
        for (std::string blank; (has_line = static_cast<bool>(std::getline(page, line)));) {
            if (line.empty())
                blank += "\n";
            else if (!line.starts_with("    ") || line.starts_with("    $ "))
                break;
            else
                printed += std::exchange(blank, "") + line.substr(4) + "\n";
        }
        CHECK(printed == run.out + run.talk);
    }
    CHECK(examples >= 8);
}

TEST_CASE("msg: input is an argument, a file or standard input, as hex or as bytes")
{
    const std::string folder =
        std::filesystem::temp_directory_path() / ("tollgate-msg-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const std::string hex = "0800 0020000000000000 000123";
    const std::string bytes = codec::bytes_of_hex("08000020000000000000000123").value();
    const auto file_with = [&](const std::string& name, const std::string& text) {
        std::ofstream(folder + "/" + name, std::ios::binary) << text;
        return folder + "/" + name;
    };
    const std::string in_hex = file_with("hex", "# a sign-on\n0800 00200000 # bitmap\n00000000\n00 0123\n");
    const std::string in_bytes = file_with("bytes", bytes);
    const std::string digits = file_with("digits", "08000020000000000000000123"); // ASCII that looks like hex
    struct Row {
        const char* name;
        std::vector<std::string> words;
        std::string in;
        int exit;
        const char* says;
    };
    const Row rows[] = {
        {"an argument", {hex}, "", 0, "000123"},
        {"several arguments", {"0800", "0020000000000000", "000123"}, "", 0, "000123"},
        {"a file with hex and comments", {in_hex}, "", 0, "000123"},
        {"a file with bytes", {in_bytes}, "", 0, "000123"},
        {"standard input", {"-"}, hex, 0, "000123"},
        {"standard input by default", {}, hex, 0, "000123"},
        {"bytes on standard input", {}, bytes, 0, "000123"},
        {"digits are taken for hex", {digits}, "", 0, "000123"},
        {"unless told otherwise", {"--input", "raw", digits}, "", 1, "message type"},
        {"bytes that must be hex",
         {"--input", "hex", in_bytes},
         "",
         2,
         "holds no hex digit at line 1, column 1; expected a message in hex"},
        {"odd",
         {"080"},
         "",
         2,
         "the argument is neither a file that exists nor hex (an odd number of hex digits, 3); expected"},
        {"no hex",
         {"0800xx"},
         "",
         2,
         "nor hex (no hex digit at line 1, column 5); expected hex, a file or -"},
        {"a file that does not exist",
         {folder + "/none"},
         "",
         2,
         "the argument is neither a file that exists nor hex (no hex digit at line 1, column 1)"},
        {"a mistake in hex",
         {"-"},
         "0800 0020000000000000\n00o123\n",
         1,
         "tollgate-sim: standard input is read as bytes: no hex digit at line 2, column 3\n"},
        {"no bytes", {"-"}, "", 2, "standard input holds no bytes"},
        {"a folder", {folder}, "", 2, "is a folder; expected a file"},
        {"too much", {"-"}, std::string((1 << 20) + 1, '0'), 2, "longer than a mebibyte"},
        {"no such dialect", {"--dialect", "iso87-bdc", hex}, "", 2, "iso87-bcd"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        std::vector<std::string> words = {"describe"};
        if (row.words.empty() || row.words[0] != "--dialect")
            words.insert(words.end(), {"--dialect", "iso87-bcd"});
        words.insert(words.end(), row.words.begin(), row.words.end());
        const MsgRun run = run_msg(words, row.in);
        CAPTURE(run.talk);
        CHECK(run.exit == row.exit);
        CHECK(run.says(row.says));
    }
    CHECK_FALSE(run_msg({"describe", "--dialect", "iso87-bcd", in_bytes}).says("read as bytes"));
    CHECK_FALSE(run_msg({"describe", "--dialect", "iso87-ascii", "--input", "raw", digits}).says("as bytes"));
    const MsgRun diff = run_msg({"diff", "--input", "raw", "--dialect", "iso87-ascii", "-", digits},
                                "08000020000000000000000124");
    CHECK(diff.out == "~ DE11  system trace audit number  000124  ->  000123\n");
    const MsgRun doctor = run_msg({"doctor", "--input", "raw", "--json", digits});
    CHECK(doctor.says("\"input\":\"raw\""));
    CHECK_FALSE(doctor.says("\"input\":\"hex\""));
    std::filesystem::remove_all(folder);
}
