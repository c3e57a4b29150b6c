#include "store/session.hpp"

#include "authz/test_build.hpp"
#include "store/command_tag.hpp"

#include <sys/socket.h>

namespace store {

/// Collects what the server says beside its results.
class Session::Notices : public pqxx::errorhandler {
public:
    explicit Notices(pqxx::connection_base& connection) : errorhandler(connection) {}

    bool operator()(const char message[]) noexcept override
    {
        texts.emplace_back(first_line(message));
        return false; // libpqxx's own handler would print it
    }

    std::vector<std::string> texts;
};

namespace {

struct ConnectionDefault {
    const char* name;
    const char* value;
};

constexpr ConnectionDefault connection_defaults[] = {
    {"connect_timeout", "3"}, // seconds
    {"keepalives_idle", "5"},  {"keepalives_interval", "2"},
    {"keepalives_count", "3"}, {"tcp_user_timeout", "10000"}, // milliseconds
};

std::string setting(const std::string& name, std::chrono::milliseconds value)
{
    return "set " + name + " = " + std::to_string(value.count()) + ";";
}

// Only index probes: a plan made while the tables were small must not read them whole when they have grown,
// and one plan serves all batches (LEDGER_LIMITS, "Key lookup must be an index probe").
constexpr const char* planner_settings = R"(
set plan_cache_mode = force_generic_plan;
set enable_hashjoin = off;
set enable_mergejoin = off;
set enable_seqscan = off;
set enable_bitmapscan = off;
set jit = off;
set client_encoding = 'UTF8';
set client_min_messages = warning;
set timezone = 'UTC';
set datestyle = 'ISO';
set default_transaction_isolation = 'read committed';
set client_connection_check_interval = '500ms';
)";

/// libpqxx 6.4 would put a fresh session under an old one that broke, without our settings and without the
/// transaction that was under way.
void forbid_silent_reconnection(pqxx::connection_base& connection)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

} // namespace

std::string with_connection_defaults(const std::string& url)
{
    const bool is_uri = url.starts_with("postgresql://") || url.starts_with("postgres://");
    std::string text = url;
    for (const ConnectionDefault& d : connection_defaults) {
        if (url.find(std::string(d.name) + "=") != std::string::npos) continue;
        const char* separator = !is_uri ? " " : text.find('?') == std::string::npos ? "?" : "&";
        text += std::string(separator) + d.name + "=" + d.value;
    }
    return text;
}

Session::Session(const SessionOptions& options)
    : connection_(with_connection_defaults(options.url)), notices_(std::make_unique<Notices>(connection_)),
      work_(std::make_unique<pqxx::nontransaction>(connection_, "batch"))
{
    forbid_silent_reconnection(connection_);
    work_->exec("set application_name = " + work_->quote(options.application_name) + ";" +
                setting("lock_timeout", options.lock_timeout) +
                setting("statement_timeout", options.statement_timeout) +
                setting("idle_in_transaction_session_timeout", options.idle_in_transaction_timeout) +
                planner_settings);
}

Session::~Session() = default;

pqxx::result Session::run(const queries::Query& query, const std::vector<std::string>& parameters)
{
    connection_.prepare(query.name, query.text); // once per session: the same definition again does nothing
    return work_->exec_prepared(query.name, pqxx::prepare::make_dynamic_params(parameters));
}

pqxx::result Session::run_binary(const queries::Query& query, const std::vector<std::string>& parameters)
{
    std::vector<pqxx::binarystring> binary;
    binary.reserve(parameters.size());
    for (const std::string& parameter : parameters) binary.emplace_back(parameter.data(), parameter.size());
    connection_.prepare(query.name, query.text);
    return work_->exec_prepared(query.name, pqxx::prepare::make_dynamic_params(binary));
}

bool Session::is_open() const
{
    return connection_.is_open();
}

void Session::set(const queries::Query& settings)
{
    work_->exec(settings.text);
}

void Session::set_lock_timeout(std::chrono::milliseconds limit)
{
    work_->exec(setting("lock_timeout", limit));
}

void Session::begin(const queries::Query& how)
{
    notices_->texts.clear();
    work_->exec(how.text);
}

void Session::rollback() noexcept
{
    try {
        if (connection_.is_open()) work_->exec("rollback");
    } catch (const std::exception&) {
        connection_.disconnect(); // and with it the transaction
    }
}

CommitEvidence Session::commit() noexcept
{
    CommitEvidence evidence;
    try {
        notices_->texts.clear();
        TOLLGATE_BEFORE_CRASH("store_commit_sent", ::send(connection_.sock(), "Q\0\0\0\013commit", 12, 0));
        TOLLGATE_CRASH_POINT("store_commit_sent");
        evidence.command_tag = command_tag(work_->exec("commit"));
        TOLLGATE_CRASH_POINT("store_commit_answered");
        evidence.connection_lives = connection_.is_open();
        evidence.warnings = notices_->texts;
    } catch (const std::exception& trouble) {
        evidence.connection_lives = false; // in doubt, also when the tag had come and a warning was lost
        try {
            evidence.warnings.push_back(first_line(trouble.what()));
        } catch (const std::bad_alloc&) {
            evidence.warnings.clear();
        }
    }
    return evidence;
}

} // namespace store
