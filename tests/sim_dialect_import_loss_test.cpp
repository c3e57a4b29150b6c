#include "codec/structure.hpp"
#include "sim/dialect_import.hpp"
#include "tests/support/imported.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace codec;
using namespace sim;

namespace {

/// A file that goes away with the test.
class ScratchFile {
public:
    ScratchFile(const std::string& name, const std::string& text)
        : path_(std::filesystem::temp_directory_path() /
                ("tollgate-import-" + std::to_string(::getpid()) + "-" + name))
    {
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~ScratchFile() { std::filesystem::remove(path_); }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

std::string jpos_packager(const std::string& fields)
{
    return "<isopackager><isofield id=\"0\" length=\"4\" name=\"MTI\" class=\"org.jpos.iso.IFA_NUMERIC\"/>"
           "<isofield id=\"1\" length=\"16\" name=\"Bitmap\" class=\"org.jpos.iso.IFA_BITMAP\"/>" +
           fields + "</isopackager>";
}

/// An element 48 with parts. `rest`: attributes, and the parts with the closing tag.
std::string jpos_parts(const std::string& rest)
{
    return jpos_packager("<isofieldpackager id=\"48\" length=\"999\" name=\"x\" "
                         "class=\"org.jpos.iso.IFA_LLLCHAR\" " +
                         rest + "</isofieldpackager>");
}

/// `keys`: that say how its parts are told apart.
std::string moov_parts(const std::string& keys, const std::string& prefix, const std::string& first,
                       const std::string& second)
{
    const std::string part = R"({"type":"String","length":2,"enc":"ASCII","prefix":")" + prefix + "\"}";
    return R"({"fields":{"48":{"type":"Composite","length":99,"prefix":"ASCII.LL",)" + keys +
           R"(,"subfields":{")" + first + "\":" + part + ",\"" + second + "\":" + part + "}}}}";
}

} // namespace

TEST_CASE("import: what is lost is on stderr, at the end of the file, and where its row would be")
{
    struct Row {
        std::string file;
        std::vector<const char*> losses; ///< behind the file's name, in this order
        std::vector<const char*> comments;
        std::vector<int> elements; ///< that are there in spite of it
    };
    const Row rows[] = {
        {"jpos-losses.xml",
         {"3: the dialect: headerLength: a header in front of the MTI is a setting of the link",
          "7: element 2: it is there twice; the first one holds",
          "8: element 60: class com.example.PACKED_NAME is not known",
          "9: element 61: class org.jpos.iso.IFX_LLCHAR is not known",
          "10: element 62: IFA_FLLCHAR: a count in front of a room of fixed size",
          "11: element 63: max does not fit length: its count would be 1000; expected at most 999",
          "12: element 64: its length is no number",
          "13: element 90: IFA_LLBNUM: jPOS counts the spare half byte of an odd number as a digit",
          "14: element 129: no bitmap reaches it: field 1 is too short",
          "15: element x: its number is no number of an element",
          "16: element 120: packager com.example.Packager is not known: its parts are not read",
          "21: element 121, part 2: IFEP_LLCHAR: its count stands in front of its number and includes it",
          "19: element 121: its parts are not read, since one of them is lost",
          "26: element 122, part 3: class com.example.OTHER is not known",
          "28: element 123: its parts are numbered from 1 here, in their order",
          "32: element 124: IFA_TTLLCHAR: its number stands in front of it",
          "33: element 125: attribute token is left out",
          "34: the dialect: <isofieldvalidator> is not known"},
         {"\n# 60: class com.example.PACKED_NAME is not known (line 8)\n", "\n# 62: IFA_FLLCHAR",
          "\n# 129: no bitmap", "\n# x: its number",
          "\n# 3: class com.example.OTHER is not known (line 26)\n"},
         {2, 90, 120, 121, 122, 123, 125}},
        {"moov-losses.json",
         {" element 2: key \"mask\" is left out",
          " element 3: type \"Secret\" with enc \"ASCII\" is not known",
          " element 4: enc \"UTF7\" is not known", " element 5: prefix \"Hex.LLLL\" is not known",
          " element 6: padding \"Left\" with \"*\" is left out", " element 7: its length is no number",
          " element 8: max does not fit length: its count would be 100; expected at most 99",
          " element 9: prefix \"BerTLV\" is for parts", " element 60: it is no object",
          " element 61: its parts are numbered from 1 here, in their order",
          " element 62, part 02: its count is written in another way than that of the part before",
          " element 65: bit 65 announces a bitmap", " element x: its number is no number of an element"},
         {"\n# 3: type \"Secret\"", "\n# 60: it is no object\n", "\n# 02: its count", "\n# x: its number"},
         {2, 6, 61, 62}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.file);
        const Imported import = imported(data_file(row.file));
        CHECK(import.exit == Exit::differs);
        std::string list;
        for (const char* loss : row.losses) list += data_file(row.file) + ":" + loss + "\n";
        list += "tollgate-sim: " + std::to_string(row.losses.size()) +
                " things were not carried over, or not all of it\n";
        CHECK(import.list == list);
        for (const char* loss : row.losses)
            CHECK(import.toml.find("\n#   " + row.file + ":" + loss + "\n") != std::string::npos);
        for (const char* comment : row.comments) {
            CAPTURE(comment);
            CHECK(import.toml.find(comment) != std::string::npos);
        }
        const auto dialect = parse_dialect(import.toml, row.file);
        for (int de = 2; de <= de_max; ++de) {
            CAPTURE(de);
            const bool is_expected = std::ranges::find(row.elements, de) != row.elements.end();
            CHECK((dialect->fields[de].kind != FieldKind::none) == is_expected);
        }
    }
}

