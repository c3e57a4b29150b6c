#include "store/migrate.hpp"

#include "authz/test_build.hpp"
#include "store/digest.hpp"
#include "store/failure.hpp"
#include "store/session.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <span>

namespace store {

namespace migration_files {
std::span<const std::pair<std::string_view, std::string_view>> embedded_files();
} // namespace migration_files

namespace {

struct Migration {
    int number = 0;
    std::string_view name;
    std::string_view sql;
    std::string_view check;
};

int number_of(std::string_view name)
{
    int number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    return number;
}

std::vector<Migration> known_migrations()
{
    std::map<int, Migration> migrations;
    for (const auto& [name, text] : migration_files::embedded_files()) {
        Migration& m = migrations[number_of(name)];
        m.number = number_of(name);
        if (name.ends_with(".check.sql")) {
            m.check = text;
        } else {
            m.name = name;
            m.sql = text;
        }
    }
    std::vector<Migration> ordered;
    for (const auto& [number, migration] : migrations) ordered.push_back(migration);
    return ordered;
}

struct Applied {
    std::string name;
    std::string sha256;
};

std::map<int, Applied> read_applied(pqxx::transaction_base& work)
{
    std::map<int, Applied> applied;
    if (work.exec1("select to_regclass('migration') is null")[0].as<bool>()) return applied;
    for (const pqxx::row& row : work.exec("select number, name, sha256 from migration order by number"))
        applied.emplace(row[0].as<int>(), Applied{row[1].c_str(), row[2].c_str()});
    return applied;
}

constexpr const char* create_migration_table = R"(
create table if not exists migration (
    number     integer     not null,
    name       text        not null,
    sha256     text        not null,  -- of the file as it was applied
    applied_at timestamptz not null default now(),
    constraint migration_pkey primary key (number)
))";

/// Two at once would both find the same migrations missing. The number is "toll".
void lock_out_others(pqxx::transaction_base& work)
{
    work.exec("set lock_timeout = '60s'; set client_min_messages = warning");
    work.exec("select pg_advisory_lock(1953459308)");
}

void refuse_changed(const Migration& m, const Applied& applied)
{
    if (applied.sha256 == sha256_hex(m.sql)) return;
    throw MigrationError("migration " + std::string(m.name) +
                         " was applied with another text; add a new migration instead of changing one");
}

void apply(pqxx::connection& connection, const Migration& m)
{
    try {
        pqxx::work work(connection, "migration");
        work.exec(std::string(m.sql));
        work.exec(std::string(m.check));
        work.exec_params("insert into migration (number, name, sha256) values ($1, $2, $3)", m.number,
                         std::string(m.name), sha256_hex(m.sql));
        work.commit();
    } catch (const pqxx::sql_error& error) {
        throw MigrationError("migration " + std::string(m.name) + " failed: " + first_line(error.what()));
    }
}

void refuse_newer(const std::map<int, Applied>& applied)
{
    if (applied.empty() || applied.rbegin()->first <= schema_version()) return;
    throw MigrationError("the database is at version " + std::to_string(applied.rbegin()->first) +
                         ", this program knows only " + std::to_string(schema_version()) +
                         "; install a newer program");
}

/// Last month for late messages, this one, and eight ahead: a message is dated at most half a year ahead, and
/// a row that fell into the default partition keeps its month from getting a partition of its own.
void create_partitions(pqxx::connection& connection)
{
    pqxx::work work(connection, "partitions");
    work.exec("select create_partitions(((now() at time zone 'UTC') - interval '1 month')::date, 10)");
    work.commit();
}

} // namespace

int schema_version()
{
    return known_migrations().back().number;
}

std::vector<std::string> migrate(const std::string& url)
{
    pqxx::connection connection(with_connection_defaults(url));
    std::map<int, Applied> applied;
    {
        pqxx::nontransaction work(connection, "migrate");
        lock_out_others(work); // until the connection ends
        work.exec(create_migration_table);
        applied = read_applied(work);
    }
    refuse_newer(applied);
    std::vector<std::string> names;
    for (const Migration& m : known_migrations()) {
        if (const auto found = applied.find(m.number); found != applied.end()) {
            refuse_changed(m, found->second);
            continue;
        }
        apply(connection, m);
        names.emplace_back(m.name);
    }
    create_partitions(connection);
    if (*TOLLGATE_PLANTED_SQL()) pqxx::nontransaction(connection, "planted").exec(TOLLGATE_PLANTED_SQL());
    return names;
}

std::vector<MigrationState> migration_states(const std::string& url)
{
    pqxx::connection connection(with_connection_defaults(url));
    pqxx::nontransaction work(connection, "migrate");
    const std::map<int, Applied> applied = read_applied(work);
    refuse_newer(applied);
    std::vector<MigrationState> states;
    for (const Migration& m : known_migrations()) {
        const auto found = applied.find(m.number);
        if (found != applied.end()) refuse_changed(m, found->second);
        states.push_back({m.number, std::string(m.name), found != applied.end()});
    }
    return states;
}

} // namespace store
