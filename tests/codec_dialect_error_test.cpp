#include "codec/dialect.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codec;

namespace {

std::string error_of(const std::string& toml)
{
    try {
        (void)parse_dialect(toml, "mine.toml");
    } catch (const DialectError& error) {
        return error.what();
    }
    return "no error";
}

struct Row {
    std::string what;
    std::string toml;
    std::string error; ///< the beginning of it
};

void check(std::initializer_list<Row> rows)
{
    for (const Row& bad : rows) {
        CAPTURE(bad.what);
        const std::string error = error_of(bad.toml);
        CAPTURE(error);
        CHECK(error.starts_with(bad.error));
        CHECK(error.find('\n') == std::string::npos); // one mistake, one line
    }
}

const std::string head =
    "name = \"mine\"\nmti = \"ascii\"\nbitmap = \"hex\"\nlength_coding = \"ascii\"\n[elements]\n";

/// Line 6 is `text`.
std::string with(const std::string& text)
{
    return head + text + "\n";
}

/// Line 6 is a row of a text of up to 9 characters and these keys.
std::string row_with(const std::string& keys)
{
    return with("3 = { name = \"x\", kind = \"text\", max = 9, length = \"ll\", " + keys + " }");
}

/// Line 3 changes element 3 of the built-in dialect.
std::string child_with(const std::string& row)
{
    return "name = \"x\"\ninherits = \"iso87-ascii\"\nelements.3 = " + row + "\n";
}

/// Element 62 of raw bytes with a structure: line 7 and what follows is `text`.
std::string structure_with(const std::string& text)
{
    return with("[elements.62]\nname = \"x\"\nkind = \"binary\"\nmax = 99\nlength = \"ll\"\n" + text);
}

} // namespace

TEST_CASE("dialect file: a mistake of the whole file is told with its place and what is expected")
{
    const std::string no_elements =
        "name = \"x\"\nmti = \"bcd\"\nbitmap = \"hex\"\nlength_coding = \"bcd\"\n";
    check({
        {"no TOML", "name = ", "mine.toml:1:8: "},
        {"key twice", with("3 = false\n3 = false"), "mine.toml:7:5: "},
        {"unknown key", "colour = 1\n" + head,
         "mine.toml:1:1: unknown key \"colour\" in the file; expected inherits, name, "},
        {"misspelt key", "bitmap_max = 3\n" + head,
         "mine.toml:1:1: unknown key \"bitmap_max\" in the file; expected "},
        {"no name", "mti = \"ascii\"\nbitmap = \"hex\"\nlength_coding = \"ascii\"\n[elements]\n",
         "mine.toml:1:1: the file needs \"name\""},
        {"no bitmap", "name = \"x\"\nmti = \"ascii\"\nlength_coding = \"ascii\"\n[elements]\n",
         "mine.toml:1:1: the file needs \"bitmap\""},
        {"no elements", no_elements, "mine.toml:1:1: the file needs \"elements\""},
        {"wrong word", "mti = \"acsii\"\nname = \"x\"\ninherits = \"iso87-ascii\"\n",
         "mine.toml:1:7: mti is \"acsii\"; expected one of ascii, ebcdic, bcd; did you mean \"ascii\"?"},
        {"word far from any", "mti = \"latin\"\nname = \"x\"\ninherits = \"iso87-ascii\"\n",
         "mine.toml:1:7: mti is \"latin\"; expected one of ascii, ebcdic, bcd"},
        {"wrong type", "name = 5\ninherits = \"iso87-ascii\"\n",
         "mine.toml:1:8: name is wrong; expected a text"},
        {"word of another type", "mti = 5\nname = \"x\"\ninherits = \"iso87-ascii\"\n",
         "mine.toml:1:7: mti is not a text; expected one of"},
        {"elements no table", no_elements + "elements = 3\n",
         "mine.toml:5:12: elements is wrong; expected a table"},
        {"no parent", "name = \"x\"\ninherits = \"iso99\"\n",
         "mine.toml:2:12: cannot inherit from \"iso99\": no dialect \"iso99\"; expected a file or one of "
         "iso87-ascii"},
        {"bit 1 clear without a second bitmap", "bit_1 = \"clear\"\n" + head,
         "mine.toml:1:9: bit_1 announces the second bitmap; expected bit_1 = \"set\", or bitmaps = "
         "\"always-two\""},
        {"two bitmaps of one", "bitmaps = \"always-two\"\nbitmaps_max = 1\n" + head,
         "mine.toml:2:15: bitmaps_max is 1 and bitmaps is \"always-two\"; expected 2 or 3"},
        {"four bitmaps", "bitmaps_max = 4\n" + head,
         "mine.toml:1:15: bitmaps_max is wrong; expected a number from 1 to 3"},
        {"unknown kind", "coding.number = \"bcd\"\n" + head,
         "mine.toml:1:8: unknown key \"number\" in coding; expected numeric, alpha, alnum, text, track, "
         "nibbles, "
         "binary, amount"},
        {"unknown coding", "coding.numeric = \"bdc\"\n" + head,
         "mine.toml:1:18: numeric is \"bdc\"; expected one of ascii, ebcdic, ebcdic-500, bcd, raw, hex, "
         "ebcdic-hex; "
         "did you mean \"bcd\"?"},
        {"coding of another kind", "coding.text = \"bcd\"\n" + head,
         "mine.toml:1:15: text: coding does not fit kind; expected ascii, ebcdic or ebcdic-500"},
        {"an inherited row that the file's defaults break",
         "name = \"x\"\ninherits = \"iso93-ascii\"\n[elements]\n96 = { length_counts = \"characters\" }\n",
         "mine.toml:4:1: element 96: max does not fit length: its count would be 1998; expected at most 999"},
    });
}

