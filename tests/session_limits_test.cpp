// A server's login role: what it may do, the limits of its sessions, and what the audit says of a database.
#include "store/audit.hpp"
#include "store/migrate.hpp"
#include "store/repair.hpp"
#include "store/repair_boot.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>
#include <pqxx/pqxx>

namespace {

using Warnings = std::vector<std::string>;

/// A role that may log in, for the time of a test.
class Login {
public:
    explicit Login(const FreshDatabase& database)
        : database_(database), name_(database.name() + "_login_" + std::to_string(++count_))
    {
        database.run("create role " + name_ + " login");
    }
    ~Login() { database_.run("drop owned by " + name_ + "; drop role " + name_); }
    Login(const Login&) = delete;
    Login& operator=(const Login&) = delete;

    void make_server() const { database_.run("grant tollgate_server to " + name_); }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string url() const { return database_.url() + "&user=" + name_; }
    /// A setting as it stands when nobody has said a word in the session.
    [[nodiscard]] std::string initial(const std::string& setting) const
    {
        pqxx::connection connection(url());
        pqxx::nontransaction work(connection);
        return work.exec1("show " + setting)[0].c_str();
    }

private:
    static inline int count_ = 0;
    const FreshDatabase& database_;
    std::string name_;
};

} // namespace

TEST_CASE("session limits: a login role of a server gets its own, since members inherit none")
{
    const FreshDatabase database;
    const Login server(database);
    const Login stranger(database);
    server.make_server();
    CHECK(server.initial("lock_timeout") == "0"); // nobody has migrated since
    const Warnings before = store::audit_settings(server.url());
    REQUIRE(before.size() == 1);
    CHECK(before[0].find("the role " + server.name() + " has no client_connection_check_interval, ") == 0);

    store::migrate(database.url());
    const std::pair<const char*, const char*> expected[] = {
        {"lock_timeout", "10s"},
        {"statement_timeout", "1min"},
        {"idle_in_transaction_session_timeout", "10s"},
        {"client_connection_check_interval", "500ms"},
    };
    for (const auto& [setting, value] : expected) {
        CAPTURE(setting);
        CHECK(server.initial(setting) == value);
        CHECK(stranger.initial(setting) == "0");
    }
    CHECK(store::audit_settings(server.url()).empty());
}

TEST_CASE("session limits: who may not alter roles migrates all the same")
{
    const FreshDatabase database;
    const Login server(database);
    server.make_server();
    database.run("grant select on all tables in schema public to " + server.name());
    CHECK(database.value("set role " + server.name() + "; select limit_sessions_of('postgres')") == "f");
}

TEST_CASE("a server needs no more than its role to serve, to tell that it lives and to repair")
{
    LedgerFixture f;
    const auto account = f.open();
    {
        const Login server(f.database);
        server.make_server();
        auto options = f.options();
        options.url = server.url();
        store::PostgresLedger ledger(options);
        const store::Boot boot = store::register_boot(server.url(), "test");
        auto sale = good::sale();
        sale.delivery = boot.first_delivery() + 1;
        OpenGate gate;
        const auto served = ledger.serve({&sale, 1}, f.now, gate);
        REQUIRE_MESSAGE(served.end == authz::BatchEnd::committed, served.why);
        store::Session session(store::repair_session_options(server.url(), "test"));
        store::beat(session, boot, {boot.first_delivery(), f.now});
        const std::vector<authz::Request> undos = {good::own_undo(9, sale)};
        store::leave(session, boot, {{boot.first_delivery(), f.now}, undos, false});
        store::RepairSettings settings;
        settings.ledger = options;
        settings.gone_after = std::chrono::seconds{0};
        store::Repair sales(settings, store::RepairKind::sale);
        REQUIRE(sales.leads());
        CHECK(sales.carry_out().done == 1);
        CHECK_NOTHROW(sales.look());
        store::Repair reversals(settings, store::RepairKind::fault_reversal);
        REQUIRE(reversals.leads());
        CHECK_NOTHROW(reversals.look());
        CHECK_THROWS(f.database.run("set role " + server.name() + "; delete from repair"));
    }
    CHECK(f.balance(account) == 1'000);
}

TEST_CASE("audit: settings that would write values into the server's log are told, each in one line")
{
    const FreshDatabase database;
    const Login server(database);
    server.make_server();
    store::migrate(database.url());
    const auto warnings = [&](const std::string& settings) {
        for (const char* name : {"log_parameter_max_length", "log_parameter_max_length_on_error",
                                 "log_statement", "log_min_duration_statement", "log_min_error_statement"})
            database.run("alter database " + database.name() + " reset " + name);
        if (!settings.empty()) database.run("alter database " + database.name() + " set " + settings);
        return store::audit_settings(server.url());
    };
    CHECK(warnings("").empty());
    CHECK(warnings("log_parameter_max_length_on_error = -1") ==
          Warnings{"the database logs the parameters of statements that fail; set "
                   "log_parameter_max_length_on_error to 0"});
    CHECK(warnings("log_parameter_max_length = -1").empty()); // nothing logs statements
    database.run("alter database " + database.name() + " set log_parameter_max_length = -1");
    database.run("alter database " + database.name() + " set log_min_duration_statement = 100");
    CHECK(store::audit_settings(server.url()) ==
          Warnings{"the database logs the parameters of statements; set log_parameter_max_length to 0"});
}
