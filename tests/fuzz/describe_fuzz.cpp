/// Input: a dialect, then a message. What describe() says does not depend on what must not be shown: with all
/// hidden characters changed the text is the same.

#include "codec/decode.hpp"
#include "codec/describe.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/hidden.hpp"

#include <algorithm>

using codec::Message;
using fuzz::require;

namespace {

bool is_printable(char c)
{
    return c >= 0x20 && c < 0x7F;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const codec::Dialect& dialect = fuzz::chosen_dialect(input);
    const fuzz::Bytes wire = input.rest();
    const Message message = codec::decode_readable_part(dialect, wire);
    const std::string text = codec::describe(dialect, message);
    const std::string line = codec::describe_line(dialect, message);
    require(std::all_of(text.begin(), text.end(), [](char c) { return is_printable(c) || c == '\n'; }),
            "the text can be printed");
    require(std::all_of(line.begin(), line.end(), is_printable), "the line can be printed and is one");

    const Message same = fuzz::with_values_of(dialect, message);
    const Message changed = fuzz::with_hidden_changed(dialect, message);
    require(codec::describe(dialect, changed) == codec::describe(dialect, same),
            "the text shows nothing hidden");
    require(codec::describe_line(dialect, changed) == codec::describe_line(dialect, same),
            "the line shows nothing hidden");
    return 0;
}
