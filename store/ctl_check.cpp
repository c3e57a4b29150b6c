#include "authz/currency.hpp"
#include "store/ctl.hpp"
#include "store/invariants.hpp"
#include "store/json_text.hpp"
#include "store/migrate.hpp"
#include "store/warnings.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace store::ctl {

namespace {

std::string code_of(authz::Currency currency)
{
    const authz::CurrencyInfo* info = authz::find_currency(currency);
    return info != nullptr ? std::string(info->code) : std::to_string(currency);
}

/// What `check` found.
struct Findings {
    std::vector<InvariantResult> results;
    std::vector<TrialBalance> balances;
    std::vector<std::string> warnings;
    std::int64_t broken = 0; ///< invariants
};

void print_json(const Findings& f)
{
    JsonText invariants = JsonText::array();
    for (const InvariantResult& r : f.results) {
        JsonText first = JsonText::array();
        for (const std::string& row : r.first) first.add(row);
        invariants.add(JsonText::object().add("name", r.name).add("rows", r.rows).add("first", first));
    }
    JsonText trial = JsonText::array();
    for (const TrialBalance& b : f.balances)
        trial.add(JsonText::object()
                      .add("currency", code_of(b.currency))
                      .add("debit_minor", b.debit_minor)
                      .add("credit_minor", b.credit_minor));
    JsonText warnings = JsonText::array();
    for (const std::string& w : f.warnings) warnings.add(w);
    std::cout << JsonText::object()
                     .add("schema", "tollgate/check/1")
                     .add("invariants", invariants)
                     .add("trial_balance", trial)
                     .add("warnings", warnings)
                     .add("broken", f.broken)
                     .str()
              << '\n';
}

/// At once: the next one may take a minute.
void print_line(const InvariantResult& r)
{
    std::cout << (r.rows == 0 ? "ok      " : "BROKEN  ") << r.name
              << (r.rows == 0 ? "" : ": " + std::to_string(r.rows) + " rows") << '\n';
    for (const std::string& row : r.first) std::cout << "        " << row << '\n';
    std::cout << std::flush;
}

void print_rest(const Findings& f)
{
    std::cout << "\ntrial balance   " << std::setw(24) << "debit" << std::setw(24) << "credit" << '\n';
    for (const TrialBalance& b : f.balances)
        std::cout << "  " << std::left << std::setw(14) << code_of(b.currency) << std::right << std::setw(24)
                  << authz::format_money({b.debit_minor, b.currency}) << std::setw(24)
                  << authz::format_money({b.credit_minor, b.currency}) << '\n';
    if (!f.warnings.empty()) std::cout << '\n';
    for (const std::string& w : f.warnings) std::cout << "warning  " << w << '\n';
    std::cout << '\n'
              << f.results.size() << " invariants, "
              << (f.broken == 0 ? "all hold" : std::to_string(f.broken) + " broken") << '\n';
}

} // namespace

int check(const Context& context)
{
    const auto tell = [&](const InvariantResult& r) {
        if (context.output != Output::json) print_line(r);
    };
    Findings findings{check_invariants(context.database, tell), trial_balance(context.database),
                      check_warnings(context.database)};
    for (const InvariantResult& r : findings.results) findings.broken += r.rows > 0 ? 1 : 0;
    if (context.output == Output::json)
        print_json(findings);
    else
        print_rest(findings);
    return findings.broken == 0 ? exit_done : exit_broken;
}

int migrate(const Context& context, MigrateMode mode)
{
    std::vector<std::string> fresh;
    if (mode == MigrateMode::apply) fresh = store::migrate(context.database);
    const std::vector<MigrationState> states = migration_states(context.database);
    std::int64_t missing = 0;
    JsonText list = JsonText::array();
    for (const MigrationState& s : states) {
        missing += s.applied ? 0 : 1;
        list.add(JsonText::object().add("name", s.name).add("state", s.applied ? "applied" : "missing"));
        if (context.output == Output::json) continue;
        const bool is_fresh = std::ranges::find(fresh, s.name) != fresh.end();
        std::cout << (s.applied ? "applied  " : "missing  ") << s.name << (is_fresh ? "  (now)" : "") << '\n';
    }
    if (context.output == Output::json)
        std::cout << JsonText::object()
                         .add("schema", "tollgate/migrations/1")
                         .add("migrations", list)
                         .add("missing", missing)
                         .str()
                  << '\n';
    return missing == 0 ? exit_done : exit_differs;
}

} // namespace store::ctl