TEST_CASE("dialect file: a mistake of an element is told with its place and what is expected")
{
    check({
        {"unknown row key", row_with("size = 1"),
         "mine.toml:6:58: unknown key \"size\" in element 3; expected name, "},
        {"misspelt row key", row_with("codin = \"ascii\""),
         "mine.toml:6:58: unknown key \"codin\" in element 3; expected name, kind, max, length, coding, pad, "
         "fill, "
         "separator, log, length_coding, length_counts, length_includes_itself, structure; did you "
         "mean "
         "\"coding\"?"},
        {"missing row key", with("3 = { name = \"x\", kind = \"text\", length = \"ll\" }"),
         "mine.toml:6:1: element 3 needs \"max\""},
        {"row no table", with("3 = \"numeric\""), "mine.toml:6:5: element 3 is wrong; expected a row"},
        {"row true", with("3 = true"), "mine.toml:6:5: element 3 is wrong; expected a row"},
        {"element 1", with("1 = false"), "mine.toml:6:1: no element \"1\"; expected 2 to 128"},
        {"element 129", with("129 = false"), "mine.toml:6:1: no element \"129\""},
        {"element 03", with("03 = false"), "mine.toml:6:1: no element \"03\""},
        {"element x", with("pan = false"), "mine.toml:6:1: no element \"pan\""},
        {"element 65 announces", "bitmaps_max = 3\n" + with("65 = false"),
         "mine.toml:7:1: no element \"65\"; expected 2 to 64 or 66 to 192"},
        {"element of a second bitmap", "bitmaps_max = 1\n" + with("66 = false"),
         "mine.toml:7:1: no element \"66\"; expected 2 to 64"},
        {"max 0", with("3 = { name = \"x\", kind = \"text\", max = 0, length = \"ll\" }"),
         "mine.toml:6:40: max is wrong; expected a number from 1 to 65535"},
        {"flag of another type", row_with("length_includes_itself = 1"),
         "mine.toml:6:83: length_includes_itself is wrong; expected true or false"},
        {"rest of nothing", with("3 = { name = \"x\", kind = \"text\", max = 9, length = \"rest\" }"),
         "mine.toml:6:1: element 3: length = \"rest\" is for parts of a structure"},
        {"kind changes and the structure stays", child_with("{ kind = \"text\", max = 5 }"),
         "mine.toml:3:10: element 3: the parts take 6; expected 5, the max of the whole"},
    });
}

