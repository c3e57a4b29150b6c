#include "codec/dialect.hpp"
#include "codec/field_spec.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace codec;

namespace {

const std::string head =
    "name = \"mine\"\nmti = \"ascii\"\nbitmap = \"hex\"\nlength_coding = \"ascii\"\n[elements]\n";
const std::string row =
    "3 = { name = \"code\", kind = \"numeric\", max = 6, length = \"fixed\", coding = \"ascii\" }\n";

std::string error_of(const std::string& toml)
{
    try {
        (void)parse_dialect(toml, "mine.toml");
    } catch (const DialectError& error) {
        return error.what();
    }
    return "no error";
}

const FieldSpec& field(const Dialect& dialect, int de)
{
    return dialect.fields[static_cast<std::size_t>(de)];
}

/// A folder of this test's own, gone when the test ends.
struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("tollgate-dialect-test-" + std::to_string(getpid()));
    Folder() { std::filesystem::create_directories(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }

    std::filesystem::path write(const std::string& name, const std::string& text) const
    {
        std::ofstream(path / name) << text;
        return path / name;
    }
};

} // namespace

TEST_CASE("dialect: the built-in ones have every element but 65")
{
    CHECK(built_in_dialect_names() == std::vector<std::string>{"iso87-ascii", "iso87-bcd"});
    for (const std::string& name : built_in_dialect_names()) {
        CAPTURE(name);
        const auto dialect = find_built_in_dialect(name);
        REQUIRE(dialect != nullptr);
        CHECK(dialect->name == name);
        for (int de = 0; de <= 128; ++de) {
            CAPTURE(de);
            CHECK(what_is_wrong(field(*dialect, de)).empty() == (de >= 2 && de != 65));
        }
    }
    CHECK(find_built_in_dialect("iso93") == nullptr);
    CHECK(find_built_in_dialect("") == nullptr);
}

TEST_CASE("dialect: the built-in ones agree in all that is not coding")
{
    const auto ascii = find_built_in_dialect("iso87-ascii");
    const auto bcd = find_built_in_dialect("iso87-bcd");
    CHECK(ascii->mti == DigitsForm::ascii);
    CHECK(ascii->bitmap == BitmapForm::hex);
    CHECK(bcd->mti == DigitsForm::bcd);
    CHECK(bcd->bitmap == BitmapForm::binary);
    for (int de = 2; de <= 128; ++de) {
        if (de == 65) continue;
        CAPTURE(de);
        const FieldSpec& a = field(*ascii, de);
        const FieldSpec& b = field(*bcd, de);
        CHECK(a.name == b.name);
        CHECK(a.kind == b.kind);
        CHECK(a.length == b.length);
        CHECK(a.max == b.max);
        CHECK(a.log == b.log);
        CHECK(a.length_coding == Coding::ascii);
        CHECK(b.length_coding == Coding::bcd);
        const bool is_packed =
            a.kind == FieldKind::numeric || a.kind == FieldKind::amount || a.kind == FieldKind::track;
        CHECK(b.coding == (is_packed                     ? Coding::bcd
                           : a.kind == FieldKind::binary ? Coding::raw
                                                         : Coding::ascii));
        // Chip data is the one binary element that text dialects send as raw bytes.
        CHECK(a.coding == (a.kind != FieldKind::binary ? Coding::ascii
                           : de == 55                  ? Coding::raw
                                                       : Coding::hex));
    }
}

TEST_CASE("dialect: elements with card data are not logged")
{
    for (const std::string& name : built_in_dialect_names()) {
        const auto dialect = find_built_in_dialect(name);
        for (const int de : {2, 34, 102, 103}) CHECK(field(*dialect, de).log == LogRule::pan);
        for (const int de : {35, 36, 45, 48, 52, 53, 55, 96, 120, 127})
            CHECK(field(*dialect, de).log == LogRule::never);
    }
}

