#include "tests/support/database.hpp"

#include "store/migrate.hpp"

#include <pqxx/pqxx>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace {

std::string cluster_url()
{
    const char* url = std::getenv("TOLLGATE_DATABASE_URL");
    if (url == nullptr)
        throw std::runtime_error("TOLLGATE_DATABASE_URL is not set; run this test by scripts/with_postgres");
    return url;
}

/// The same cluster, another database: what comes last counts.
std::string url_of(const std::string& database)
{
    const std::string url = cluster_url();
    const bool is_uri = url.starts_with("postgresql://") || url.starts_with("postgres://");
    if (!is_uri) return url + " dbname=" + database;
    return url + (url.find('?') == std::string::npos ? "?" : "&") + "dbname=" + database;
}

void run_in_cluster(const std::string& sql)
{
    pqxx::connection connection(cluster_url());
    pqxx::nontransaction(connection).exec(sql);
}

std::string next_name()
{
    static std::atomic<int> count = 0;
    return "tollgate_test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

} // namespace

FreshDatabase::FreshDatabase(Schema schema) : name_(next_name()), url_(url_of(name_))
{
    run_in_cluster("create database " + name_);
    if (schema == Schema::applied) store::migrate(url_);
}

FreshDatabase::FreshDatabase(const std::string& original_name) : name_(next_name()), url_(url_of(name_))
{
    run_in_cluster("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '" +
                   original_name + "'");
    run_in_cluster("create database " + name_ + " template " + original_name);
}

FreshDatabase::~FreshDatabase()
{
    try {
        run_in_cluster("drop database " + name_ + " with (force)");
    } catch (const std::exception& trouble) {
        std::cerr << "database " << name_ << " is left behind: " << trouble.what() << '\n';
    }
}

std::vector<std::vector<std::string>> FreshDatabase::rows(const std::string& sql) const
{
    pqxx::connection connection(url_);
    pqxx::nontransaction work(connection);
    std::vector<std::vector<std::string>> rows;
    for (const pqxx::row& row : work.exec(sql)) {
        rows.emplace_back();
        for (const pqxx::field& field : row)
            rows.back().emplace_back(field.is_null() ? "null" : field.c_str());
    }
    return rows;
}

std::string FreshDatabase::value(const std::string& sql) const
{
    const auto all = rows(sql);
    if (all.size() != 1 || all[0].size() != 1) throw std::runtime_error("not one value: " + sql);
    return all[0][0];
}

void FreshDatabase::wait_until(const std::string& condition) const
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (value("select " + condition) != "t")
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("still not: " + condition);
}