TEST_CASE("dialect file: rows that no bytes can follow are refused")
{
    const auto row = [](const std::string& keys) { return with("3 = { name = \"x\", " + keys + " }"); };
    const std::string coding = "mine.toml:6:1: element 3: coding does not fit kind; expected ";
    const std::string count = "mine.toml:6:1: element 3: max does not fit length: its count would be ";
    check({
        {"letters packed", row_with("coding = \"bcd\""), coding + "ascii, ebcdic or ebcdic-500 for alpha"},
        {"digits raw", row("kind = \"numeric\", max = 9, length = \"ll\", coding = \"raw\""),
         coding + "ascii, ebcdic, ebcdic-500 or bcd for numeric"},
        {"bytes as text", row("kind = \"binary\", max = 9, length = \"ll\", coding = \"ebcdic\""),
         coding + "raw, hex or ebcdic-hex for binary"},
        {"above two digits", row("kind = \"text\", max = 100, length = \"ll\""),
         count + "100; expected at most 99"},
        {"above one byte", row("kind = \"text\", max = 256, length = \"l\", length_coding = \"binary\""),
         count + "256; expected at most 255"},
        {"above two hex digits", row("kind = \"text\", max = 256, length = \"ll\", length_coding = \"hex\""),
         count + "256; expected at most 255"},
        {"hex digits are counted", row("kind = \"binary\", max = 50, length = \"ll\", coding = \"hex\""),
         count + "100; expected at most 99"},
        {"nibbles of text", row("kind = \"text\", max = 50, length = \"ll\", length_counts = \"nibbles\""),
         count + "100; expected at most 99"},
        {"the count counts itself",
         row("kind = \"text\", max = 98, length = \"ll\", length_includes_itself = true"),
         count + "100; expected at most 99"},
        {"too large and fixed", row("kind = \"text\", max = 10000, length = \"fixed\""),
         "mine.toml:6:1: element 3: max is too large for a fixed length; expected at most 9999"},
        {"no count to be included",
         row("kind = \"text\", max = 9, length = \"fixed\", length_includes_itself = true"),
         "mine.toml:6:1: element 3: length_includes_itself is for a length with a count"},
        {"value bytes of a text", row_with("length_counts = \"value bytes\""),
         "mine.toml:6:1: element 3: length_counts = \"value bytes\" is for kind = \"binary\""},
        {"separator of a text", row_with("separator = \"D\""),
         "mine.toml:6:1: element 3: separator is for kind = \"track\""},
        {"fill of a counted value", row_with("fill = \"left space\""),
         "mine.toml:6:1: element 3: fill is for a fixed length"},
        {"digits filled with spaces",
         row("kind = \"numeric\", max = 9, length = \"fixed\", fill = \"left space\""),
         "mine.toml:6:1: element 3: fill does not fit kind"},
        {"sign without digits", row("kind = \"amount\", max = 1, length = \"fixed\""),
         "mine.toml:6:1: element 3: an amount is a sign and digits; expected max of at least 2"},
        {"a packed amount counted in nibbles",
         row("kind = \"amount\", max = 9, length = \"ll\", coding = \"bcd\", length_counts = \"nibbles\""),
         "mine.toml:6:1: element 3: an amount in bcd is fixed or counted in characters"},
    });
}

