/// Input: a dialect, then JSON text or hex. It is refused with a reason, or gives bytes that can be read.

#include "codec/decode.hpp"
#include "sim/msg_build.hpp"
#include "sim/msg_input.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const codec::Dialect& dialect = fuzz::chosen_dialect(input);
    const std::string text = input.rest_text();
    try {
        (void)sim::bytes_of({"fuzz", text, false}, sim::InputForm::hex);
    } catch (const sim::InputError& error) {
        require(*error.what() != '\0', "a refusal has a reason");
    }
    try {
        const auto bytes = sim::build_message(dialect, sim::parse_json_object(text, "fuzz.json"));
        require(codec::decode(dialect, bytes).has_value(), "what was built can be read");
    } catch (const sim::InputError& error) {
        require(*error.what() != '\0', "a refusal has a reason");
    }
    return 0;
}
