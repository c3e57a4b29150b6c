#pragma once

#include <pqxx/pqxx>

#include <string>

namespace store {

namespace detail {

// libpqxx 6.4 reads the command tag of a result but keeps it private, and a COMMIT may only be trusted with
// its tag (RELIABILITY 10.5: an aborted transaction answers ROLLBACK, without any error). Naming a private
// member in an explicit instantiation is the one way that the language leaves open.
template <auto Member> struct Reveal {
    friend const char* command_tag_of(const pqxx::result& result) { return (result.*Member)(); }
};
const char* command_tag_of(const pqxx::result& result);
template struct Reveal<&pqxx::result::cmd_status>;

} // namespace detail

/// For example "COMMIT" or "INSERT 0 1".
inline std::string command_tag(const pqxx::result& result)
{
    return detail::command_tag_of(result);
}

} // namespace store
