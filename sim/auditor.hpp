/// The outside checker: judges a run by what was recorded between network and server and by the ledger's
/// tables. It shares no decision code with the server; what a key should have moved, it works out from the
/// answers alone.
#pragma once

#include "sim/auditor_books.hpp"
#include "sim/auditor_wire.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sim {

/// What a run may break.
enum class Breach : std::uint8_t {
    lost,                     ///< an approval was seen, and its effect is not there
    doubled,                  ///< more than one effect, or more than one row, for one message
    effect_without_approval,  ///< something moved, and nobody was told an approval
    contradicting,            ///< approved and declined, without a reversal between
    differing,                ///< two answers of one kind to one message differ in a byte
    unavailable_and_approved, ///< told "unavailable" (91), and at another time an approval
    unavailable_and_declined, ///< told "unavailable" (91), and at another time another decline
    wrong_echo,               ///< an answer that does not give back what was asked
    unasked,                  ///< an answer more than requests, or to nothing
    undetermined,             ///< no answer at all, to the end
    late,                     ///< an approval after the cut-off
    revived,                  ///< an approval of what was reversed before it was asked
    unreversed,               ///< a reversal was acknowledged, and the effect stands
    reversal_lost,            ///< a reversal was acknowledged, and the journal has none
    invented,                 ///< the ledger knows a message that nobody sent
    two_contents,             ///< both contents of one key were carried out, or the wrong one
    wrong_balance,            ///< an account is not opening plus effects
};
inline constexpr std::size_t breach_count = 17;

[[nodiscard]] std::string_view name_of(Breach breach);
[[nodiscard]] std::optional<Breach> breach_named(std::string_view name);

struct Violation {
    Breach breach = Breach::lost;
    KeyName key;
    std::string text; ///< for people
};

struct AuditSettings {
    const codec::Dialect& dialect;
    /// From the first byte of a request, as the recorder sees it, to the last moment of an approval.
    std::chrono::milliseconds cutoff;
    std::unordered_map<std::string, std::int64_t> account_of; ///< by card number
    std::int64_t opening_minor = 0;                           ///< of every account
};

struct Audit {
    static constexpr std::size_t shown_max = 20; ///< violations kept per breach

    std::size_t requests = 0;
    std::size_t answers = 0;
    std::size_t format_errors = 0; ///< further answers, to requests that had been damaged on their way
    std::size_t messages = 0;      ///< different ones: keys, and each content of a key
    std::size_t determinate = 0;   ///< of messages: answered at least once
    std::size_t approved = 0;      ///< of messages
    std::array<std::size_t, breach_count> counts{};
    std::vector<Violation> violations;

    /// tolerated    what may have happened all the same
    [[nodiscard]] bool is_clean(const std::vector<Breach>& tolerated) const;
    void add(Breach breach, const KeyName& key, std::string text);
};

[[nodiscard]] Audit audit(const Recording& recording, const LedgerBooks& books,
                          const AuditSettings& settings);

} // namespace sim
