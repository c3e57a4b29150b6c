/// Input: a file of chaos rules. It is refused with file, line and column, or gives rules whose actions can
/// be written and read again, and which show no card number.

#include "sim/chaos_rules.hpp"
#include "sim/toml_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using fuzz::require;

namespace {

void check_rule(const sim::ChaosRule& rule)
{
    require(!fuzz::shows_long_number(rule.text), "a rule shows no card number");
    require(rule.strikes == 0, "a rule begins without strikes");
    const auto again = sim::parse_chaos_rule("mti=0200: " + sim::text_of(rule.treatment), 1);
    require(again.treatment == rule.treatment, "an action that is shown means the same");
}

/// Two lines, and the caret in the second one.
void check_caret(const std::string& line)
{
    try {
        (void)sim::parse_chaos_rule(line, 1);
    } catch (const sim::FilterError& error) {
        require(error.at_character <= line.size(), "an error stands in the rule");
        require(!fuzz::shows_long_number(error.what()), "an error shows no long number");
        const std::string shown = sim::text_with_caret(line, error);
        require(shown.ends_with('^') && shown.size() == line.size() + error.at_character + 2,
                "the caret stands below the character");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::MemoryFile file(fuzz::as_text({data, size}));
    try {
        for (const sim::ChaosRule& rule : sim::read_chaos_rules(file.path(), 1)) check_rule(rule);
    } catch (const sim::FileError& error) {
        require(fuzz::begins_with_place(error.what(), file.path()), "an error tells file, line and column");
        require(!fuzz::shows_long_number(error.what()), "an error shows no long number");
    }
    check_caret(fuzz::Input(data, size).rest_text());
    return 0;
}
