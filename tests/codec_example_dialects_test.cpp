/// Golden messages of built-in and example dialects, with the parts of their elements, and the examples of
/// the documentation.
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/structure.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

using namespace codec;

namespace {

const char* const dialect_names[] = {"iso87-ebcdic", "iso93-ascii",    "iso93-bcd",
                                     "visa-basei",   "mastercard-dms", "postilion"};

/// The value of the part at a path like "127.25.2".
std::string part_at(const Dialect& dialect, const Message& message, const std::string& path)
{
    std::size_t dot = path.find('.');
    const int de = std::stoi(path.substr(0, dot));
    const FieldSpec* spec = &dialect.fields[static_cast<std::size_t>(de)];
    std::string value(message.get(de));
    while (dot != std::string::npos) {
        const std::size_t next = path.find('.', dot + 1);
        const std::string tag = path.substr(dot + 1, next == std::string::npos ? next : next - dot - 1);
        REQUIRE(spec != nullptr);
        REQUIRE(spec->structure != nullptr);
        const auto parts = read_parts(*spec->structure, value);
        REQUIRE_MESSAGE(parts.has_value(), text_of(parts.error()));
        CHECK(write_parts(*spec->structure, *parts).value() == value);
        const auto part =
            std::find_if(parts->begin(), parts->end(), [&](const Part& p) { return p.tag == tag; });
        REQUIRE(part != parts->end());
        spec = part->spec;
        value = part->value;
        dot = next;
    }
    return value;
}

/// The indented blocks of the documentation's section about dialect files.
std::vector<std::string> documented_dialects()
{
    std::ifstream stream(golden::source_folder() / "docs/wire_format.md");
    std::vector<std::string> blocks;
    bool is_section = false;
    bool is_block = false;
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("## ")) is_section = line == "## Dialect files";
        const bool is_indented = line.starts_with("    ") || (is_block && line.empty());
        if (is_section && is_indented && !is_block) blocks.emplace_back();
        is_block = is_section && is_indented;
        if (is_block) blocks.back() += line + "\n";
    }
    return blocks;
}

} // namespace

TEST_CASE("example dialects: the examples of the documentation can be read")
{
    const auto blocks = documented_dialects();
    CHECK(blocks.size() == 5);
    for (const std::string& block : blocks) {
        CAPTURE(block);
        const bool is_whole = block.find("name = \"my-network\"") != std::string::npos;
        const std::string head = is_whole ? "" : "name = \"x\"\ninherits = \"iso87-ascii\"\n";
        CHECK_NOTHROW((void)parse_dialect(head + block, "docs.toml"));
    }
}

TEST_CASE("example dialects: golden messages decode to their values and encode to their bytes")
{
    for (const char* const name : dialect_names) {
        CAPTURE(name);
        const auto dialect = golden::golden_dialect(name);
        for (const golden::GoldenMessage& golden : golden::golden_messages(name)) {
            CAPTURE(golden.id);
            const auto message = decode(*dialect, golden.bytes);
            REQUIRE_MESSAGE(message.has_value(), text_of(message.error()));
            CHECK(message->mti().text() == golden.mti);
            Message again(message->mti());
            std::vector<int> elements;
            for (const auto& [de, value] : golden.elements) {
                CAPTURE(de);
                CHECK(message->get(de) == value);
                again.set(de, value);
                elements.push_back(de);
            }
            CHECK(message->elements() == elements);
            std::vector<std::uint8_t> out;
            REQUIRE(encode(*dialect, again, out).has_value());
            CHECK(out == golden.bytes);
        }
    }
}

TEST_CASE("example dialects: elements are cut into their parts and put together again")
{
    for (const char* const name : dialect_names) {
        CAPTURE(name);
        const auto dialect = golden::golden_dialect(name);
        for (const golden::GoldenMessage& golden : golden::golden_messages(name)) {
            const auto message = decode(*dialect, golden.bytes);
            REQUIRE(message.has_value());
            CHECK(golden.parts.size() >= 5);
            for (const auto& [path, value] : golden.parts) {
                CAPTURE(path);
                CHECK(part_at(*dialect, *message, path) == value);
            }
        }
    }
}
