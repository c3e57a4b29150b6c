#pragma once

#include <optional>
#include <stdexcept>
#include <string>

/// The commands of `tollgatectl`. Each prints its result on standard output, a table or one JSON object, and
/// returns the exit code.
/// throws   UsageError, UnfitDatabase, TokenKeyError, MigrationError, pqxx exceptions
namespace store::ctl {

enum class Output { text, json };

struct Context {
    std::string database; ///< url
    Output output = Output::text;
};

inline constexpr int exit_done = 0;
inline constexpr int exit_differs = 1; ///< ran, but something differs or is not there
inline constexpr int exit_usage = 2;
inline constexpr int exit_unreachable = 3;
inline constexpr int exit_broken = 6; ///< an invariant of the books does not hold
inline constexpr int exit_internal = 70;

/// What was asked cannot be done as it was asked; what() is one line.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A running tollgated does not answer; what() is one line.
struct Unreachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What was asked for is not there, or is there already; what() is one line.
struct Differs : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class MigrateMode { apply, status };
int migrate(const Context& context, MigrateMode mode);

/// Amounts as text, "12.50 EUR".
struct AccountTerms {
    std::string currency;
    std::optional<std::string> balance;
    std::optional<std::string> credit_limit;
    std::optional<std::string> sale_max;
    std::optional<std::string> day_amount_max;
    std::optional<std::int64_t> day_count_max;
};
int account_open(const Context& context, const AccountTerms& terms);
int account_show(const Context& context, std::int64_t id);

struct CardOrder {
    std::int64_t account = 0;
    std::string expiry; ///< YYYY-MM
    std::string status;
    std::string token_key_file;
};
/// The card number is one line on standard input.
int card_issue(const Context& context, const CardOrder& order);

struct ImportOrder {
    std::string file; ///< CSV: pan,expiry,currency,balance[,status]
    std::string token_key_file;
};
/// An account and a card a row; all rows or none.
int card_import(const Context& context, const ImportOrder& order);

/// A transaction by its key, or by the fields that the key is made of.
struct TransactionName {
    std::string key; ///< 32 hexadecimal digits, or empty
    std::string network;
    std::string mti;
    std::string stan;
    std::string terminal;
    std::string transmitted; ///< MMDDhhmmss, or empty
};
int tx_show(const Context& context, const TransactionName& name);
/// Accounts, journal and postings of one moment, a JSON object a line: for checkers outside.
int tx_export(const Context& context);

int check(const Context& context);

/// What a running tollgated records; no database is needed.
struct RecordOrder {
    std::string verb;   ///< start, stop, list
    std::string socket; ///< node.control_socket of the server
    std::string link;
    std::optional<std::int64_t> seconds; ///< of a start: it ends by itself then
};
/// exit_differs: the server says why not.
int record(Output output, const RecordOrder& order);

/// What repair has to do, and what it did. exit_differs: something is overdue.
enum class RepairListing { open, all };
int repair_list(const Context& context, RepairListing listing);
int repair_show(const Context& context, std::int64_t id);
/// A person closes an item that no message will; not an own undo.
int repair_close(const Context& context, std::int64_t id, const std::string& note);
/// One round now; `only` is a kind or empty. exit_differs: something was put off.
int repair_run(const Context& context, const std::string& only);

/// "2028-12" as 202812.
/// throws   UsageError
[[nodiscard]] int expiry_of(const std::string& text);

} // namespace store::ctl
