/// Published messages, elements and TLV lists, read by dialect files and written from their values.
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/field.hpp"
#include "codec/hex.hpp"
#include "codec/structure.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>

using namespace codec;
using vectors::Value;
using vectors::Vector;
using vectors::vectors_of_type;

namespace {

using Bytes = std::vector<std::uint8_t>;

const FieldSpec& row_of(const Dialect& dialect, int de)
{
    return dialect.fields[static_cast<std::size_t>(de)];
}

/// As the vectors write it: binary in hex digits.
std::string shown(const FieldSpec* spec, std::string_view value)
{
    return spec == nullptr || spec->kind == FieldKind::binary ? hex_of(value) : std::string(value);
}

std::string meant(const FieldSpec* spec, const std::string& text)
{
    if (spec != nullptr && spec->kind != FieldKind::binary) return text;
    const auto bytes = bytes_of_hex(text);
    REQUIRE(bytes.has_value());
    return *bytes;
}

std::string text_of(const Bytes& bytes)
{
    return {bytes.begin(), bytes.end()};
}

// --- values against what is expected

void check_parts(const std::vector<Part>& parts, const Value& expected);

void check_value(const FieldSpec* spec, std::string_view value, const Value& expected)
{
    if (!expected.has_parts()) {
        CHECK(shown(spec, value) == expected.text);
        return;
    }
    REQUIRE(spec != nullptr);
    REQUIRE(spec->structure != nullptr);
    const auto parts = read_parts(*spec->structure, value);
    REQUIRE_MESSAGE(parts.has_value(), codec::text_of(parts.error()));
    check_parts(*parts, expected);
}

void check_parts(const std::vector<Part>& parts, const Value& expected)
{
    REQUIRE(parts.size() == expected.parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        CAPTURE(parts[i].tag);
        CHECK(parts[i].tag == expected.parts[i].first);
        check_value(parts[i].spec, parts[i].value, expected.parts[i].second);
    }
}

void check_message(const Dialect& dialect, const Message& message, const Value& expected)
{
    std::vector<int> elements;
    for (const auto& [number, value] : expected.parts) {
        CAPTURE(number);
        if (number == "0") {
            CHECK(message.mti().text() == value.text);
            continue;
        }
        elements.push_back(std::stoi(number));
        check_value(&row_of(dialect, elements.back()), message.get(elements.back()), value);
    }
    CHECK(message.elements() == elements);
}

// --- values to bytes

std::string written(const FieldSpec* spec, const Value& value);

std::vector<Part> parts_of(const Structure& structure, const Value& value)
{
    std::vector<Part> parts;
    for (const auto& [tag, below] : value.parts) {
        Part part;
        part.tag = tag;
        const Structure::PartSpec* const row = structure.find(tag);
        if (row != nullptr) part.spec = &row->spec;
        part.value = written(part.spec, below);
        parts.push_back(std::move(part));
    }
    return parts;
}

/// The value as Message::get() would give it.
std::string written(const FieldSpec* spec, const Value& value)
{
    if (!value.has_parts()) return meant(spec, value.text);
    REQUIRE(spec != nullptr);
    REQUIRE(spec->structure != nullptr);
    const auto whole = write_parts(*spec->structure, parts_of(*spec->structure, value));
    REQUIRE_MESSAGE(whole.has_value(), codec::text_of(whole.error()));
    return *whole;
}

Message message_of(const Dialect& dialect, const Value& values)
{
    Message message;
    for (const auto& [number, value] : values.parts) {
        CAPTURE(number);
        const int de = std::stoi(number);
        if (de == 0)
            message.set_mti(Mti::parse(value.text).value());
        else
            message.set(de, written(&row_of(dialect, de), value));
    }
    return message;
}

Bytes encoded(const Dialect& dialect, const Message& message)
{
    Bytes out;
    const auto done = encode(dialect, message, out);
    REQUIRE_MESSAGE(done.has_value(), codec::text_of(done.error()));
    return out;
}

/// The same values, without the bytes they were read from.
Message values_only(const Message& message)
{
    Message copy(message.mti());
    for (int de = message.next_after(0); de != 0; de = message.next_after(de)) copy.set(de, message.get(de));
    return copy;
}

// --- damaged bytes

/// Any bytes are an error with a place, or a message whose values are those bytes' meaning.
void check_any_message(const Dialect& dialect, const Bytes& bytes)
{
    const auto message = decode(dialect, bytes);
    if (!message) {
        CHECK(message.error().offset <= bytes.size());
        return;
    }
    const Bytes again = encoded(dialect, values_only(*message));
    const auto copy = decode(dialect, again);
    REQUIRE_MESSAGE(copy.has_value(), codec::text_of(copy.error()));
    CHECK(*copy == *message);
    for (int de = message->next_after(0); de != 0; de = message->next_after(de)) {
        const FieldSpec& row = row_of(dialect, de);
        if (row.structure == nullptr) continue;
        CAPTURE(de);
        const auto parts = read_parts(*row.structure, message->get(de));
        if (!parts)
            CHECK(parts.error().offset <= message->get(de).size());
        else
            CHECK(write_parts(*row.structure, *parts).value() == message->get(de));
    }
}

void check_any_field(const FieldSpec& row, const Bytes& bytes)
{
    const auto field = read_field(row, bytes);
    if (!field) {
        CHECK(field.error().offset <= bytes.size());
        return;
    }
    if (row.structure == nullptr) return;
    if (const auto parts = read_parts(*row.structure, field->value); !parts)
        CHECK(parts.error().offset <= field->value.size());
}

/// Calls `check` with each byte left out and each bit flipped.
template <class Check> void damage(const Bytes& bytes, Check check)
{
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        CAPTURE(at);
        Bytes cut = bytes;
        cut.erase(cut.begin() + static_cast<std::ptrdiff_t>(at));
        check(cut);
        for (unsigned bit = 0; bit < 8; ++bit) {
            CAPTURE(bit);
            Bytes flipped = bytes;
            flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ 1U << bit);
            check(flipped);
        }
    }
}

} // namespace

