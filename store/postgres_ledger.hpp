#pragma once

#include "authz/ledger.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace store {

struct LedgerOptions {
    std::string url; ///< as libpq takes it: postgresql://... or key=value pairs
    std::string application_name = "tollgated";
    /// Waiting for one lock; then the batch is rolled back and may be run again.
    std::chrono::milliseconds lock_timeout{2'000};
    /// Stands in the place of lock_timeout from the next batch on, and may change at any time; null: there is
    /// none.
    std::shared_ptr<const std::atomic<std::chrono::milliseconds>> current_lock_timeout{};
    std::chrono::milliseconds statement_timeout{10'000};
    /// How long the server keeps our locks when this process is frozen in mid-transaction.
    std::chrono::milliseconds idle_in_transaction_timeout{10'000};
};

/// The books on PostgreSQL: one transaction per batch, which locks and loads, decides in memory and writes
/// (DESIGN 2). One connection; it is made at the first batch and made again when it broke. Blocks: one thread
/// per object, which need not be the one that built it.
class PostgresLedger final : public authz::Ledger {
public:
    explicit PostgresLedger(LedgerOptions options);
    ~PostgresLedger() override;
    PostgresLedger(const PostgresLedger&) = delete;
    PostgresLedger& operator=(const PostgresLedger&) = delete;

    /// Connects now, so that the first batch need not wait for it.
    /// throws   what libpqxx throws, UnfitDatabase
    void connect();
    [[nodiscard]] authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time now,
                                           authz::CommitGate& gate) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// The database cannot be used as it is set up; what() is one line that says what to change.
struct UnfitDatabase : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Checked before a server starts: the settings that make a COMMIT durable, and the schema's version.
/// returns  what an operator should change although the server starts: each one line
/// throws   UnfitDatabase; std::runtime_error with one line when the database cannot be reached
std::vector<std::string> audit_settings(const std::string& url);
/// The schema's version alone.
/// throws   UnfitDatabase; the exceptions of libpqxx when the database cannot be reached
void audit_schema_of(const std::string& url);

} // namespace store