TEST_CASE("dialect file: a mistake of a structure is told with its place and what is expected")
{
    const std::string part = " = { name = \"p\", kind = \"text\", max = 2, length = \"fixed\" }\n";
    const std::string positional = "structure = \"positional\"\n[elements.62.parts]\n";
    const std::string bitmap = "structure = \"bitmap\"\n[elements.62.parts]\n";
    const std::string ber = "structure = \"ber-tlv\"\n[elements.62.parts]\n";
    const std::string tlv = "structure = \"tlv\"\n[elements.62.tlv]\n";
    const std::string tags = tlv + "tag = { size = 2 }\nlength = \"ll\"\n[elements.62.parts]\n";
    check({
        {"unknown form", structure_with("structure = \"ber_tlv\""),
         "mine.toml:11:13: structure is \"ber_tlv\"; expected one of positional, bitmap, ber-tlv, tlv, none; "
         "did you "
         "mean \"ber-tlv\"?"},
        {"parts of nothing", structure_with("[elements.62.parts]\n1" + part),
         "mine.toml:11:1: parts is for a row with structure = \"positional\", \"bitmap\", \"ber-tlv\" or "
         "\"tlv\""},
        {"bits without a bitmap", structure_with("bits = 8\nstructure = \"ber-tlv\""),
         "mine.toml:11:8: bits is for a row with structure = \"bitmap\""},
        {"tlv of another form", structure_with("tlv = { length = \"ll\" }\nstructure = \"ber-tlv\""),
         "mine.toml:11:7: tlv is for a row with structure = \"tlv\""},
        {"no parts", structure_with("structure = \"positional\""),
         "mine.toml:6:11: element 62: the structure has no parts"},
        {"half a byte of bits", structure_with("bits = 12\n" + bitmap + "1" + part),
         "mine.toml:6:11: element 62: bits is wrong; expected a multiple of 8"},
        {"bits out of range", structure_with("bits = 200\n" + bitmap + "1" + part),
         "mine.toml:11:8: bits is wrong; expected a number from 8 to 192"},
        {"part above the bits", structure_with("bits = 16\n" + bitmap + "17" + part),
         "mine.toml:14:1: no part \"17\" in element 62; expected 1 to 16"},
        {"part key missing", structure_with(bitmap + "1 = { name = \"p\", kind = \"text\", max = 2 }"),
         "mine.toml:13:1: part 1 of element 62 needs \"length\""},
        {"part with a wrong word",
         structure_with(positional + "1 = { name = \"p\", kind = \"test\", max = 2 }"),
         "mine.toml:13:26: kind is \"test\"; expected one of numeric, alpha, alnum, text, track, nibbles, "
         "binary, "
         "amount; did you mean \"text\"?"},
        {"part that does not fit",
         structure_with(positional + "1 = { name = \"p\", kind = \"text\", max = 200 }"),
         "mine.toml:6:11: element 62: the parts take 200; expected at most 99, the max of the whole"},
        {"part behind the rest",
         structure_with(positional + "1 = { name = \"p\", kind = \"text\", max = 9, length = \"rest\" }\n2" +
                        part),
         "mine.toml:6:11: element 62: part 1 takes the rest; expected it to be the last part"},
        {"parts of a fixed element too few",
         with("[elements.4]\nname = \"x\"\nkind = \"numeric\"\nmax = 12\nlength = \"fixed\"\nstructure = "
              "\"positional\"\n[elements.4.parts]\n1" +
              part),
         "mine.toml:6:11: element 4: the parts take 2; expected 12, the max of the whole"},
        {"no tag of BER-TLV", structure_with(ber + "9F = { name = \"p\" }"),
         "mine.toml:13:1: no part \"9F\" in element 62; expected a tag of BER-TLV in upper-case hex, like "
         "9F26"},
        {"lower-case tag", structure_with(ber + "9f26 = { name = \"p\" }"),
         "mine.toml:13:1: no part \"9f26\""},
        {"tag that ends early", structure_with(ber + "9F2600 = { name = \"p\" }"),
         "mine.toml:13:1: no part \"9F2600\""},
        {"length of BER-TLV", structure_with(ber + "9F26 = { name = \"p\", length = \"ll\" }"),
         "mine.toml:13:22: unknown key \"length\" in part 9F26 of element 62; expected name, "},
        {"BER-TLV of a text",
         with("[elements.62]\nname = \"x\"\nkind = \"text\"\nmax = 99\nlength = \"ll\"\nstructure = "
              "\"ber-tlv\""),
         "mine.toml:6:11: element 62: ber-tlv is made of bytes; expected kind = \"binary\""},
        {"no tlv table", structure_with("structure = \"tlv\""), "mine.toml:6:11: element 62 needs \"tlv\""},
        {"no tag", structure_with(tlv + "length = \"ll\""),
         "mine.toml:12:1: tlv of element 62 needs \"tag\""},
        {"no length", structure_with(tlv + "tag = { size = 2 }"),
         "mine.toml:12:1: tlv of element 62 needs \"length\""},
        {"no size", structure_with(tlv + "tag = { coding = \"bcd\" }\nlength = \"ll\""),
         "mine.toml:13:7: tag of tlv of element 62 needs \"size\""},
        {"tag in hex", structure_with(tlv + "tag = { size = 1, coding = \"hex\" }\nlength = \"ll\""),
         "mine.toml:13:28: a tag in hex is text; expected coding = \"ascii\" or \"ebcdic\""},
        {"values without a count", structure_with(tlv + "tag = { size = 2 }\nlength = \"rest\""),
         "mine.toml:6:11: element 62: tlv needs parts with a count; expected length = l to llllll"},
        {"tag of another size", structure_with(tags + "421 = { name = \"p\" }"),
         "mine.toml:16:1: no part \"421\" in element 62; expected a tag of 2 characters"},
        {"category without its size", structure_with(tags + "category = { name = \"p\" }"),
         "mine.toml:16:1: no part \"category\" in element 62"},
    });
}