TEST_CASE("import: the format is recognised, and can be said")
{
    CHECK(origin_of("\xEF\xBB\xBF \n<isopackager/>", "f") == Origin::jpos);
    CHECK(origin_of("\r\n{", "f") == Origin::moov);
    CHECK_THROWS_WITH_AS((void)origin_of("name = 1", "f.toml"),
                         "f.toml:1:1: is no specification; expected the XML of jPOS or the JSON of moov",
                         FileError);
    CHECK_THROWS_AS((void)origin_of("", "f"), FileError);
    CHECK_THROWS_AS((void)imported(data_file("jpos-parts.xml"), Origin::moov), FileError);
    CHECK_THROWS_AS((void)imported(data_file("moov-parts.json"), Origin::jpos), FileError);
    CHECK(parse_dialect(imported(data_file("moov-parts.json"), Origin::moov, "mine").toml, "f")->name ==
          "mine");
}

TEST_CASE("import: a file that is no specification is refused with its place")
{
    struct Row {
        std::string name;
        std::string text;
        const char* what; ///< behind the file's name
    };
    const Row rows[] = {
        {"cut XML", "<isopackager>\n  <isofield id=\"2\"", ":2:"},
        {"wrong root", "<?xml version=\"1.0\"?>\n<beans/>",
         ":2:2: <beans> stands here; expected <isopackager> of jPOS's GenericPackager"},
        {"cut JSON", "{\"fields\": {\n\"2\": {\"type\"", ":2:"},
        {"wrong JSON", "{\"fields\": {\n\"2\": x}}", ":2:6: is no JSON: syntax error"},
        {"two values", "{\"fields\": {}}\n{}", ":2:1: is no JSON: extra data"},
        {"other JSON", "{\"elements\": {}}",
         ":1:1: has no object \"fields\"; expected a specification that moov-io/iso8583 exports"},
        {"deep JSON", "{\"fields\": " + std::string(100'000, '['), ":1:43: is no JSON: too deep"},
        {"no fields", "{\"fields\": {}}", ": has no element that can be carried over; expected a spec"},
        {"MTI only",
         R"({"fields": {"0": {"type": "String", "length": 4, "enc": "ASCII", "prefix": "ASCII.Fixed"}}})",
         ": has no element that can be carried over"},
        {"a message", R"({"mti": "0800", "fields": {"11": "000001"}})",
         ": has no element that can be carried over"},
        {"no fields in XML", "<isopackager/>", ": has no element that can be carried over"},
        {"large file", "<isopackager>" + std::string(specification_bytes_max, ' '),
         ": is larger than 1 MiB, which no specification is"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const ScratchFile file("refused", row.text);
        try {
            (void)imported(file.path());
            FAIL_CHECK("not refused");
        } catch (const FileError& error) {
            const std::string what = error.what();
            CHECK(what.substr(0, file.path().size() + std::string_view(row.what).size()) ==
                  file.path() + row.what);
        }
    }
}

TEST_CASE("import: nothing is written of what is no specification")
{
    std::ostringstream out;
    std::ostringstream err;
    const std::string message = TOLLGATE_SOURCE_DIR "/docs/examples/sign_on.json";
    CHECK_THROWS_AS((void)run_import({message, std::nullopt, ""}, out, err), FileError);
    CHECK(out.str().empty());
    CHECK(err.str().find("element 11: it is no object\n") != std::string::npos);
}

TEST_CASE("import: MTI and bitmap that a specification of moov does not have are lost")
{
    const ScratchFile file("headless.json", R"({"fields": {"11": {"type": "Numeric", "length": 6,)"
                                            R"("enc": "ASCII", "prefix": "ASCII.Fixed"}}})");
    const Imported import = imported(file.path());
    CHECK(import.exit == Exit::differs);
    CHECK(import.list == file.path() + ": the dialect: field 0 is missing; written as in ASCII dialects\n" +
                             file.path() +
                             ": the dialect: field 1 is missing; written as in ASCII dialects\n" +
                             "tollgate-sim: 2 things were not carried over, or not all of it\n");
}

TEST_CASE("import: help and wrong words name the formats")
{
    CLI::App program{"test"};
    ImportOptions options;
    CLI::App* const import = add_import(program, options);
    const std::string help = import->help();
    CHECK(help.find('\0') == std::string::npos);
    CHECK(help.find("--from") != std::string::npos);
    CHECK(help.find("{jpos,moov}") != std::string::npos);
    const std::string file = data_file("jpos-parts.xml");
    try {
        program.parse(std::vector<std::string>{file, "xml", "--from", "import", "dialect"}); // from the last
        FAIL_CHECK("xml was taken");
    } catch (const CLI::ParseError& error) {
        CHECK(error.what() == std::string("--from: xml not in {jpos,moov}"));
    }
    program.parse(std::vector<std::string>{file, "moov", "--from", "import", "dialect"});
    CHECK(options.from == Origin::moov);
    CHECK(options.file == file);
}

TEST_CASE("import: an external entity reads nothing, an internal one grows nothing")
{
    const ScratchFile secret("secret", "tollgate-secret-7461");
    const ScratchFile file(
        "xxe.xml", "<?xml version=\"1.0\"?>\n<!DOCTYPE isopackager [\n<!ENTITY xxe SYSTEM \"file://" +
                       secret.path() +
                       "\">\n<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\n]>\n"
                       "<isopackager>&xxe;"
                       "<isofield id=\"0\" length=\"4\" name=\"MTI\" class=\"org.jpos.iso.IFA_NUMERIC\"/>"
                       "<isofield id=\"1\" length=\"16\" name=\"Bitmap\" class=\"org.jpos.iso.IFA_BITMAP\"/>"
                       "<isofield id=\"2\" length=\"19\" name=\"&xxe;&b;\" class=\"org.jpos.iso.IFA_LLNUM\"/>"
                       "<isofield id=\"3\" length=\"6\" name=\"x\" class=\"&xxe;\"/></isopackager>");
    const Imported import = imported(file.path());
    CHECK(import.toml.find("tollgate-secret") == std::string::npos);
    CHECK(import.list.find("tollgate-secret") == std::string::npos);
    CHECK(parse_dialect(import.toml, "f")->fields[2].name == "&xxe;&b;");
    CHECK(import.list.find("element 3: class &xxe; is not known") != std::string::npos);
}

TEST_CASE("import: somebody else's words write no rows and no escapes of the terminal")
{
    const ScratchFile file(
        "words.xml",
        "<isopackager><isofield id=\"0\" length=\"4\" name=\"MTI\" class=\"org.jpos.iso.IFA_NUMERIC\"/>"
        "<isofield id=\"1\" length=\"16\" name=\"Bitmap\" class=\"org.jpos.iso.IFA_BITMAP\"/>"
        "<isofield id=\"2\" length=\"19\" name=\"a&#10;3 = false&quot;\\ &#27;[2J caf\xC3\xA9\" "
        "class=\"org.jpos.iso.IFA_LLNUM\"/>"
        "<isofield id=\"4\" length=\"6\" name=\"x\" class=\"y&#10;5 = { name = 1 }&#27;[2J\"/>"
        "<isofield id=\"6&#10;7 = 1\" length=\"6\" name=\"x\" class=\"y\"/></isopackager>");
    const Imported import = imported(file.path());
    CHECK(import.exit == Exit::differs);
    CHECK(import.toml.find('\x1B') == std::string::npos);
    CHECK(import.list.find('\x1B') == std::string::npos);
    const auto dialect = parse_dialect(import.toml, "f");
    CHECK(dialect->fields[2].name == "a?3 = false\"\\ ?[2J caf\xC3\xA9");
    for (const int de : {3, 4, 5, 6, 7}) CHECK(dialect->fields[de].kind == FieldKind::none);
}

TEST_CASE("import: parts nested without end are bounded")
{
    std::string xml =
        "<isopackager><isofield id=\"0\" length=\"4\" name=\"MTI\" class=\"org.jpos.iso.IFA_NUMERIC\"/>"
        "<isofield id=\"1\" length=\"16\" name=\"Bitmap\" class=\"org.jpos.iso.IFA_BITMAP\"/>";
    std::string end = "</isopackager>";
    for (int depth = 0; depth < 4000; ++depth) {
        xml += "<isofieldpackager id=\"" + std::to_string(depth == 0 ? 48 : 2) +
               "\" length=\"99\" name=\"n\" class=\"org.jpos.iso.IFA_LLBINARY\" emitBitmap=\"false\" "
               "firstField=\"1\" "
               "packager=\"org.jpos.iso.packager.GenericSubFieldPackager\">";
        end = "</isofieldpackager>" + end;
    }
    const ScratchFile file("deep.xml", xml + end);
    const Imported import = imported(file.path());
    CHECK(import.list.find("element 48, part 2, part 2, part 2, part 2: parts this deep are not read") !=
          std::string::npos);
    const auto dialect = parse_dialect(import.toml, "f");
    int structures = 0;
    for (const Structure* structure = dialect->fields[48].structure.get(); structure != nullptr; ++structures)
        structure = structure->parts.front().spec.structure.get();
    CHECK(structures == structure_depth_max);
}

TEST_CASE("import: what our own reader would refuse is lost, and said")
{
    const std::string sequence = R"(packager="org.jpos.tlv.packager.TaggedSequencePackager")";
    const std::string part = R"(length="9" name="p" class="org.jpos.tlv.packager.IFTA_LLCHAR")";
    const std::string long_token = "TOKEN-OF-SEVENTEE";
    struct Row {
        const char* name;
        std::string text;
        const char* loss; ///< behind the file's name
        bool has_parts;
    };
    const Row rows[] = {
        {"packager without parts", jpos_parts(R"(packager="org.jpos.iso.packager.GenericPackager">)"),
         ":1: element 48: its parts are not read, since their bitmap is not known", false},
        {"one tag in two spellings", moov_parts(R"("tag":{"enc":"BerTLVTag"})", "BerTLV", "9f26", "9F26"),
         ": element 48, part 9F26: it is there twice; the first one holds", true},
        {"tags filled up to be the same",
         moov_parts(R"("tag":{"enc":"ASCII","length":2,"padding":{"type":"Left","pad":"0"}})", "ASCII.LL",
                    "1", "01"),
         ": element 48, part 01: it is there twice; the first one holds", true},
        {"a bit in two spellings",
         moov_parts(R"("bitmap":{"length":8,"enc":"Binary"})", "ASCII.LL", "1", "01"),
         ": element 48, part 1: it is there twice; the first one holds", true},
        {"two parts with one token",
         jpos_parts(sequence + " token=\"00\"><isofield id=\"1\" token=\"AA\" " + part +
                    "/><isofield id=\"2\" token=\"AA\" " + part + "/>"),
         ":1: element 48, part AA: it is there twice; the first one holds", true},
        {"tokens without a size", jpos_parts(sequence + "><isofield id=\"1\" " + part + "/>"),
         ":1: element 48: its parts are not read: their tags have no size from 1 to 16", false},
        {"tokens that are too long",
         jpos_parts(sequence + " token=\"" + long_token + "\"><isofield id=\"1\" token=\"" + long_token +
                    "\" " + part + "/>"),
         ":1: element 48: its parts are not read: their tags have no size from 1 to 16", false},
        {"a long category",
         jpos_parts(R"(packager="org.jpos.iso.packager.EuroSubFieldPackager">)"
                    R"(<isofield id="0" length="17" name="c" class="org.jpos.iso.IF_CHAR"/>)"
                    R"(<isofield id="1" length="9" name="p" class="org.jpos.iso.IFA_TTLLCHAR"/>)"),
         ":1: element 48: its parts are not read: the category in front of them is longer than 16", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const ScratchFile file("refused-by-us", row.text);
        const Imported import = imported(file.path());
        CHECK(import.exit == Exit::differs);
        CAPTURE(import.list);
        CHECK(("\n" + import.list).find("\n" + file.path() + row.loss + "\n") != std::string::npos);
        CHECK(import.list.find("read back") == std::string::npos);
        const auto dialect = parse_dialect(import.toml, "f");
        CHECK((dialect->fields[48].structure != nullptr) == row.has_parts);
    }
}

TEST_CASE("import moov: parts count as their tlv does, or are lost")
{
    const std::string binary = R"({"type":"Binary","length":8,"enc":"HexToASCII","prefix":"ASCII.LL"})";
    const std::string text = R"({"type":"String","length":8,"enc":"ASCII","prefix":"ASCII.LL"})";
    const ScratchFile file("counts.json", R"({"fields":{"48":{"type":"Composite","length":99,)"
                                          R"("prefix":"ASCII.LL","tag":{"enc":"ASCII","length":2},)"
                                          R"("subfields":{"01":)" +
                                              binary + R"(,"02":)" + text + R"(,"03":)" + binary + "}}}}");
    const Imported import = imported(file.path());
    CHECK(import.list.find(": element 48, part 02: its count is written in another way") !=
          std::string::npos);
    CHECK(import.list.find("\ntollgate-sim: 3 things were") != std::string::npos); // MTI and bitmap, too
    const auto dialect = parse_dialect(import.toml, "f");
    REQUIRE(dialect->fields[48].structure);
    const auto parts = read_parts(*dialect->fields[48].structure, "01020AFF0301BB");
    REQUIRE(parts.has_value());
    REQUIRE(parts->size() == 2);
    CHECK(parts->front().value == "\x0A\xFF");
    CHECK(parts->back().value == "\xBB");
}

TEST_CASE("import: a name that is no UTF-8 is written so that it can be read")
{
    const std::string surrogate = "\xED\xA0\x80"; // no character of UTF-8, and let through by the XML reader
    const ScratchFile file("unreadable.xml",
                           jpos_packager("<isofield id=\"2\" length=\"19\" name=\"" + surrogate +
                                         "\" class=\"org.jpos.iso.IFA_LLNUM\"/>"));
    const Imported import = imported(file.path());
    const auto dialect = parse_dialect(import.toml, "f");
    CHECK(dialect->fields[2].name == "???");
    CHECK(import.list.find("is not read back") == std::string::npos);
}

TEST_CASE("import: a row that could show a card number in clear, where the built-in masks it, is never shown")
{
    struct Row {
        int de;
        const char* length;
        const char* name; ///< of the class
        LogRule log;
    };
    const Row rows[] = {
        {4, "12", "IFB_NUMERIC", LogRule::clear},    // as in the built-in
        {11, "19", "IFA_LLNUM", LogRule::never},     // longer than there
        {38, "6", "IFA_NUMERIC", LogRule::clear},    // another kind, too short for a card number
        {43, "99", "IFA_LLCHAR", LogRule::clear},    // long numbers in text are masked
        {44, "25", "IFB_LLHBINARY", LogRule::never}, // bytes where there is text
        {58, "99", "IFB_LLBINARY", LogRule::never},  // the same
        {59, "99", "IFA_LLNUM", LogRule::never},     // digits where there is text
        {64, "8", "IFB_BINARY", LogRule::clear},     // as in the built-in
        {86, "16", "IFA_NUMERIC", LogRule::clear},   // as in the built-in, though it is long
        {98, "25", "IFB_LLHEX", LogRule::never},     // half bytes where there is text
        {102, "28", "IFA_LLNUM", LogRule::pan},      // masked as a card number, whatever its kind
        {103, "14", "IFB_LLHBINARY", LogRule::pan},  // the same
    };
    std::string fields;
    for (const Row& row : rows)
        fields += "<isofield id=\"" + std::to_string(row.de) + "\" length=\"" + row.length +
                  "\" name=\"n\" class=\"org.jpos.iso." + row.name + "\"/>";
    const std::string parts = "<isofieldpackager id=\"57\" length=\"99\" name=\"x\" emitBitmap=\"false\" "
                              "class=\"org.jpos.iso.IFA_LLCHAR\" firstField=\"1\" "
                              "packager=\"org.jpos.iso.packager.GenericSubFieldPackager\">"
                              "<isofield id=\"1\" length=\"4\" class=\"org.jpos.iso.IFA_NUMERIC\"/>"
                              "<isofield id=\"2\" length=\"19\" class=\"org.jpos.iso.IFA_LLNUM\"/>"
                              "</isofieldpackager>";
    const ScratchFile file("logged.xml", jpos_packager(fields + parts));
    const Imported import = imported(file.path());
    CHECK(import.list == "");
    const auto dialect = parse_dialect(import.toml, "f");
    for (const Row& row : rows) {
        CAPTURE(row.de);
        CHECK(dialect->fields[row.de].kind != FieldKind::none);
        CHECK(dialect->fields[row.de].log == row.log);
    }
    REQUIRE(dialect->fields[57].structure);
    CHECK(dialect->fields[57].structure->parts[0].spec.log == LogRule::clear);
    CHECK(dialect->fields[57].structure->parts[1].spec.log == LogRule::never);
}
