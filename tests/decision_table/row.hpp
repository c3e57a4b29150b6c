#pragma once

#include "tests/support/good.hpp"

#include "authz/books.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

/// The decision table of DOMAIN 3.10 as data: what comes, what is answered, what moves.
namespace decision_table {

using authz::Anomaly;
using authz::Books;
using authz::Request;

/// One message, or something else that happens to the books between two messages.
struct Step {
    Step(Request a_request, std::string a_code, std::int64_t effect_minor = 0,
         Anomaly an_anomaly = Anomaly::none)
        : request(std::move(a_request)), code(std::move(a_code)), effect(effect_minor), anomaly(an_anomaly)
    {
    }
    explicit Step(std::function<void(Books&)> a_change) : change(std::move(a_change)) {}

    Step at(authz::Time time) &&
    {
        now = time;
        return std::move(*this);
    }
    /// DE4 of the answer tells this amount.
    Step tells(std::int64_t minor) &&
    {
        approved_minor = minor;
        return std::move(*this);
    }
    Step moves_on_suspense(std::int64_t minor) &&
    {
        on_suspense = minor;
        return std::move(*this);
    }

    Request request;
    std::string code;        ///< DE39
    std::int64_t effect = 0; ///< on the account 1001
    Anomaly anomaly = Anomaly::none;
    std::int64_t on_suspense = 0;
    std::optional<std::int64_t> approved_minor;
    authz::Time now = good::noon;
    std::function<void(Books&)> change;
};

/// What stands in the books before the first message.
struct Given {
    authz::Account account = good::account();
    authz::Card card = good::card();
};

struct Row {
    std::string name; ///< "ID: what it is about"; an ID may have several rows
    std::vector<Step> steps;
    std::function<void(Given&)> given = [](Given&) {};
    std::function<void(const Books&)> finally = [](const Books&) {};
};

std::vector<Row> rows_a();
std::vector<Row> rows_b();
std::vector<Row> rows_s();
std::vector<Row> rows_c();
std::vector<Row> rows_d();
std::vector<Row> rows_e();
std::vector<Row> rows_f();

// --- states to begin with, and what happens to them

inline std::function<void(Given&)> balance(std::int64_t minor)
{
    return [=](Given& g) { g.account.balance_minor = minor; };
}

inline Step account_changes(const std::function<void(authz::Account&)>& change)
{
    return Step([=](Books& books) {
        authz::Account account = *books.find_account(1001);
        change(account);
        books.load(account);
    });
}

} // namespace decision_table
