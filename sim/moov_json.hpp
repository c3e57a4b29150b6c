/// Members of JSON objects as Go's decoder finds them: keys of any case.
#pragma once

#include <optional>
#include <string_view>

#include <boost/json.hpp>

namespace sim {

/// null when there is none
[[nodiscard]] const boost::json::value* member(const boost::json::object& object, std::string_view key);
/// Empty when there is no such text.
[[nodiscard]] std::string_view text_in(const boost::json::object& object, std::string_view key);
/// Nothing when it is no number from 0 to 65,535.
[[nodiscard]] std::optional<int> number_in(const boost::json::object& object, std::string_view key);
[[nodiscard]] bool is_true(const boost::json::object& object, std::string_view key);
/// null when it is no object
[[nodiscard]] const boost::json::object* object_in(const boost::json::object& object, std::string_view key);

} // namespace sim
