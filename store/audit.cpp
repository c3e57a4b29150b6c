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

void audit_settings(const std::string& url)
{
    try {
        Session session = session_for_audit(url);
        audit(session);
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
