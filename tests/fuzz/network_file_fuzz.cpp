/// Input: the TOML of a network file. It is refused with its place, or each of its templates makes a message,
/// with what it copies of the original.

#include "codec/dialect.hpp"
#include "codec/dialect_file.hpp"
#include "sim/network_model.hpp"
#include "sim/toml_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>

using fuzz::require;

namespace {

constexpr std::string_view file_name = "fuzz.toml";

const sim::Values values{{"card", "9999990000000018"}, {"expiry", "3512"},    {"amount", "000000000100"},
                         {"currency", "392"},          {"now", "0801031500"}, {"local_time", "031500"},
                         {"local_date", "0801"},       {"stan", "000001"},    {"rrn", "000000000001"},
                         {"terminal", "TERM0001"},     {"reason", "4021"}};

/// An input opens no file: its dialect is a built-in one.
bool opens_a_file(std::string_view toml)
{
    try {
        const sim::Value root = sim::parse_toml(toml, std::string(file_name));
        return std::ranges::any_of(root.members, [](const sim::Member& member) {
            return member.key == "dialect" && member.value.kind == sim::Value::Kind::text &&
                   codec::find_built_in_dialect(member.value.text) == nullptr;
        });
    } catch (const sim::FileError&) {
        return false;
    }
}

codec::Message some_original()
{
    codec::Message original(*codec::Mti::parse("0200"));
    original.set(4, "000000000100");
    original.set(7, "0801031500");
    original.set(11, "000001");
    original.set(41, "TERM0001");
    return original;
}

void check_templates(const sim::NetworkModel& network)
{
    const codec::Message original = some_original();
    for (const std::string& kind : network.kinds()) {
        const sim::MessageTemplate* const made = network.find(kind, "");
        if (made == nullptr) continue; // only "KIND of ORIGINAL" is there
        const codec::Message message = network.build(*made, &original, values);
        require(message.mti() == made->mti, "a message has its template's MTI");
        for (const int de : made->copies) {
            require(de >= 2 && de <= codec::de_max, "what is copied is a data element");
            if (original.has(de) && !made->fields.contains(de))
                require(message.get(de) == original.get(de), "what is copied stays what it is");
        }
        for (const auto& [de, text] : made->fields)
            if (text.find('{') == std::string::npos)
                require(message.get(de) == text, "a text without placeholders stands for itself");
        (void)network.build(*made, nullptr, values);
    }
    for (const std::string& name : network.code_names()) (void)network.code_of(name);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view toml = fuzz::as_text({data, size});
    if (opens_a_file(toml)) return 0;
    try {
        check_templates(*sim::NetworkModel::parse(toml, std::string(file_name)));
    } catch (const sim::FileError& error) {
        require(fuzz::begins_with_place(error.what(), file_name), "an error tells file, line and column");
    }
    return 0;
}
