#include "sim/option_values.hpp"

#include "sim/msg_envelope.hpp"
#include "sim/msg_input.hpp"
#include "sim/toml_reader.hpp"

namespace sim {

std::chrono::milliseconds duration_option(const std::string& option, const std::string& text)
{
    constexpr std::int64_t days_max_ms = 30LL * 24 * 3600 * 1000;
    const auto ms = parse_duration_ms(text);
    if (ms && *ms > 0 && *ms <= days_max_ms) return std::chrono::milliseconds(*ms);
    throw std::invalid_argument(option + ": \"" + text +
                                "\" is no time above zero with a unit, for example 5s");
}

WireForm wire_form_named(const std::string& framing, const std::string& header)
{
    check_names({framing, header});
    if (framing == "none") throw InputError("a connection needs a framing: none is for files");
    WireForm form;
    form.framing.rule = codec::find_frame_rule(framing);
    form.header = *codec::find_header(header);
    return form;
}

} // namespace sim
