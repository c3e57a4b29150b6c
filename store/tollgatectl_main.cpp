// Program `tollgatectl`: what operators do. Options here, the work in ctl_*.cpp.

#include "store/array_literal.hpp"
#include "store/card_file.hpp"
#include "store/card_numbers.hpp"
#include "store/card_token.hpp"
#include "store/core_files.hpp"
#include "store/ctl.hpp"
#include "store/failure.hpp"
#include "store/migrate.hpp"
#include "store/postgres_ledger.hpp"

#include <CLI/CLI.hpp>
#include <pqxx/pqxx>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>

namespace {

using namespace store;

/// What the command line asked for, filled by CLI11.
struct Arguments {
    ctl::Context context;
    std::string database;
    bool json = false;
    bool status = false;
    ctl::AccountTerms terms;
    std::int64_t account = 0;
    ctl::CardOrder card;
    ctl::ImportOrder import;
    ctl::TransactionName transaction;
    bool repair_all = false;
    std::int64_t repair_id = 0;
    std::string repair_note;
    std::string repair_kind;
    ctl::RecordOrder record;
    bool needs_database = true;
    std::function<int()> command;
};

/// A command line can be read by everybody on the machine. The key of a message is not one, whatever digits
/// it has.
bool betrays_card_number(std::string_view argument)
{
    return !bytes_of_hex(argument) && holds_card_number(argument);
}

void add_migrate(CLI::App& app, Arguments& a)
{
    CLI::App* migrate = app.add_subcommand("migrate", "bring the database to this program's schema");
    migrate->add_flag("--status", a.status, "only tell what is applied; exit 1 when something is missing");
    migrate->callback([&a] {
        a.command = [&a] {
            return ctl::migrate(a.context, a.status ? ctl::MigrateMode::status : ctl::MigrateMode::apply);
        };
    });
}

/// Commands other than migrate want our schema.
void set_command(Arguments& a, std::function<int()> run)
{
    a.command = [&a, run = std::move(run)] {
        audit_schema_of(a.context.database);
        return run();
    };
}

void add_account(CLI::App& app, Arguments& a)
{
    CLI::App* account = app.add_subcommand("account", "open and show accounts");
    account->require_subcommand(1);
    CLI::App* open = account->add_subcommand("open", "open an account; amounts like \"12.50 EUR\"");
    open->add_option("--currency", a.terms.currency, "ISO 4217 code")->required();
    open->add_option("--balance", a.terms.balance, "loaded at once");
    open->add_option("--credit-limit", a.terms.credit_limit, "how far below zero sales may go");
    open->add_option("--sale-max", a.terms.sale_max, "largest single sale");
    open->add_option("--day-amount-max", a.terms.day_amount_max, "sales of one UTC day together");
    open->add_option("--day-count-max", a.terms.day_count_max, "number of sales of one UTC day");
    open->callback([&a] { set_command(a, [&a] { return ctl::account_open(a.context, a.terms); }); });
    CLI::App* show = account->add_subcommand("show", "show an account");
    show->add_option("ID", a.account, "account number")->required();
    show->callback([&a] { set_command(a, [&a] { return ctl::account_show(a.context, a.account); }); });
}

void add_card(CLI::App& app, Arguments& a)
{
    CLI::App* card = app.add_subcommand("card", "issue cards");
    card->require_subcommand(1);
    CLI::App* issue =
        card->add_subcommand("issue", "issue one card; its number is one line on standard input");
    issue->add_option("--account", a.card.account, "account number")->required();
    issue->add_option("--expiry", a.card.expiry, "last valid month, YYYY-MM")->required();
    issue->add_option("--status", a.card.status, "active, blocked, unassigned or closed")
        ->default_val("active")
        ->check(CLI::IsMember({"active", "blocked", "unassigned", "closed"}));
    issue
        ->add_option("--token-key-file", a.card.token_key_file,
                     "key that card numbers are turned into tokens with")
        ->required();
    issue->callback([&a] { set_command(a, [&a] { return ctl::card_issue(a.context, a.card); }); });
    CLI::App* from_file =
        card->add_subcommand("import", "open an account and issue a card for each row of a CSV file");
    from_file->add_option("FILE", a.import.file, "header: pan,expiry,currency,balance[,status]")->required();
    from_file->add_option("--token-key-file", a.import.token_key_file, "as for card issue")->required();
    from_file->callback([&a] { set_command(a, [&a] { return ctl::card_import(a.context, a.import); }); });
}

void add_tx(CLI::App& app, Arguments& a)
{
    CLI::App* tx = app.add_subcommand("tx", "look at transactions");
    tx->require_subcommand(1);
    CLI::App* show =
        tx->add_subcommand("show", "show the life line of a transaction and all that hangs on it");
    show->add_option("KEY", a.transaction.key, "32 hexadecimal digits; or give the fields below");
    show->add_option("--network", a.transaction.network, "network of its link");
    show->add_option("--mti", a.transaction.mti, "its message type, for example 0200");
    show->add_option("--stan", a.transaction.stan, "DE11");
    show->add_option("--terminal", a.transaction.terminal, "DE41");
    show->add_option("--transmitted", a.transaction.transmitted, "DE7, MMDDhhmmss; makes the search exact");
    show->callback([&a] {
        const ctl::TransactionName& t = a.transaction;
        if (t.key.empty() && (t.network.empty() || t.mti.empty() || t.stan.empty() || t.terminal.empty()))
            throw CLI::RequiredError("tx show: KEY, or --network, --mti, --stan and --terminal");
        set_command(a, [&a] { return ctl::tx_show(a.context, a.transaction); });
    });
    tx->add_subcommand("export", "accounts, journal and postings, a JSON object a line")->callback([&a] {
        set_command(a, [&a] { return ctl::tx_export(a.context); });
    });
}

void add_check(CLI::App& app, Arguments& a)
{
    CLI::App* check =
        app.add_subcommand("check", "prove the books by SQL; exit 6 when an invariant is broken");
    check->callback([&a] { set_command(a, [&a] { return ctl::check(a.context); }); });
}

void add_repair(CLI::App& app, Arguments& a)
{
    CLI::App* repair = app.add_subcommand("repair", "what the path of a message could not finish");
    repair->require_subcommand(1);
    CLI::App* list = repair->add_subcommand("list", "what is open; exit 1 when something is overdue");
    list->add_flag("--all", a.repair_all, "what is closed, too");
    list->callback([&a] {
        set_command(a, [&a] {
            return ctl::repair_list(a.context,
                                    a.repair_all ? ctl::RepairListing::all : ctl::RepairListing::open);
        });
    });
    CLI::App* show = repair->add_subcommand("show", "show one item");
    show->add_option("ID", a.repair_id, "as listed")->required();
    show->callback([&a] { set_command(a, [&a] { return ctl::repair_show(a.context, a.repair_id); }); });
    CLI::App* run =
        repair->add_subcommand("run", "repair now what is open; exit 1 when something was put off");
    run->add_option("--kind", a.repair_kind, "only sale, refund_cancel or fault_reversal")
        ->check(CLI::IsMember({"sale", "refund_cancel", "fault_reversal"}));
    run->callback([&a] { set_command(a, [&a] { return ctl::repair_run(a.context, a.repair_kind); }); });
    CLI::App* close = repair->add_subcommand("close", "close what no message will; not an own undo");
    close->add_option("ID", a.repair_id, "as listed")->required();
    close->add_option("--note", a.repair_note, "why, for those who look later")->required();
    close->callback(
        [&a] { set_command(a, [&a] { return ctl::repair_close(a.context, a.repair_id, a.repair_note); }); });
}

void add_record(CLI::App& app, Arguments& a)
{
    CLI::App* record = app.add_subcommand("record", "capture the traffic of a running tollgated");
    record->require_subcommand(1);
    record->footer(
        "Example:\n  tollgatectl record start acq-a --socket /run/tollgate/control.sock\n"
        "The server makes the file in its record.directory; no card number is in it. Exit codes: 1 "
        "the server says why not, 3 it cannot be reached.");
    const auto add = [&](const char* verb, const char* what) {
        CLI::App* one = record->add_subcommand(verb, what);
        one->add_option("--socket", a.record.socket, "node.control_socket of the server")
            ->envname("TOLLGATE_CONTROL_SOCKET")
            ->required();
        one->callback([&a, verb] {
            a.record.verb = verb;
            a.needs_database = false;
            a.command = [&a] { return ctl::record(a.context.output, a.record); };
        });
        return one;
    };
    CLI::App* start = add("start", "begin a capture of a link");
    start->add_option("LINK", a.record.link, "its name in the configuration")->required();
    start->add_option("--seconds", a.record.seconds, "then it ends by itself; at most record.time_max")
        ->check(CLI::Range(1, 315'360'000));
    add("stop", "end it: the capture is whole and on the disk")
        ->add_option("LINK", a.record.link, "as for start")
        ->required();
    add("list", "what is being recorded, and what has ended since the server's start");
}

/// The one way in which an error is printed: no text of it shows a card number, wherever it came from.
int fail(int code, const std::string& what)
{
    std::cerr << "tollgatectl: " << without_card_numbers(what) << '\n';
    return code;
}

/// Every trouble is one line and an exit code.
int run(const Arguments& a)
{
    try {
        return a.command();
    } catch (const ctl::UsageError& error) {
        return fail(ctl::exit_usage, error.what());
    } catch (const CardFileError& error) {
        return fail(ctl::exit_usage, error.what());
    } catch (const TokenKeyError& error) {
        return fail(ctl::exit_usage, error.what());
    } catch (const UnfitDatabase& error) {
        return fail(ctl::exit_usage, error.what());
    } catch (const ctl::Unreachable& error) {
        return fail(ctl::exit_unreachable, error.what());
    } catch (const ctl::Differs& error) {
        return fail(ctl::exit_differs, error.what());
    } catch (const MigrationError& error) {
        return fail(ctl::exit_differs, error.what());
    } catch (const pqxx::sql_error& error) {
        return fail(ctl::exit_internal, first_line(error.what()) + " (" + error.sqlstate() + ")");
    } catch (const pqxx::broken_connection& error) {
        return fail(ctl::exit_unreachable, "the database cannot be reached: " + first_line(error.what()));
    } catch (const std::exception& error) {
        return fail(ctl::exit_internal, first_line(error.what()));
    }
}

} // namespace

