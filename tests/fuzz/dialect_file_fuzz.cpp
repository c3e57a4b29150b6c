/// Input: the text of a dialect file. It is refused with a place, or gives a dialect that can read and write.

#include "codec/decode.hpp"
#include "codec/describe.hpp"
#include "codec/dialect_file.hpp"
#include "codec/encode.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using codec::Dialect;
using codec::DialectError;
using fuzz::require;

namespace {

constexpr std::string_view file_name = "fuzz.toml";

/// Only built-in dialects: an input opens no file.
std::shared_ptr<const Dialect> find_parent(std::string_view name)
{
    if (name == "iso87-ascii") return fuzz::dialects()[0];
    if (name == "iso87-bcd") return fuzz::dialects()[1];
    throw DialectError("no dialect of this name");
}

bool begins_with_place(std::string_view line)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!line.starts_with(file_name)) return false;
    line.remove_prefix(file_name.size());
    for (int i = 0; i < 2; ++i) { // :line:column
        if (line.size() < 2 || line[0] != ':' || !is_digit(line[1])) return false;
        line.remove_prefix(1);
        while (!line.empty() && is_digit(line[0])) line.remove_prefix(1);
    }
    return line.starts_with(": ") && line.size() > 2;
}

/// A value that every row of this kind and size takes.
std::string some_value(const codec::FieldSpec& spec)
{
    // Of an odd number of packed digits a count of bytes does not tell whether a zero in front is one of
    // them.
    const std::size_t size = spec.length == codec::LengthForm::fixed ? spec.max : spec.max / 4 * 2;
    std::string value(size, '1');
    if (spec.kind == codec::FieldKind::amount && size > 0) value[0] = 'C';
    return value;
}

/// Every row that the reader lets through can be written and read.
void check_rows(const Dialect& dialect)
{
    for (int de = 2; de <= codec::de_max; ++de) {
        const codec::FieldSpec& spec = dialect.fields[static_cast<std::size_t>(de)];
        if (spec.kind == codec::FieldKind::none) continue;
        require(codec::what_is_wrong(spec).empty(), "a row that was read is well formed");
        codec::Message message;
        message.set(de, some_value(spec));
        const auto wire = fuzz::encoded(dialect, message);
        const auto again = codec::decode(dialect, wire);
        require(again.has_value() && *again == message, "a value comes back");
        (void)codec::describe(dialect, *again);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        Dialect dialect =
            codec::read_dialect_file({reinterpret_cast<const char*>(data), size}, file_name, find_parent);
        codec::compile(dialect);
        check_rows(dialect);
    } catch (const DialectError& error) {
        require(begins_with_place(error.what()), "an error tells file, line and column");
    }
    return 0;
}
