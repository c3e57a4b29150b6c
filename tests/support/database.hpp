#pragma once

#include <string>
#include <vector>

/// A database of its own for one test, with the schema applied, in the cluster that TOLLGATE_DATABASE_URL
/// names (scripts/with_postgres). Dropped at the end. The test is superuser there.
class FreshDatabase {
public:
    enum class Schema { applied, none };

    /// throws   std::runtime_error when TOLLGATE_DATABASE_URL is not set
    explicit FreshDatabase(Schema schema = Schema::applied);
    /// A copy, to break something in. Sessions on the original are ended: PostgreSQL wants it so.
    explicit FreshDatabase(const std::string& original_name);
    ~FreshDatabase();
    FreshDatabase(const FreshDatabase&) = delete;
    FreshDatabase& operator=(const FreshDatabase&) = delete;

    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] const std::string& name() const { return name_; }

    /// Runs any SQL in a session of its own.
    /// returns  the rows of its last statement; NULL reads as "null"
    std::vector<std::vector<std::string>> rows(const std::string& sql) const;
    /// The one value of the one row.
    [[nodiscard]] std::string value(const std::string& sql) const;
    void run(const std::string& sql) const { (void)rows(sql); }
    /// Asks until the condition is true.
    /// throws   std::runtime_error when it has not become so within a minute
    void wait_until(const std::string& condition) const;

private:
    std::string name_;
    std::string url_;
};
