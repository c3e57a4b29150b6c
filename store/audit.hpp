#pragma once

#include "store/session.hpp"

#include <string>
#include <vector>

namespace store {

/// As audit_settings() of postgres_ledger.hpp, on a session that stands already.
void audit(Session& session);

/// Settings that lose nothing but harm otherwise: values in the server's log, pages without checksums,
/// sessions without limits of their own. Each one line.
[[nodiscard]] std::vector<std::string> settings_to_change(Session& session);

} // namespace store