TEST_CASE("dialect: a small file is read")
{
    const auto dialect =
        parse_dialect(head + row +
                          "48 = { name = \"more\", kind = \"text\", max = 99, length = \"ll\", "
                          "coding = \"ascii\", length_coding = \"bcd\", log = \"never\" }\n",
                      "mine.toml");
    CHECK(dialect->name == "mine");
    CHECK(field(*dialect, 3).name == "code");
    CHECK(field(*dialect, 3).kind == FieldKind::numeric);
    CHECK(field(*dialect, 3).length == LengthForm::fixed);
    CHECK(field(*dialect, 3).max == 6);
    CHECK(field(*dialect, 3).log == LogRule::clear);
    CHECK(field(*dialect, 48).length_coding == Coding::bcd);
    CHECK(field(*dialect, 48).log == LogRule::never);
    CHECK(field(*dialect, 4).kind == FieldKind::none);
}

TEST_CASE("dialect: a file may say only what differs from another")
{
    const auto dialect =
        parse_dialect("name = \"mine\"\ninherits = \"iso87-ascii\"\nmti = \"bcd\"\n[elements]\n"
                      "60 = false\n49 = { kind = \"numeric\" }\n"
                      "44 = { max = 99, length_coding = \"bcd\" }\n",
                      "mine.toml");
    CHECK(dialect->name == "mine");
    CHECK(dialect->mti == DigitsForm::bcd);
    CHECK(dialect->bitmap == BitmapForm::hex);
    CHECK(field(*dialect, 60).kind == FieldKind::none);
    CHECK(field(*dialect, 49).kind == FieldKind::numeric);
    CHECK(field(*dialect, 49).name == "currency code, transaction");
    CHECK(field(*dialect, 44).max == 99);
    CHECK(field(*dialect, 44).length_coding == Coding::bcd);
    CHECK(field(*dialect, 2).log == LogRule::pan);
}

TEST_CASE("dialect: a default length coding counts for the rows of its own file")
{
    const auto dialect =
        parse_dialect("name = \"mine\"\ninherits = \"iso87-ascii\"\nlength_coding = \"bcd\"\n[elements]\n"
                      "44 = { max = 20 }\n",
                      "mine.toml");
    CHECK(field(*dialect, 44).length_coding == Coding::bcd);
    CHECK(field(*dialect, 43).length_coding == Coding::ascii);
}

TEST_CASE("dialect: a mistake is told with its place and what is expected")
{
    struct Row {
        std::string what;
        std::string toml;
        std::string error;
    };
    const auto with = [](const char* text) { return head + text; };
    const Row rows[] = {
        {"no TOML", "name = ", "mine.toml:1:8: "},
        {"key twice", with("3 = false\n3 = false\n"), "mine.toml:7:5: "},
        {"unknown key", "colour = 1\n" + head + row,
         "mine.toml:1:1: unknown key \"colour\" in dialect file; expected"},
        {"no name", "mti = \"ascii\"\nbitmap = \"hex\"\nlength_coding = \"ascii\"\n[elements]\n",
         "mine.toml:1:1: the file needs \"name\""},
        {"no form", "name = \"x\"\nmti = \"ascii\"\nlength_coding = \"ascii\"\n[elements]\n",
         "mine.toml:1:1: a file without inherits needs \"bitmap\""},
        {"wrong word",
         "name = \"x\"\nmti = \"ebcdic\"\nbitmap = \"hex\"\nlength_coding = \"ascii\"\n[elements]\n",
         "mine.toml:2:7: mti is \"ebcdic\"; expected one of ascii, bcd"},
        {"wrong type", "name = 5\nmti = \"bcd\"\nbitmap = \"hex\"\nlength_coding = \"ascii\"\n[elements]\n",
         "mine.toml:1:8: name is wrong; expected a text"},
        {"elements no table",
         "name = \"x\"\nmti = \"bcd\"\nbitmap = \"hex\"\nlength_coding = \"bcd\"\nelements = 3\n",
         "mine.toml:5:12: elements is not a table"},
        {"no parent", "name = \"x\"\ninherits = \"iso99\"\n",
         "mine.toml:2:12: cannot inherit from \"iso99\": no dialect \"iso99\"; expected a file or one of "
         "iso87-ascii"},
        {"unknown row key",
         with("3 = { name = \"x\", kind = \"text\", max = 1, length = \"ll\", coding = \"ascii\", "
              "size = 1 }\n"),
         "mine.toml:6:76: unknown key \"size\" in element 3; expected name, kind"},
        {"missing row key",
         with("3 = { name = \"x\", kind = \"text\", length = \"ll\", coding = \"ascii\" }\n"),
         "mine.toml:6:1: element 3 needs \"max\""},
        {"row no table", with("3 = \"numeric\"\n"), "mine.toml:6:5: element 3 is wrong; expected a row"},
        {"row true", with("3 = true\n"), "mine.toml:6:5: element 3 is wrong; expected a row"},
        {"element 1", with("1 = false\n"), "mine.toml:6:1: no element \"1\"; expected 2 to 64 or 66 to 128"},
        {"element 65", with("65 = false\n"), "mine.toml:6:1: no element \"65\""},
        {"element 129", with("129 = false\n"), "mine.toml:6:1: no element \"129\""},
        {"element 03", with("03 = false\n"), "mine.toml:6:1: no element \"03\""},
        {"element x", with("pan = false\n"), "mine.toml:6:1: no element \"pan\""},
        {"max 0",
         with("3 = { name = \"x\", kind = \"text\", max = 0, length = \"ll\", coding = \"ascii\" }\n"),
         "mine.toml:6:40: max is wrong; expected a number from 1 to 999"},
        {"max too large",
         with("3 = { name = \"x\", kind = \"text\", max = 100, length = \"ll\", coding = \"ascii\" }\n"),
         "mine.toml:6:1: element 3: max does not fit length"},
        {"letters packed",
         with("3 = { name = \"x\", kind = \"text\", max = 9, length = \"ll\", coding = \"bcd\" }\n"),
         "mine.toml:6:1: element 3: coding does not fit kind"},
        {"kind changes without its coding",
         "name = \"x\"\ninherits = \"iso87-bcd\"\n[elements]\n3 = { kind = \"text\" }\n",
         "mine.toml:4:1: element 3: coding does not fit kind"},
    };
    for (const Row& bad : rows) {
        CAPTURE(bad.what);
        const std::string error = error_of(bad.toml);
        CAPTURE(error);
        CHECK(error.starts_with(bad.error));
    }
}

