/// The issuer's office as the simulator knows it: accounts, cards and what the books say, through
/// tollgatectl.
#pragma once

#include "sim/amount.hpp"
#include "sim/scenario.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace sim {

/// tollgatectl said no, or something that cannot be understood.
struct OfficeError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct CardOrder {
    std::int64_t account = 0;
    std::string pan;
    std::string expiry; ///< YYYY-MM
    std::string status;
};

/// Which transaction is meant: the fields of its request.
struct TransactionName {
    std::string network; ///< as the server's links call it
    std::string mti;
    std::string stan;
    std::string transmitted; ///< DE7
    std::string terminal;
};

struct TransactionSeen {
    std::string state; ///< "approved", "reversed", ...; "unknown" when there is none
    std::int64_t refundable_minor = 0;
    std::int64_t postings = 0;
};

/// An interface, so that the player can be tested without a server.
class Office {
public:
    virtual ~Office() = default;
    /// returns  the account's number
    [[nodiscard]] virtual std::int64_t open_account(const AccountGiven& account) = 0;
    virtual void issue_card(const CardOrder& order) = 0;
    /// In minor units.
    [[nodiscard]] virtual std::int64_t balance_minor(std::int64_t account) = 0;
    [[nodiscard]] virtual TransactionSeen transaction(const TransactionName& name) = 0;
};

/// Thread-safe: every call is a process of its own.
class CtlOffice final : public Office {
public:
    struct Settings {
        std::string program; ///< path of tollgatectl
        std::string database_url;
        std::string token_key_file;
    };

    explicit CtlOffice(Settings settings) : settings_(std::move(settings)) {}

    [[nodiscard]] std::int64_t open_account(const AccountGiven& account) override;
    void issue_card(const CardOrder& order) override;
    [[nodiscard]] std::int64_t balance_minor(std::int64_t account) override;
    [[nodiscard]] TransactionSeen transaction(const TransactionName& name) override;

    /// Brings the database's tables up to date.
    void migrate();

    struct Import {
        std::int64_t first_account = 0;
        std::int64_t accounts = 0;
    };
    /// file     CSV: pan,expiry,currency,balance
    [[nodiscard]] Import import_cards(const std::string& file);

    /// `tollgatectl check`: its exit status and what it printed.
    struct Books {
        int status = 0;
        std::string text;
    };
    [[nodiscard]] Books check_books(const std::vector<std::string>& options = {});

private:
    [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& words) const;

    Settings settings_;
};

} // namespace sim
