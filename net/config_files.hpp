#pragma once

#include "net/config.hpp"
#include "net/link.hpp"

namespace net {

/// Opens all that the links name: dialects, profiles, certificates.
/// returns  what cannot be used, a text per link and kind
[[nodiscard]] std::vector<std::string> check_link_files(const Config& config, const Tokenizer& tokenizer);

} // namespace net
