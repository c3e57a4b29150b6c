#include "store/repair_boot.hpp"

#include "store/array_literal.hpp"
#include "store/repair_queries.hpp"
#include "store/wall_clock.hpp"

namespace store {

namespace {

std::string text_of(authz::Time time)
{
    return std::to_string(time.time_since_epoch().count());
}

void commit_surely(Session& session)
{
    if (end_of_commit(session.commit()) != authz::BatchEnd::committed)
        throw PassingTrouble("COMMIT without a sure result");
}

} // namespace

SessionOptions repair_session_options(const std::string& url, const std::string& name)
{
    SessionOptions options;
    options.url = url;
    options.application_name = name;
    options.statement_timeout = std::chrono::seconds{60}; // searches
    return options;
}

Boot register_boot(const std::string& url, const std::string& node)
{
    Session session(repair_session_options(url, "boot of " + node));
    session.begin();
    const Boot boot{
        session.run(queries::register_boot, {node, text_of(wall_clock())})[0][0].as<std::int64_t>()};
    commit_surely(session);
    return boot;
}

void beat(Session& session, const Boot& boot, const authz::Settled& settled)
{
    (void)session.run(queries::beat,
                      {std::to_string(boot.id), std::to_string(settled.below), text_of(settled.since)});
}

void leave(Session& session, const Boot& boot, const Leaving& leaving)
{
    ArrayLiteral keys;
    ArrayLiteral deliveries;
    for (const authz::Request& undo : leaving.undos) {
        keys.add(undo.original->key);
        deliveries.add(static_cast<std::int64_t>(undo.delivery));
    }
    session.begin();
    if (!keys.empty()) (void)session.run(queries::leave_undos, {keys.str(), deliveries.str()});
    if (leaving.is_complete)
        (void)session.run(queries::end_boot,
                          {std::to_string(boot.id), std::to_string(leaving.settled.below)});
    else
        beat(session, boot, leaving.settled);
    commit_surely(session);
}

} // namespace store
