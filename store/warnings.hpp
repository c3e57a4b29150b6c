#pragma once

#include <string>
#include <vector>

namespace store {

/// What an operator should see to although the books are whole: each one line, empty when there is nothing.
/// throws   pqxx::sql_error, pqxx::broken_connection
[[nodiscard]] std::vector<std::string> check_warnings(const std::string& url);

} // namespace store
