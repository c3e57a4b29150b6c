/// Input: tollgated's configuration. It is refused with places, or means the same when it is printed and read
/// again.

#include "net/config.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using fuzz::require;

namespace {

constexpr std::string_view file_name = "/fuzz/fe.toml";

net::ConfigResult parsed(const std::string& text)
{
    net::ConfigResult result = net::parse_config({{{std::string(file_name), text}}, {}, {}});
    require(result.config.has_value() == result.errors.empty(), "a configuration or errors, never both");
    for (const std::string& error : result.errors)
        require(fuzz::begins_with_place(error, file_name), "an error tells file, line and column");
    for (const std::string& warning : result.warnings)
        require(fuzz::begins_with_place(warning, file_name), "a warning tells file, line and column");
    return result;
}

void check_printed(const net::ConfigResult& result)
{
    const std::string text = net::print_effective(result);
    if (text.find("***") != std::string::npos) return; // a password was hidden: it means something else
    const net::ConfigResult again = parsed(text);
    require(again.config.has_value(), "what is printed can be read");
    const net::ConfigDifference change = net::difference(*result.config, *again.config);
    require(change.changes.empty() && change.refusals.empty(), "what is printed means the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const net::ConfigResult result = parsed(fuzz::Input(data, size).rest_text());
    if (!result.config) return 0;
    const net::ConfigDifference same = net::difference(*result.config, *result.config);
    require(same.changes.empty() && same.refusals.empty(), "a configuration does not differ from itself");
    check_printed(result);
    return 0;
}
