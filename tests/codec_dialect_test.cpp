#include "codec/dialect.hpp"
#include "codec/field_spec.hpp"
#include "codec/structure.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace codec;

namespace {

const std::string head = "name = \"mine\"\nmti = \"ascii\"\nbitmap = \"hex\"\nlength_coding = \"ascii\"\n";
const std::string child = "name = \"mine\"\ninherits = \"iso87-ascii\"\n";
const std::string row = "3 = { name = \"code\", kind = \"numeric\", max = 6, length = \"fixed\" }\n";

std::shared_ptr<const Dialect> read(const std::string& toml)
{
    return parse_dialect(toml, "mine.toml");
}

const FieldSpec& field(const Dialect& dialect, int de)
{
    return dialect.fields[static_cast<std::size_t>(de)];
}

const FieldSpec& part(const FieldSpec& whole, std::string_view tag)
{
    REQUIRE(whole.structure != nullptr);
    const Structure::PartSpec* const found = whole.structure->find(tag);
    REQUIRE(found != nullptr);
    return found->spec;
}

bool is_one_of(int de, std::initializer_list<int> elements)
{
    return std::find(elements.begin(), elements.end(), de) != elements.end();
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

// --- built-in ----------------------------------------------------------------------------------------------

TEST_CASE("dialect: the built-in ones have every element but 65")
{
    CHECK(built_in_dialect_names() ==
          std::vector<std::string>{"iso87-ascii", "iso87-bcd", "iso87-ebcdic", "iso93-ascii", "iso93-bcd"});
    for (const std::string& name : built_in_dialect_names()) {
        CAPTURE(name);
        const auto dialect = find_built_in_dialect(name);
        REQUIRE(dialect != nullptr);
        CHECK(dialect->name == name);
        for (int de = 0; de <= de_max; ++de) {
            CAPTURE(de);
            const bool is_defined = de >= 2 && de != 65 && de <= 128;
            CHECK((field(*dialect, de).kind != FieldKind::none) == is_defined);
            CHECK(what_is_wrong(field(*dialect, de)).empty() == is_defined);
        }
    }
    CHECK(find_built_in_dialect("iso93") == nullptr);
    CHECK(find_built_in_dialect("") == nullptr);
}

TEST_CASE("dialect: the built-in ones of a year agree in all that is not coding")
{
    struct Row {
        const char* text;
        const char* other;
        DigitsForm mti;
        LengthCoding length_coding;
        Coding digits;
        Coding letters;
    };
    const Row rows[] = {
        {"iso87-ascii", "iso87-bcd", DigitsForm::bcd, LengthCoding::bcd, Coding::bcd, Coding::ascii},
        {"iso93-ascii", "iso93-bcd", DigitsForm::bcd, LengthCoding::bcd, Coding::bcd, Coding::ascii},
        {"iso87-ascii", "iso87-ebcdic", DigitsForm::ebcdic, LengthCoding::ebcdic, Coding::ebcdic,
         Coding::ebcdic},
    };
    for (const Row& pair : rows) {
        CAPTURE(pair.other);
        const auto text = find_built_in_dialect(pair.text);
        const auto other = find_built_in_dialect(pair.other);
        CHECK(text->mti == DigitsForm::ascii);
        CHECK(text->bitmap.form == BitmapForm::hex);
        CHECK(other->mti == pair.mti);
        CHECK(other->bitmap.form == BitmapForm::binary);
        for (int de = 2; de <= 128; ++de) {
            if (de == 65) continue;
            CAPTURE(de);
            const FieldSpec& a = field(*text, de);
            const FieldSpec& b = field(*other, de);
            CHECK(a.name == b.name);
            CHECK(a.kind == b.kind);
            CHECK(a.length == b.length);
            CHECK(a.length_counts == b.length_counts);
            CHECK(a.max == b.max);
            CHECK(a.log == b.log);
            CHECK((a.structure == nullptr) == (b.structure == nullptr));
            CHECK(a.length_coding == LengthCoding::ascii);
            CHECK(b.length_coding == pair.length_coding);
            const bool is_digits =
                a.kind == FieldKind::numeric || a.kind == FieldKind::amount || a.kind == FieldKind::track;
            CHECK(b.coding == (a.kind == FieldKind::binary ? Coding::raw
                               : is_digits                 ? pair.digits
                                                           : pair.letters));
            // Chip data is the one binary element that text dialects send as raw bytes.
            CHECK(a.coding == (a.kind != FieldKind::binary ? Coding::ascii
                               : de == 55                  ? Coding::raw
                                                           : Coding::hex));
        }
    }
}

TEST_CASE("dialect: 1993 is 1987 with other dates, codes and references")
{
    const auto iso87 = find_built_in_dialect("iso87-ascii");
    const auto iso93 = find_built_in_dialect("iso93-ascii");
    struct Row {
        int de;
        FieldKind kind;
        LengthForm length;
        int max87;
        int max93;
    };
    const Row rows[] = {
        {12, FieldKind::numeric, LengthForm::fixed, 6, 12},
        {15, FieldKind::numeric, LengthForm::fixed, 4, 6},
        {22, FieldKind::alnum, LengthForm::fixed, 3, 12},
        {25, FieldKind::numeric, LengthForm::fixed, 2, 4},
        {30, FieldKind::numeric, LengthForm::fixed, 9, 24},
        {39, FieldKind::numeric, LengthForm::fixed, 2, 3},
        {43, FieldKind::text, LengthForm::ll, 40, 99},
        {56, FieldKind::numeric, LengthForm::ll, 999, 35},
        {71, FieldKind::numeric, LengthForm::fixed, 4, 8},
        {72, FieldKind::text, LengthForm::lll, 4, 999},
        {90, FieldKind::numeric, LengthForm::fixed, 42, 10},
        {96, FieldKind::binary, LengthForm::lll, 8, 999},
    };
    for (const Row& changed : rows) {
        CAPTURE(changed.de);
        CHECK(field(*iso87, changed.de).max == changed.max87);
        CHECK(field(*iso93, changed.de).max == changed.max93);
        CHECK(field(*iso93, changed.de).kind == changed.kind);
        CHECK(field(*iso93, changed.de).length == changed.length);
    }
    CHECK(field(*iso93, 90).structure == nullptr);
    CHECK(part(field(*iso93, 56), "4").length == LengthForm::ll);
}

TEST_CASE("dialect: elements with card data are not logged")
{
    for (const std::string& name : built_in_dialect_names()) {
        CAPTURE(name);
        const auto dialect = find_built_in_dialect(name);
        for (const int de : {2, 34, 102, 103}) CHECK(field(*dialect, de).log == LogRule::pan);
        for (const int de : {35, 36, 45, 48, 52, 53, 55, 60, 61, 62, 63, 96, 120, 127})
            CHECK(field(*dialect, de).log == LogRule::never);
        const FieldSpec& chip = field(*dialect, 55);
        CHECK(part(chip, "5A").log == LogRule::pan);
        for (const char* tag :
             {"57", "56", "5F20", "99", "9F1F", "9F20", "9F6B", "9F0B", "9F24", "70", "77"}) {
            CAPTURE(tag);
            CHECK(part(chip, tag).log == LogRule::never);
        }
        for (const char* tag : {"82", "95", "9A", "9F02", "9F26", "9F27", "9F36"}) {
            CAPTURE(tag);
            CHECK(part(chip, tag).log == LogRule::clear);
        }
    }
}

TEST_CASE("dialect: processing code, amounts, chip data and references to others have parts")
{
    for (const std::string& name : built_in_dialect_names()) {
        CAPTURE(name);
        const auto dialect = find_built_in_dialect(name);
        for (int de = 2; de <= 128; ++de) {
            CAPTURE(de);
            const bool has_parts = name.starts_with("iso87") ? is_one_of(de, {3, 54, 55, 90, 95})
                                                             : is_one_of(de, {3, 30, 54, 55, 56});
            CHECK((field(*dialect, de).structure != nullptr) == has_parts);
        }
        CHECK(part(field(*dialect, 3), "2").max == 2);
        // What is cut is text already, whatever the element's coding.
        CHECK(part(field(*dialect, 3), "2").coding == Coding::ascii);
        CHECK(part(field(*dialect, 54), "4").kind == FieldKind::amount);
        CHECK(field(*dialect, 55).structure->form == StructureForm::ber_tlv);
    }
}

// --- language ----------------------------------------------------------------------------------------------

TEST_CASE("dialect: a small file is read")
{
    const auto dialect = read(
        head + "[elements]\n" + row +
        "48 = { name = \"more\", kind = \"text\", max = 99, length = \"ll\", coding = \"ebcdic-500\", "
        "length_coding = \"bcd\", log = \"never\" }\n"
        "35 = { name = \"track\", kind = \"track\", max = 36, length = \"l\", coding = \"bcd\", "
        "length_coding = \"binary\", length_counts = \"nibbles\", length_includes_itself = true, "
        "pad = \"right F\", separator = \"D\", log = \"never\" }\n"
        "43 = { name = \"place\", kind = \"text\", max = 40, length = \"fixed\", fill = \"left space\" }\n");
    CHECK(dialect->name == "mine");
    CHECK(field(*dialect, 3).name == "code");
    CHECK(field(*dialect, 3).kind == FieldKind::numeric);
    CHECK(field(*dialect, 3).length == LengthForm::fixed);
    CHECK(field(*dialect, 3).max == 6);
    CHECK(field(*dialect, 3).log == LogRule::clear);
    CHECK(field(*dialect, 48).coding == Coding::ebcdic_500);
    CHECK(field(*dialect, 48).length_coding == LengthCoding::bcd);
    CHECK(field(*dialect, 48).log == LogRule::never);
    CHECK(field(*dialect, 35).length == LengthForm::l);
    CHECK(field(*dialect, 35).length_coding == LengthCoding::binary);
    CHECK(field(*dialect, 35).length_counts == LengthCounts::nibbles);
    CHECK(field(*dialect, 35).length_includes_itself);
    CHECK(field(*dialect, 35).pad == Pad::right_f);
    CHECK(field(*dialect, 35).separator == 'D');
    CHECK(field(*dialect, 43).fill == Fill::left_spaces);
    CHECK(field(*dialect, 4).kind == FieldKind::none);
}

TEST_CASE("dialect: a file says how its bitmaps are written")
{
    struct Row {
        std::string toml;
        BitmapRule rule;
    };
    const Row rows[] = {
        {"", {}},
        {"bitmaps = \"announced\"\nbit_1 = \"set\"\nbitmaps_max = 2\n", {}},
        {"bitmaps = \"always-two\"\n", {.always_two = true}},
        {"bitmaps = \"always-two\"\nbit_1 = \"clear\"\n", {.always_two = true, .first_bit = FirstBit::clear}},
        {"bitmaps = \"always-two\"\nbit_1 = \"announces\"\n",
         {.always_two = true, .first_bit = FirstBit::announces}},
        {"bitmaps_max = 3\n", {.count_max = 3}},
        {"bitmaps_max = 1\n", {.count_max = 1}},
    };
    for (const Row& rule : rows) {
        CAPTURE(rule.toml);
        CHECK(read(head + rule.toml + "[elements]\n")->bitmap == rule.rule);
    }
    CHECK(read("name = \"x\"\ninherits = \"iso87-ascii\"\nbitmap = \"ebcdic-hex\"\n")->bitmap.form ==
          BitmapForm::ebcdic_hex);
}

TEST_CASE("dialect: the number of bitmaps decides which elements there are")
{
    const std::string any = " = { name = \"x\", kind = \"text\", max = 1, length = \"fixed\" }\n";
    CHECK(field(*read(head + "[elements]\n65" + any), 65).max == 1);
    const auto three = read(head + "bitmaps_max = 3\n[elements]\n129" + any + "192" + any);
    CHECK(field(*three, 129).max == 1);
    CHECK(field(*three, 192).max == 1);
    const auto one = read("name = \"mine\"\ninherits = \"iso87-ascii\"\nbitmaps_max = 1\n");
    CHECK(field(*one, 64).kind == FieldKind::binary);
    CHECK(field(*one, 66).kind == FieldKind::none);
}

TEST_CASE("dialect: what a row does not say it has from the file, then from what it inherits")
{
    const auto dialect =
        read(child + "length_coding = \"bcd\"\npad = \"right F\"\n"
                     "[coding]\nnumeric = \"bcd\"\ntext = \"ebcdic\"\n"
                     "[elements]\n4 = { coding = \"ascii\" }\n44 = { length_coding = \"ascii\" }\n"
                     "49 = { kind = \"numeric\" }\n");
    CHECK(field(*dialect, 3).coding == Coding::bcd);
    CHECK(field(*dialect, 3).pad == Pad::right_f);
    CHECK(field(*dialect, 4).coding == Coding::ascii);
    CHECK(field(*dialect, 43).coding == Coding::ebcdic);
    CHECK(field(*dialect, 43).length_coding == LengthCoding::bcd);
    CHECK(field(*dialect, 44).length_coding == LengthCoding::ascii);
    CHECK(field(*dialect, 49).coding == Coding::bcd);
    CHECK(field(*dialect, 50).coding == Coding::ascii); // alnum: nobody said anything
    CHECK(field(*dialect, 52).coding == Coding::hex);
}

TEST_CASE("dialect: a new row has the defaults of the dialect that its file inherits from")
{
    const auto dialect = read("name = \"mine\"\ninherits = \"iso87-bcd\"\n[elements]\n"
                              "65 = { name = \"x\", kind = \"numeric\", max = 3, length = \"ll\" }\n"
                              "3 = { kind = \"text\", structure = \"none\" }\n");
    CHECK(field(*dialect, 65).coding == Coding::bcd);
    CHECK(field(*dialect, 65).length_coding == LengthCoding::bcd);
    CHECK(field(*dialect, 3).coding == Coding::ascii);
}

TEST_CASE("dialect: a file may say only what differs from another")
{
    const auto dialect = read(child + "mti = \"bcd\"\n[elements]\n"
                                      "60 = false\n49 = { kind = \"numeric\" }\n"
                                      "44 = { max = 99, length_coding = \"bcd\" }\n");
    CHECK(dialect->name == "mine");
    CHECK(dialect->mti == DigitsForm::bcd);
    CHECK(dialect->bitmap.form == BitmapForm::hex);
    CHECK(field(*dialect, 60).kind == FieldKind::none);
    CHECK(field(*dialect, 49).kind == FieldKind::numeric);
    CHECK(field(*dialect, 49).name == "currency code, transaction");
    CHECK(field(*dialect, 44).max == 99);
    CHECK(field(*dialect, 44).length_coding == LengthCoding::bcd);
    CHECK(field(*dialect, 2).log == LogRule::pan);
}

TEST_CASE("dialect: a file may say only the parts that differ")
{
    const auto dialect = read(child + "[elements.3.parts]\n2 = { name = \"source\" }\n"
                                      "[elements.55.parts]\n57 = false\nDF01 = { name = \"ours\" }\n");
    CHECK(part(field(*dialect, 3), "1").name == "transaction type");
    CHECK(part(field(*dialect, 3), "2").name == "source");
    CHECK(part(field(*dialect, 3), "2").kind == FieldKind::numeric);
    CHECK(field(*dialect, 55).structure->find("57") == nullptr);
    CHECK(part(field(*dialect, 55), "9F26").log == LogRule::clear);
    CHECK(part(field(*dialect, 55), "DF01").kind == FieldKind::binary);
    CHECK(part(field(*dialect, 55), "DF01").log == LogRule::never);
    // The parent's own structure is untouched.
    CHECK(part(field(*find_built_in_dialect("iso87-ascii"), 3), "2").name == "account, from");
}

// --- structures --------------------------------------------------------------------------------------------

TEST_CASE("dialect: parts of raw bytes have codings of their own, parts of a text have none")
{
    const std::string element = "name = \"x\"\nmax = 99\nlength = \"ll\"\nstructure = \"bitmap\"\nbits = 24\n"
                                "bitmap = \"hex\"\n";
    const std::string parts =
        "11 = { name = \"a\", kind = \"numeric\", max = 5, length = \"ll\" }\n"
        "2 = { name = \"b\", kind = \"text\", max = 5, length = \"fixed\", log = \"never\" }\n";
    const std::string file = head + "[coding]\nnumeric = \"bcd\"\ntext = \"ebcdic\"\n[elements.62]\n";
    const auto bytes = read("pad = \"right 0\"\n" + file + "kind = \"binary\"\n" + element +
                            "[elements.62.parts]\n" + parts);
    const auto text = read(file + "kind = \"text\"\n" + element + "[elements.62.parts]\n" + parts);
    const Structure& structure = *field(*bytes, 62).structure;
    CHECK(structure.form == StructureForm::bitmap);
    CHECK(structure.bits == 24);
    CHECK(structure.bitmap == BitmapForm::hex);
    REQUIRE(structure.parts.size() == 2);
    CHECK(structure.parts[0].tag == "2"); // in the order of the wire
    CHECK(part(field(*bytes, 62), "11").coding == Coding::bcd);
    CHECK(part(field(*bytes, 62), "11").pad == Pad::right_0);
    CHECK(part(field(*bytes, 62), "2").coding == Coding::ebcdic);
    CHECK(part(field(*bytes, 62), "2").log == LogRule::never);
    CHECK(field(*text, 62).coding == Coding::ebcdic);
    CHECK(part(field(*text, 62), "11").coding == Coding::ascii);
    CHECK(part(field(*text, 62), "2").coding == Coding::ascii);
}

TEST_CASE("dialect: tags with counts of any kind")
{
    const auto dialect =
        read(head + "[elements.48]\nname = \"more\"\nkind = \"text\"\nmax = 999\nlength = \"lll\"\n"
                    "log = \"never\"\nstructure = \"tlv\"\n"
                    "[elements.48.tlv]\ntag = { size = 2 }\nlength = \"ll\"\ncategory_size = 1\n"
                    "[elements.48.parts]\n42 = { name = \"indicator\", log = \"clear\" }\n"
                    "71 = { name = \"results\", kind = \"numeric\", max = 8 }\n"
                    "category = { name = \"category code\" }\n");
    const FieldSpec& whole = field(*dialect, 48);
    CHECK(whole.structure->tag.max == 2);
    CHECK(whole.structure->tag.kind == FieldKind::text);
    CHECK(whole.structure->category_size == 1);
    CHECK(whole.structure->other.length == LengthForm::ll);
    CHECK(whole.structure->other.max == 99);
    CHECK(whole.structure->other.log == LogRule::never);
    CHECK(part(whole, "42").max == 99);
    CHECK(part(whole, "42").length == LengthForm::ll);
    CHECK(part(whole, "42").log == LogRule::clear);
    CHECK(part(whole, "71").log == LogRule::never); // as the whole
    CHECK(part(whole, "71").kind == FieldKind::numeric);
    CHECK(part(whole, "category").max == 1);
    CHECK(part(whole, "category").length == LengthForm::fixed);
}

TEST_CASE("dialect: structures in structures")
{
    const auto dialect =
        read(head + "[elements.55]\nname = \"chip\"\nkind = \"binary\"\nmax = 255\nlength = \"l\"\n"
                    "length_coding = \"binary\"\nstructure = \"tlv\"\n"
                    "[elements.55.tlv]\ntag = { size = 1, coding = \"raw\" }\nlength = \"ll\"\n"
                    "length_coding = \"binary\"\ncoding = \"raw\"\n"
                    "[elements.55.parts.01]\nname = \"card data\"\nstructure = \"ber-tlv\"\n"
                    "[elements.55.parts.01.parts]\n9F02 = { name = \"amount\", kind = \"numeric\" }\n");
    const FieldSpec& set = part(field(*dialect, 55), "01");
    CHECK(set.kind == FieldKind::binary);
    CHECK(set.max == 65535);
    CHECK(set.length_coding == LengthCoding::binary);
    CHECK(part(set, "9F02").coding == Coding::bcd); // as EMV has it
}

// --- files -------------------------------------------------------------------------------------------------

TEST_CASE("dialect: files are found by path, and parents beside the child")
{
    const Folder folder;
    folder.write("parent.toml", head + "[elements]\n" + row);
    const auto file = folder.write("child.toml", "name = \"child\"\ninherits = \"parent.toml\"\n");
    CHECK(load_dialect_file(file)->name == "child");
    CHECK(field(*dialect_named(file.string()), 3).name == "code");
    CHECK(dialect_named("iso87-bcd")->name == "iso87-bcd");
}

TEST_CASE("dialect: a file that is not there, and files that inherit in a circle")
{
    const Folder folder;
    const auto a = folder.write("a.toml", "name = \"a\"\ninherits = \"b.toml\"\n");
    folder.write("b.toml", "name = \"b\"\ninherits = \"a.toml\"\n");
    CHECK_THROWS_WITH_AS((void)dialect_named("nowhere.toml"),
                         "no dialect \"nowhere.toml\"; expected a file or one of iso87-ascii, iso87-bcd, "
                         "iso87-ebcdic, iso93-ascii, iso93-bcd",
                         DialectError);
    CHECK_THROWS_AS((void)load_dialect_file(folder.path / "nowhere.toml"), DialectError);
    CHECK_THROWS_AS((void)load_dialect_file(folder.path), DialectError);
    CHECK_THROWS_AS((void)dialect_named(""), DialectError);
    CHECK_THROWS_AS((void)load_dialect_file(a), DialectError);
}

TEST_CASE("dialect: a file that cannot be a dialect for its size is not read")
{
    const Folder folder;
    const auto file = folder.write("large.toml", "name = \"large\"\n# " + std::string(1 << 20, 'x') + "\n");
    CHECK_THROWS_WITH_AS((void)load_dialect_file(file), (file.string() + ": is larger than 1 MiB").c_str(),
                         DialectError);
}

TEST_CASE("dialect: every file beside the built-in ones is a dialect of its name")
{
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(golden::dialect_folder())) {
        CAPTURE(entry.path().string());
        CHECK(load_dialect_file(entry.path())->name == entry.path().stem().string());
        ++count;
    }
    CHECK(count > 5);
}
