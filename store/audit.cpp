#include "store/audit.hpp"

#include "authz/test_build.hpp"
#include "store/migrate.hpp"
#include "store/postgres_ledger.hpp"

namespace store {

namespace {

/// What a COMMIT needs so that its answer means durable.
void audit_durability(Session& session)
{
    if (TOLLGATE_PLANTED("settings-not-audited")) return;
    const pqxx::result rows = session.run(queries::read_settings);
    const std::string fsync = rows[0][0].c_str();
    const std::string full_page_writes = rows[0][1].c_str();
    const std::string synchronous_commit = rows[0][2].c_str();
    if (fsync != "on") throw UnfitDatabase("the database runs with fsync = " + fsync + "; set it to on");
    if (full_page_writes != "on")
        throw UnfitDatabase("the database runs with full_page_writes = " + full_page_writes +
                            "; set it to on");
    if (synchronous_commit != "on" && synchronous_commit != "remote_apply")
        throw UnfitDatabase("the database runs with synchronous_commit = " + synchronous_commit +
                            "; set it to on");
}

void audit_schema(Session& session)
{
    std::int64_t version = 0;
    try {
        version = session.run(queries::read_schema_version)[0][0].as<std::int64_t>();
    } catch (const pqxx::undefined_table&) {
        throw UnfitDatabase("the database has no Tollgate schema; run tollgatectl migrate");
    }
    if (version < schema_version())
        throw UnfitDatabase("the database's schema is at version " + std::to_string(version) +
                            ", this program needs " + std::to_string(schema_version()) +
                            "; run tollgatectl migrate");
    if (version > schema_version())
        throw UnfitDatabase("the database's schema is at version " + std::to_string(version) +
                            ", newer than this program's " + std::to_string(schema_version()) +
                            "; install a newer program");
}

/// One row per warning. A parameter's value in the log may be a card token or an amount. A session's limits
/// hold from its first moment only when its role has them (migration 0006).
constexpr queries::Query find_warnings = {"find_warnings", R"(
with s as materialized (select name, setting, reset_val from pg_settings)
select 'the database runs without data checksums: a damaged page would be read as it is; see pg_checksums'
where (select setting from s where name = 'data_checksums') <> 'on'
union all
select 'the database logs the parameters of statements that fail; set log_parameter_max_length_on_error to 0'
where (select setting from s where name = 'log_parameter_max_length_on_error') <> '0'
  and (select setting from s where name = 'log_min_error_statement') not in ('log', 'fatal', 'panic')
union all
select 'the database logs the parameters of statements; set log_parameter_max_length to 0'
where (select setting from s where name = 'log_parameter_max_length') <> '0'
  and ((select setting from s where name = 'log_statement') in ('mod', 'all')
       or exists (select from s where name in ('log_min_duration_statement', 'log_min_duration_sample')
                    and setting <> '-1')
       or (select setting::real from s where name = 'log_transaction_sample_rate') > 0)
union all
select 'the role ' || current_user || ' has no ' || string_agg(name, ', ' order by name) || ' of its own; make it a '
       || 'member of tollgate_server and run tollgatectl migrate as an administrator'
from s
where name in ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout',
               'client_connection_check_interval')
  and reset_val = '0'
having count(*) > 0)"};

Session session_for_audit(const std::string& url)
{
    SessionOptions options;
    options.url = url;
    options.application_name = "tollgate audit";
    return Session(options);
}

} // namespace

void audit(Session& session)
{
    audit_durability(session);
    audit_schema(session);
}

std::vector<std::string> settings_to_change(Session& session)
{
    std::vector<std::string> warnings;
    for (const pqxx::row& row : session.run(find_warnings)) warnings.emplace_back(row[0].c_str());
    return warnings;
}

std::vector<std::string> audit_settings(const std::string& url)
{
    try {
        Session session = session_for_audit(url);
        audit(session);
        return settings_to_change(session);
    } catch (const UnfitDatabase&) {
        throw;
    } catch (const std::exception& trouble) {
        throw std::runtime_error(first_line(trouble.what()));
    }
}

void audit_schema_of(const std::string& url)
{
    Session session = session_for_audit(url);
    audit_schema(session);
}

} // namespace store
