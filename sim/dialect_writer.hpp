/// Writes a dialect as a dialect file.
#pragma once

#include "codec/dialect.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// What a dialect written elsewhere says and ours cannot.
struct Loss {
    std::string path; ///< "48": element 48; "127.25.3": its part 25, in it part 3; empty: the whole dialect
    int line = 0;     ///< in the file that was read, from 1; 0 when it is not known
    std::string what;
};

/// "element 48, part 25", or "the dialect" for an empty path.
[[nodiscard]] std::string place_in_dialect(std::string_view path);

/// The text of a dialect file that codec::parse_dialect() reads back as the same dialect. A loss whose row is
/// not in the dialect stands as a comment where the row would be.
[[nodiscard]] std::string dialect_text(const codec::Dialect& dialect, const std::vector<Loss>& losses = {});

/// Somebody else's words for a terminal and a comment: one line, at most 200 bytes, what is no UTF-8 or not
/// to be printed as '?'.
[[nodiscard]] std::string printable(std::string_view text);

} // namespace sim