TEST_CASE("dialect: all mistakes are told at once, from the top")
{
    const std::string error = error_of(head + "9 = 1\n3 = 2\n[extra]\n");
    CHECK(error.find("mine.toml:6:5: element 9") == 0);
    CHECK(error.find("\nmine.toml:7:5: element 3") != std::string::npos);
    CHECK(error.find("\nmine.toml:8:2: unknown key \"extra\"") != std::string::npos);
}

TEST_CASE("dialect: files are found by path, and parents beside the child")
{
    const Folder folder;
    folder.write("parent.toml", head + row);
    const auto child = folder.write("child.toml", "name = \"child\"\ninherits = \"parent.toml\"\n");
    CHECK(load_dialect_file(child)->name == "child");
    CHECK(field(*dialect_named(child.string()), 3).name == "code");
    CHECK(dialect_named("iso87-bcd")->name == "iso87-bcd");
}

TEST_CASE("dialect: a file that is not there, and files that inherit in a circle")
{
    const Folder folder;
    const auto a = folder.write("a.toml", "name = \"a\"\ninherits = \"b.toml\"\n");
    folder.write("b.toml", "name = \"b\"\ninherits = \"a.toml\"\n");
    CHECK_THROWS_WITH_AS((void)dialect_named("nowhere.toml"),
                         "no dialect \"nowhere.toml\"; expected a file or one of iso87-ascii, iso87-bcd",
                         DialectError);
    CHECK_THROWS_AS((void)load_dialect_file(folder.path / "nowhere.toml"), DialectError);
    CHECK_THROWS_AS((void)load_dialect_file(folder.path), DialectError);
    CHECK_THROWS_AS((void)dialect_named(""), DialectError);
    CHECK_THROWS_AS((void)load_dialect_file(a), DialectError);
}

TEST_CASE("dialect: the sample's dialect is the ASCII one with a few rows of its own")
{
    const auto sample = golden::golden_dialect("moov-sample");
    CHECK(sample->name == "moov-sample");
    CHECK(field(*sample, 28).max == 8);
    CHECK(field(*sample, 49).kind == FieldKind::numeric);
    CHECK(field(*sample, 35).log == LogRule::never);
}
