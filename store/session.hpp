#pragma once

#include "store/failure.hpp"
#include "store/queries.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace store {

struct SessionOptions {
    std::string url; ///< as libpq takes it: postgresql://... or key=value pairs
    std::string application_name = "tollgated";
    std::chrono::milliseconds lock_timeout{2'000};
    std::chrono::milliseconds statement_timeout{10'000};
    std::chrono::milliseconds idle_in_transaction_timeout{10'000};
};

/// One database session with its limits set from the start (RELIABILITY T3, T8, T9), driven statement by
/// statement. It never reconnects by itself: a new session is a new object.
class Session {
public:
    /// throws   pqxx::broken_connection and other std::exception when there is no session to be had
    explicit Session(const SessionOptions& options);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Runs a prepared statement.
    /// parameters   in text form
    pqxx::result run(const queries::Query& query, const std::vector<std::string>& parameters = {});

    /// The same with parameters in PostgreSQL's binary form.
    pqxx::result run_binary(const queries::Query& query, const std::vector<std::string>& parameters);

    /// Changes settings for the rest of the session: text without parameters.
    void set(const queries::Query& settings);
    void set_lock_timeout(std::chrono::milliseconds limit);

    /// how   one of queries::begin_...
    void begin(const queries::Query& how = queries::begin_plain);
    /// Rolls back if the session still can; a broken session has rolled back.
    void rollback() noexcept;
    /// Sends COMMIT. Does not throw: whatever happens is evidence.
    [[nodiscard]] CommitEvidence commit() noexcept;
    [[nodiscard]] bool is_open() const;

private:
    class Notices;

    pqxx::connection connection_;
    std::unique_ptr<Notices> notices_;
    std::unique_ptr<pqxx::nontransaction> work_; ///< libpqxx wants one; BEGIN and COMMIT are ours
};

/// The url with what every connection of ours needs and the url does not say itself: keepalives and time
/// limits.
[[nodiscard]] std::string with_connection_defaults(const std::string& url);

} // namespace store
