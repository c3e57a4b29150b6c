#pragma once

#include <stdexcept>
#include <string>
#include <vector>

/// Brings a database to the schema of this program. Migrations are files in store/migrations, embedded; each
/// is applied with its self-check in one transaction, which the check refuses if an invariant broke.
namespace store {

/// Number of the last migration that this program knows.
[[nodiscard]] int schema_version();

struct MigrationState {
    int number = 0;
    std::string name; ///< of the file
    bool applied = false;
};

/// One line that says which migration and why.
struct MigrationError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Applies what is missing, in order, and makes partitions for the months ahead. Twice at once: one waits.
/// returns  the names of the files that were applied
/// throws   MigrationError, also when an applied file has changed since; pqxx::broken_connection
std::vector<std::string> migrate(const std::string& url);

/// What is applied and what is missing; changes nothing.
[[nodiscard]] std::vector<MigrationState> migration_states(const std::string& url);

} // namespace store
