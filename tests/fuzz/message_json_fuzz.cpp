/// Input: a dialect, then JSON text or hex. It is refused with a reason, or gives bytes that can be read.

#include "codec/decode.hpp"
#include "sim/msg_build.hpp"
#include "sim/msg_input.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>
#include <string_view>

using fuzz::require;

namespace {

/// A refusal has a reason on lines that can be printed, without anything that may be a card number.
void check_refusal(std::string_view text)
{
    require(!text.empty(), "a refusal has a reason");
    std::size_t digits = 0; // of a number, whose zeros in front do not count: no card number begins with one
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        require(c == '\n' || (c >= 0x20 && c < 0x7F), "a refusal can be printed");
        const bool counts = c >= (digits == 0 ? '1' : '0') && c <= '9';
        digits = counts ? digits + 1 : 0;
        require(digits < 13, "a refusal shows no long number");
        if (c == '\\') at += 3; // \xNN: the digits are not those of a number
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const codec::Dialect& dialect = fuzz::chosen_dialect(input);
    const std::string text = input.rest_text();
    try {
        (void)sim::bytes_of({"fuzz", text, false}, sim::InputForm::hex);
    } catch (const sim::InputError& error) {
        check_refusal(error.what());
    }
    try {
        const auto bytes = sim::build_message(dialect, sim::parse_json_object(text, "fuzz.json"));
        require(codec::decode(dialect, bytes).has_value(), "what was built can be read");
    } catch (const sim::InputError& error) {
        check_refusal(error.what());
    }
    return 0;
}
