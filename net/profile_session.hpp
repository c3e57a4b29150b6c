#pragma once

#include "net/management_profile.hpp"
#include "net/strict_toml.hpp"

namespace net {

/// Reads [management], [mac] and [key_exchange] of a profile; all of them may be left out.
[[nodiscard]] SessionProfile read_session(StrictTable& profile, Complaints& complaints);

} // namespace net
