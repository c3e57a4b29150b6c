#pragma once

#include "authz/request.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace net {

/// What a key is made of. DE7 stands in it twice: inferred to a second in front, as sent in the digest.
struct KeyParts {
    std::string_view network;
    std::string_view mti_kind; ///< class and function digit
    std::string_view stan;
    std::string_view transmitted; ///< DE7, MMDDhhmmss
    std::string_view terminal;    ///< DE41 without padding
};

/// The key of DESIGN 4: transmission second (4 bytes, big-endian), then the first 12 bytes of SHA-256 over
/// the parts, each behind its length.
[[nodiscard]] authz::Key key_of(const KeyParts& parts, std::chrono::sys_seconds transmitted_at);

/// As `tollgatectl tx show` takes them, with spaces between.
[[nodiscard]] std::string text_of(const std::vector<authz::Key>& keys);

/// What must be equal for a repeat to be a repeat (DOMAIN 3.4). Reads operation, card, amount, processing
/// code, merchant and original of the request, the extent of a reversal and what an advice tells.
[[nodiscard]] authz::ContentDigest content_of(const authz::Request& request);

/// The key of a fault reversal: made of its fields' key and its content. Nothing ever names a reversal, so
/// its key only has to find its own repeats; and another reversal under the same STAN is another order, to be
/// carried out, not a conflict to be refused.
[[nodiscard]] authz::Key order_key_of(const authz::Key& fields_key, const authz::ContentDigest& content);

/// The order to undo one delivery whose approval never left. The same for the same delivery, so that it may
/// be run until it is known to be committed.
[[nodiscard]] authz::Request own_undo_of(const authz::Request& target);

} // namespace net
