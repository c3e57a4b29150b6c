#pragma once

#include "net/link_config.hpp"
#include "net/link_settings.hpp"

namespace net {

/// Reads the key files of a link, as its profile needs them, into its settings.
/// throws   ProfileError when profile, dialect and keys do not fit, or a key file is missing in the
///          configuration; KeyFileError
void take_keys(LinkSettings& settings, const LinkConfig& link);

} // namespace net
