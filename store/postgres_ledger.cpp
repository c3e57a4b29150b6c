#include "store/postgres_ledger.hpp"

#include "authz/test_build.hpp"
#include "store/audit.hpp"
#include "store/batch_loader.hpp"
#include "store/batch_rows.hpp"

#include <optional>

namespace store {

namespace {

/// Most batches need one attempt. Many would show a defect of ours, or cards that move between accounts all
/// the time.
constexpr int attempts_max = 8;

// Stands for an error of this program, which would happen again, among the database's own SQLSTATEs.
constexpr const char* own_error = "TG000";

// SQLSTATE class 40, "transaction rollback": libpqxx tells these by type and keeps the code to itself.
constexpr const char* rolled_back = "40000";

} // namespace

class PostgresLedger::Impl {
public:
    explicit Impl(LedgerOptions options) : options_(std::move(options)) {}

    void connect()
    {
        const auto lock_timeout =
            options_.current_lock_timeout ? options_.current_lock_timeout->load() : options_.lock_timeout;
        if (session_ && lock_timeout != lock_timeout_) session_->set_lock_timeout(lock_timeout);
        lock_timeout_ = lock_timeout;
        if (session_) return;
        session_.emplace(SessionOptions{options_.url, options_.application_name, lock_timeout,
                                        options_.statement_timeout, options_.idle_in_transaction_timeout});
        try {
            get_to_know();
            TOLLGATE_CRASH_POINT("store_connected");
        } catch (...) {
            session_.reset(); // nothing is done on a session that was not found fit
            throw;
        }
    }

    authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time now, authz::CommitGate& gate)
    {
        try {
            connect();
            LockPlan plan;
            for (int i = 0; i < attempts_max; ++i)
                if (auto end = attempt(batch, now, gate, plan)) return std::move(*end);
            return {authz::BatchEnd::retry, {}, "the accounts of the batch keep changing"};
        } catch (const pqxx::broken_connection& error) {
            session_.reset();
            return {authz::BatchEnd::retry, {}, first_line(error.what())};
        } catch (const UnfitDatabase& error) {
            session_.reset();
            return {authz::BatchEnd::retry, {}, error.what()};
        } catch (const PassingTrouble& error) {
            session_.reset();
            return {authz::BatchEnd::retry, {}, error.what()};
        } catch (const std::bad_alloc&) {
            session_.reset(); // and with it the transaction; ROLLBACK might want memory, too
            return {authz::BatchEnd::retry, {}, "out of memory"};
        } catch (const pqxx::transaction_rollback& error) { // no sql_error: deadlock, serialization failure
            return fail(rolled_back, error.what());
        } catch (const pqxx::sql_error& error) {
            return fail(error.sqlstate(), error.what());
        } catch (const std::exception& error) {
            return fail(own_error, error.what());
        }
    }

private:
    void get_to_know()
    {
        audit(*session_);      // it may be another server than last time
        system_accounts_ = {}; // and so are these
        const pqxx::row types = session_->run(queries::read_row_types)[0];
        row_types_ = {types[0].as<TypeId>(), types[1].as<TypeId>(), types[2].as<TypeId>(),
                      types[3].as<TypeId>(), types[4].as<TypeId>()};
    }

    /// One transaction. Without a result it was rolled back, and the next attempt will get further.
    std::optional<authz::BatchResult> attempt(std::span<const authz::Request> batch, authz::Time now,
                                              authz::CommitGate& gate, LockPlan& plan)
    {
        session_->begin(plan.all_others_wait ? queries::begin_alone : queries::begin_batch);
        TOLLGATE_CRASH_POINT("store_begun");
        const LoadedBatch loaded = lock_and_load(*session_, BatchScope(batch), plan);
        LockPlan better = completed(plan, batch, loaded);
        if (better != plan) {
            plan = std::move(better);
            TOLLGATE_CRASH_POINT("store_plan_incomplete");
            session_->rollback();
            return std::nullopt;
        }

        authz::Books books = loaded.books();
        authz::BatchResult result;
        result.outcomes.reserve(batch.size());
        for (const authz::Request& request : batch) result.outcomes.push_back(books.serve(request, now));
        TOLLGATE_CRASH_POINT("store_decided");

        if (opened_system_accounts(books)) return std::nullopt;
        write(books);
        TOLLGATE_CRASH_POINT("store_written");
        if (!gate.may_commit() && !TOLLGATE_PLANTED("gate-ignored")) {
            session_->rollback();
            return authz::BatchResult{authz::BatchEnd::gate_closed, {}, "the gate is closed"};
        }
        TOLLGATE_CRASH_POINT("store_gate_passed");
        commit(result);
        return result;
    }

    /// True when some were missing: the transaction was rolled back for it, because a row of our own
    /// transaction would keep other nodes waiting for a name that they need, too.
    bool opened_system_accounts(const authz::Books& books)
    {
        bool opened = false;
        for (const SystemAccount& account : system_accounts_of(books)) {
            if (system_accounts_.find(account)) continue;
            if (!opened) session_->rollback();
            opened = true;
            system_accounts_.open(*session_, account);
        }
        return opened;
    }

    void write(const authz::Books& books)
    {
        const auto changed = books.changed_accounts().size();
        const pqxx::result written =
            session_->run_binary(queries::write_batch, parameters_of(books, system_accounts_, row_types_));
        if (written.affected_rows() != changed)
            throw std::logic_error("an account of the batch is gone although it was locked");
    }

    void commit(authz::BatchResult& result)
    {
        const CommitEvidence evidence = session_->commit();
        result.end = end_of_commit(evidence);
        if (result.end == authz::BatchEnd::committed) return;
        result.outcomes.clear();
        session_.reset(); // resolved by running the batch again, in a new session
        TOLLGATE_CRASH_POINT("store_in_doubt");
        try {
            result.why = "COMMIT answered \"" + evidence.command_tag + "\"";
            for (const std::string& warning : evidence.warnings) result.why += "; " + warning;
        } catch (const std::bad_alloc&) {
            result.why.clear(); // in doubt without a reason, but never "rolled back"
        }
    }

    authz::BatchResult fail(const std::string& sqlstate, const char* what)
    {
        if (session_) session_->rollback();
        const authz::BatchEnd end = end_before_commit(sqlstate);
        // What passes may have to do with this very session, for example one to a server that is now a
        // standby.
        if (session_ && (!session_->is_open() || sqlstate == "25006")) session_.reset();
        return {end, {}, first_line(what) + " (" + (sqlstate.empty() ? "no connection" : sqlstate) + ")"};
    }

    LedgerOptions options_;
    std::chrono::milliseconds lock_timeout_{0}; ///< of the session
    std::optional<Session> session_;
    RowTypes row_types_;
    SystemAccounts system_accounts_;
};

PostgresLedger::PostgresLedger(LedgerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
PostgresLedger::~PostgresLedger() = default;

void PostgresLedger::connect()
{
    impl_->connect();
}

authz::BatchResult PostgresLedger::serve(std::span<const authz::Request> batch, authz::Time now,
                                         authz::CommitGate& gate)
{
    return impl_->serve(batch, now, gate);
}

} // namespace store
