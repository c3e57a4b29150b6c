#pragma once

#include "authz/reason.hpp"
#include "authz/request.hpp"
#include "codec/message.hpp"
#include "codec/mti.hpp"
#include "net/management_profile.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace net {

/// How a message names the one that it refunds, cancels or reverses.
enum class OriginalRule : std::uint8_t {
    none,
    de90,          ///< in DE90, which must be there
    de90_optional, ///< in DE90, or it names nothing
    own,           ///< it is the original itself with another MTI: same STAN, DE7 and terminal
    de90_or_own,
};

/// What is compared of an MTI: version, class and function. The origin digit tells of repeats, not of kinds.
[[nodiscard]] bool is_same_kind(codec::Mti a, codec::Mti b);

/// One row: messages that look like this are this operation.
struct ProfileRow {
    codec::Mti mti;
    std::vector<std::string> processing; ///< first two digits of DE3; empty: any
    bool needs_fault_reason = false;     ///< only with a reason in DE39, DE56 or DE25 (row C22)
    std::optional<bool> has_original;    ///< only with DE90, or only without
    authz::Operation operation = authz::Operation::sale;
    OriginalRule original = OriginalRule::none;
    std::optional<codec::Mti> original_mti; ///< for own, and when DE90 gives no MTI
    std::vector<int> required; ///< elements that must be there; 2 may be given by the track in 35

    friend bool operator==(const ProfileRow&, const ProfileRow&) = default;
};

/// DE39 of what is answered at the edge, without a decision.
struct EdgeCodes {
    std::string format_error = "30";
    std::string pin_not_served = "12";
    std::string management_unknown = "12";
    std::string key_refused = "63"; ///< a new key that cannot be read, or has a wrong check value
};

/// How a terminal says that it can go on with less than it asked for, and what it is answered (rows A3, C2).
struct PartialApproval {
    int de = 0;
    std::size_t at = 1; ///< character of the element where `value` begins, from 1
    std::string value;  ///< these characters there say yes
    std::string
        asked_amount_type; ///< DE54 of the answer tells what was asked for, under this; empty: nothing

    [[nodiscard]] bool is_in(const codec::Message& request) const;
};

/// What the messages of a network mean: an ordered list of rows, the first that fits wins, and what fits none
/// is not served. Data, not code, because real networks contradict each other (DOMAIN 2.1).
struct Profile {
    std::string name;
    std::optional<authz::Currency> currency; ///< of messages without DE49
    std::vector<ProfileRow> rows;
    /// How the first amount of DE95 is meant; without it a reversal of a part is not served.
    std::optional<authz::PartialReversal::Mode> partial;
    std::optional<PartialApproval> partial_approval; ///< without it no terminal says so
    authz::AnswerCodes answer_codes;
    EdgeCodes edge_codes;
    SessionProfile session;
};

/// A profile file that cannot be used; what() has a line per mistake, "file:line:col: what is wrong".
struct ProfileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// throws   ProfileError
[[nodiscard]] std::shared_ptr<const Profile> parse_profile(std::string_view toml, std::string_view file_name);

/// "iso-single-message", "japanese-house", or a file's path.
/// throws   ProfileError, naming the built-in profiles when neither fits
[[nodiscard]] std::shared_ptr<const Profile> profile_named(std::string_view name_or_path);

} // namespace net