int main(int argc, char** argv)
{
    forbid_core_files();
    if (std::any_of(argv + 1, argv + argc, betrays_card_number))
        return fail(ctl::exit_usage,
                    "a card number may not stand on the command line; give it on standard input");

    Arguments arguments;
    CLI::App app("tollgatectl: operate Tollgate's accounts, cards and books");
    app.set_version_flag("--version", TOLLGATE_VERSION);
    app.require_subcommand(1);
    app.add_option("--database", arguments.database, "PostgreSQL url; default: TOLLGATE_DATABASE_URL");
    app.add_flag("--json", arguments.json, "one JSON object instead of a table");
    add_migrate(app, arguments);
    add_account(app, arguments);
    add_card(app, arguments);
    add_tx(app, arguments);
    add_check(app, arguments);
    add_repair(app, arguments);
    add_record(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        const auto unknown = app.remaining(true);
        const std::string what =
            unknown.empty() ? first_line(error.what()) : "\"" + unknown[0] + "\" is not understood";
        return fail(ctl::exit_usage, what + "; try tollgatectl --help");
    }

    const char* environment = std::getenv("TOLLGATE_DATABASE_URL");
    arguments.context.database = !arguments.database.empty() ? arguments.database
                                 : environment != nullptr    ? environment
                                                             : "";
    arguments.context.output = arguments.json ? ctl::Output::json : ctl::Output::text;
    if (arguments.needs_database && arguments.context.database.empty())
        return fail(ctl::exit_usage, "no database: give --database URL or set TOLLGATE_DATABASE_URL");
    return run(arguments);
}
