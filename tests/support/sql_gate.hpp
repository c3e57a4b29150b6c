#pragma once

#include "tests/support/database.hpp"

#include <string>

namespace test {

/// A gate in a database, open at first: while it is shut, whatever comes to its trigger waits.
class SqlGate {
public:
    /// COMMITs behind a message: they have been sent, and nobody knows their end.
    static constexpr const char* at_commit =
        "create constraint trigger waits_at_gate after insert on journal deferrable initially deferred "
        "for each row execute function wait_at_gate()";
    /// Whoever closes an item of repair, before that is committed.
    static constexpr const char* at_closing =
        "create trigger waits_at_gate before update on repair for each row when (new.state = 'closed') "
        "execute function wait_at_gate()";

    SqlGate(const FreshDatabase& database, const char* trigger) : database_(database)
    {
        database.run("create table gate_is_shut ()");
        database.run("create function wait_at_gate() returns trigger language plpgsql as $$ begin "
                     "while exists (select from gate_is_shut) loop perform pg_sleep(0.01); end loop; "
                     "return new; end $$");
        database.run(trigger);
    }

    void shut() const { database_.run("insert into gate_is_shut default values"); }
    void open() const { database_.run("delete from gate_is_shut"); }
    /// Waits until somebody stands at it.
    void wait_until_reached() const
    {
        database_.wait_until("exists (select from pg_stat_activity where wait_event = 'PgSleep' and "
                             "datname = current_database())");
    }

private:
    const FreshDatabase& database_;
};

} // namespace test