TEST_CASE("vectors: every published message decodes to its values, and its values encode to its bytes")
{
    const auto messages = vectors_of_type("message");
    for (const Vector& vector : messages) {
        CAPTURE(vector.id);
        const auto dialect = golden::golden_dialect(vector.dialect);
        const auto message = decode(*dialect, vector.bytes);
        REQUIRE_MESSAGE(message.has_value(), codec::text_of(message.error()));
        check_message(*dialect, *message, vector.values);
        CHECK(encoded(*dialect, *message) == vector.bytes);
        CHECK(encoded(*dialect, message_of(*dialect, vector.values)) == vector.bytes);
    }
    MESSAGE(messages.size() << " messages");
    CHECK(messages.size() == 26);
}

TEST_CASE("vectors: every published element decodes to its value, and its value encodes to its bytes")
{
    const auto fields = vectors_of_type("field");
    for (const Vector& vector : fields) {
        CAPTURE(vector.id);
        const auto dialect = golden::golden_dialect(vector.dialect);
        const FieldSpec& row = row_of(*dialect, vector.element);
        const auto field = read_field(row, vector.bytes);
        REQUIRE(field.has_value());
        CHECK(field->extent.prefix + field->extent.size == vector.bytes.size());
        check_value(&row, field->value, vector.values);
        Bytes out(vector.bytes.size() + 1);
        const auto size = write_field(row, written(&row, vector.values), out);
        REQUIRE(size.has_value());
        out.resize(*size);
        CHECK(out == vector.bytes);
    }
    MESSAGE(fields.size() << " elements");
    CHECK(fields.size() == 4);
}

TEST_CASE("vectors: every published TLV list is cut into its tags, and put together to its bytes")
{
    const auto lists = vectors_of_type("bertlv");
    for (const Vector& vector : lists) {
        CAPTURE(vector.id);
        const auto dialect = golden::golden_dialect(vector.dialect);
        const FieldSpec& row = row_of(*dialect, vector.element);
        check_value(&row, text_of(vector.bytes), vector.values);
        CHECK(written(&row, vector.values) == text_of(vector.bytes));
    }
    MESSAGE(lists.size() << " TLV lists");
    CHECK(lists.size() == 2);
}

TEST_CASE("vectors: what must be refused is refused, with its place")
{
    const auto messages = vectors_of_type("negative_message");
    for (const Vector& vector : messages) {
        CAPTURE(vector.id);
        const auto message = decode(*golden::golden_dialect(vector.dialect), vector.bytes);
        REQUIRE(!message.has_value());
        CHECK(message.error().offset <= vector.bytes.size());
        CHECK(message.error().de >= 2);
    }
    MESSAGE(messages.size() << " messages to be refused");
    CHECK(messages.size() == 3);
}

TEST_CASE("vectors: every strict prefix is an error")
{
    for (const Vector& vector : vectors_of_type("message")) {
        CAPTURE(vector.id);
        const auto dialect = golden::golden_dialect(vector.dialect);
        for (std::size_t size = 0; size < vector.bytes.size(); ++size) {
            CAPTURE(size);
            const auto message = decode(*dialect, std::span(vector.bytes).first(size));
            REQUIRE(!message.has_value());
            CHECK(message.error().offset <= size);
        }
    }
    for (const Vector& vector : vectors_of_type("field")) {
        CAPTURE(vector.id);
        const auto dialect = golden::golden_dialect(vector.dialect);
        for (std::size_t size = 0; size < vector.bytes.size(); ++size) {
            CAPTURE(size);
            CHECK(!read_field(row_of(*dialect, vector.element), std::span(vector.bytes).first(size))
                       .has_value());
        }
    }
}

TEST_CASE("vectors: a byte cut or a bit flipped is an error with its place, or another message")
{
    for (const char* const type : {"message", "negative_message"}) {
        for (const Vector& vector : vectors_of_type(type)) {
            CAPTURE(vector.id);
            const auto dialect = golden::golden_dialect(vector.dialect);
            damage(vector.bytes, [&](const Bytes& bytes) { check_any_message(*dialect, bytes); });
        }
    }
    for (const Vector& vector : vectors_of_type("field")) {
        CAPTURE(vector.id);
        const auto dialect = golden::golden_dialect(vector.dialect);
        const FieldSpec& row = row_of(*dialect, vector.element);
        damage(vector.bytes, [&](const Bytes& bytes) { check_any_field(row, bytes); });
    }
    for (const Vector& vector : vectors_of_type("bertlv")) {
        CAPTURE(vector.id);
        const auto dialect = golden::golden_dialect(vector.dialect);
        const Structure& structure = *row_of(*dialect, vector.element).structure;
        damage(vector.bytes, [&](const Bytes& bytes) {
            const auto parts = read_parts(structure, text_of(bytes));
            if (parts)
                CHECK(write_parts(structure, *parts).value() == text_of(bytes));
            else
                CHECK(parts.error().offset <= bytes.size());
        });
    }
}