TEST_CASE("dialect file: a structure in a structure tells its path, and has an end")
{
    std::string deep = "name = \"x\"\nmti = \"bcd\"\nbitmap = \"binary\"\nlength_coding = \"bcd\"\n";
    std::string path = "elements.62";
    for (int depth = 0; depth < 5; ++depth) {
        deep += "[" + path + "]\nname = \"x\"\nstructure = \"ber-tlv\"\n";
        if (depth == 0) deep += "kind = \"binary\"\nmax = 9\nlength = \"ll\"\n";
        path += ".parts.E1";
    }
    CHECK(error_of(deep) == "mine.toml:22:13: too deep; expected at most 4 structures in each other");
    CHECK(
        error_of(structure_with("structure = \"ber-tlv\"\n[elements.62.parts.E1]\nname = \"t\"\nstructure = "
                                "\"ber-tlv\"\n[elements.62.parts.E1.parts]\nDF01 = { name = \"\" }")) ==
        "mine.toml:16:17: name is wrong; expected a text that is not empty");
    CHECK(
        error_of(structure_with("structure = \"ber-tlv\"\n[elements.62.parts.E1]\nname = \"t\"\nstructure = "
                                "\"ber-tlv\"\n[elements.62.parts.E1.parts]\nDF01 = { kind = \"text\" }")) ==
        "mine.toml:16:1: part E1.DF01 of element 62 needs \"name\"");
}

TEST_CASE("dialect file: all mistakes are told at once, from the top")
{
    CHECK(error_of(head + "9 = 1\n3 = { name = 4, kind = \"x\", max = 1, length = \"fixed\" }\n[extra]\n") ==
          "mine.toml:6:5: element 9 is wrong; expected a row like { name = ... }, or false\n"
          "mine.toml:7:14: name is wrong; expected a text that is not empty\n"
          "mine.toml:7:24: kind is \"x\"; expected one of numeric, alpha, alnum, text, track, nibbles, "
          "binary, amount\n"
          "mine.toml:8:2: unknown key \"extra\" in the file; expected inherits, name, mti, bitmap, "
          "length_coding, "
          "elements, bitmaps, bit_1, bitmaps_max, pad, coding");
}
