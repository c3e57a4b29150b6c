#pragma once

#include "store/session.hpp"

#include <stdexcept>

namespace store {

/// As audit_settings() of postgres_ledger.hpp, on a session that stands already.
void audit(Session& session);

} // namespace store
