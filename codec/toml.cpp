#include "codec/toml.hpp"

#include "codec/toml_guard.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace codec {

namespace {

[[noreturn]] void refuse(const char* what, TomlPlace place, std::string_view file_name)
{
    const toml::source_position position{place.line, place.column};
    throw toml::parse_error(
        what, toml::source_region{position, position, std::make_shared<std::string>(file_name)});
}

bool ends_in_assertion(std::string_view text)
{
    try {
        (void)toml::parse(text);
    } catch (const TomlAssertion&) {
        return true;
    } catch (const toml::parse_error&) {
        return false;
    }
    return false;
}

/// The line at which toml++ met what it did not expect: the fewest lines that bring that about. It reads from
/// the front to the back, so that more lines do not help.
std::uint32_t line_of_assertion(std::string_view text)
{
    std::vector<std::size_t> ends; // of lines
    for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) ends.push_back(at);
    ends.push_back(text.size());
    std::size_t good = 0; // lines that do not
    std::size_t bad = ends.size();
    while (bad - good > 1) {
        const std::size_t middle = good + (bad - good) / 2;
        (ends_in_assertion(text.substr(0, ends[middle - 1])) ? bad : good) = middle;
    }
    return static_cast<std::uint32_t>(bad);
}

} // namespace

void toml_assertion_failed()
{
    throw TomlAssertion();
}

toml::table parse_any_toml(std::string_view text, std::string_view file_name)
{
    if (const auto place = find_stray_character(text))
        refuse("a character outside ASCII, or the 201st point of a line; expected them only in quotes and "
               "comments",
               *place, file_name);
    try {
        return toml::parse(text, file_name);
    } catch (const TomlAssertion&) {
        refuse("this is no TOML; expected a key, a value or a closing bracket", {line_of_assertion(text), 1},
               file_name);
    }
}

} // namespace codec
