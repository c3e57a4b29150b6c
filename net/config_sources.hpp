/// What a configuration is made of, put together as one TOML tree in which each node knows where it was read.
#pragma once

#include "net/config.hpp"
#include "net/strict_toml.hpp"

namespace net {

/// throws   toml::parse_error; complaints hold what was found before, and should be thrown away
[[nodiscard]] toml::table merge_sources(const ConfigSources& sources, Complaints& complaints);

/// The value of a variable, or "".
[[nodiscard]] std::string variable_of(const ConfigSources& sources, std::string_view name);

/// The file's text; null for a place that is none, for example "--set store.workers=4".
[[nodiscard]] const std::string* text_of(const ConfigSources& sources, std::string_view place);

/// "file:line:col", or "--set store.workers" alone where there are no lines.
[[nodiscard]] std::string origin_of(const ConfigSources& sources, const toml::source_region& where);

/// A mistake with its line and a caret below what is meant, without secrets.
[[nodiscard]] std::string excerpt(const ConfigSources& sources, const Complaint& complaint);

} // namespace net
