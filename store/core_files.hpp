#pragma once

namespace store {

/// From now on this process leaves no core file, and others of its user cannot look into its memory: card
/// numbers and the token key pass through it (DESIGN 7).
void forbid_core_files();

} // namespace store
