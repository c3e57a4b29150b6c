/// One conversation with the host, as a file tells it. A file runs unchanged on every network.
///
///     title = "the sale's answer is lost, so the network reverses it"
///     accounts = { wallet = "1000 JPY" }
///     cards = { visa = { account = "wallet" } }
///     steps = [
///       { send = "sale", as = "s", amount = "100 JPY", answer = "lost" },
///       { expect = "silence", to = "s" },
///       { send = "reversal", of = "s", as = "r", reason = "timeout" },
///       { expect = "answer", to = "r", code = "accepted" },
///     ]
///     then = { balances = { wallet = "1000 JPY" }, states = { s = "reversed" } }
#pragma once

#include "sim/amount.hpp"
#include "sim/faults.hpp"
#include "sim/toml_reader.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sim {

/// Connection that a step uses when it names none.
inline constexpr std::string_view first_connection = "one";

struct AccountGiven {
    Amount balance;
    std::map<std::string, std::string>
        limits; ///< option of `tollgatectl account open` -> value: "sale-max" -> "500 JPY"
};

struct CardGiven {
    std::string account;           ///< empty for a card that is not issued
    std::string status = "active"; ///< as tollgatectl knows it
    std::string expiry;            ///< YYYY-MM; empty: in three years
    std::string bin = "400000";
};

/// A rule for one element, of a request (how it is written) or of an answer (what must be there).
struct FieldRule {
    enum class Kind : std::uint8_t {
        literal,   ///< this value
        present,   ///< answer: any value
        absent,    ///< request: left out; answer: must not be there
        echo,      ///< answer: as in the request
        malformed, ///< request: of the right length with a character that may not be there
    };
    int de = 0;
    Kind kind = Kind::literal;
    std::string text;
};

struct Send {
    std::string kind;              ///< of the network's file, or "bytes" or "frame"
    std::string as;                ///< its name in later steps; the kind when nothing is given
    std::string of;                ///< the message it refers to; empty: none
    std::optional<Amount> amount;  ///< the original's when absent
    std::string card;              ///< the only card when absent
    std::vector<std::string> on;   ///< connections; a copy on each
    std::string reason;            ///< a name of the network's [reasons]
    std::vector<FieldRule> fields; ///< replacements
    std::int64_t age_ms = 0;       ///< how long ago the message says that it was made
    std::string bytes;             ///< kind "bytes": as they are; kind "frame": behind a length header
    Fate fate;
};

/// The same message again.
struct Repeat {
    std::string of;
    int times = 1;
    std::vector<std::string> on; ///< taken in turn
    bool marks_repeat = true;    ///< MTI 0201 instead of 0200
    Fate fate;
};

struct Release {
    std::string of;
};

struct Expect {
    enum class What : std::uint8_t { answer, silence, closed };
    enum class Late : std::uint8_t { forbidden, allowed, required };
    What what = What::answer;
    std::string to;
    std::string on;   ///< closed: the connection
    std::string code; ///< name or two characters; empty: any
    std::vector<FieldRule> fields;
    bool is_identical = false; ///< all answers to this message so far are the same bytes
    Late late = Late::forbidden;
};

/// What the books must say, seen through tollgatectl.
struct Check {
    std::map<std::string, Amount> balances;       ///< by account
    std::map<std::string, std::string> states;    ///< by message
    std::map<std::string, Amount> refundable;     ///< by message
    std::map<std::string, std::int64_t> postings; ///< by message: how many its group has
};

struct Restart {
    enum class How : std::uint8_t { terminate, kill };
    How how = How::terminate;
};

using Action = std::variant<Send, Repeat, Release, Expect, Check, Restart>;

struct Step {
    Place place;
    Action action;
};

struct Scenario {
    std::string name; ///< of the file, without folder and ending
    std::string title;
    std::vector<std::string> tags;
    std::vector<std::string> networks; ///< where it makes sense; empty: everywhere
    Milliseconds pos_timeout{400};
    std::map<std::string, AccountGiven> accounts;
    std::map<std::string, CardGiven> cards;
    std::vector<Step> steps; ///< `then` is the last one, a Check

    [[nodiscard]] bool restarts_host() const;
    [[nodiscard]] bool runs_on(const std::string& network) const;
};

/// Reads a scenario and checks what can be known without a network: names, shapes, references.
/// throws   FileError: the first thing that is wrong
[[nodiscard]] Scenario parse_scenario(std::string_view toml, const std::string& file_name);

/// Files, and folders of *.toml in name order.
/// throws   FileError
[[nodiscard]] std::vector<Scenario> load_scenarios(const std::vector<std::string>& files_or_folders);
[[nodiscard]] std::vector<Scenario> built_in_scenarios();

} // namespace sim
