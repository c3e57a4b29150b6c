#pragma once

#include "net/link_config.hpp"
#include "net/link_settings.hpp"

#include <map>
#include <vector>

namespace net {

/// Reads the key files of a link, as its profile needs them, into its settings.
/// throws   ProfileError when profile, dialect and keys do not fit, or a key file is missing or cannot be
///          used
void take_keys(LinkSettings& settings, const LinkConfig& link);

/// Keys that came over a link belong to all its connections, those before a reload and those after it.
class KeyRings {
public:
    /// Gives the settings the keys that the link has now, unless its key files have changed.
    void share(LinkSettings& settings);

private:
    /// By link, the latest last. One of a reload that was refused goes by itself.
    std::map<std::string, std::vector<std::weak_ptr<KeyExchange>>> rings_;
};

} // namespace net
