#include "store/repair_items.hpp"

#include "store/array_literal.hpp"
#include "store/repair_boot.hpp"
#include "store/repair_queries.hpp"

#include <algorithm>

namespace store {

namespace {

constexpr std::int64_t overdue_s = 5 * 60;

const std::string any_item = "0";

Session session_for_people(const std::string& url)
{
    return Session(repair_session_options(url, "tollgatectl repair"));
}

RepairItem item_of(const pqxx::row& row)
{
    return {row[0].as<std::int64_t>(),
            row[1].c_str(),
            row[2].c_str(),
            row[3].c_str(),
            row[4].as<std::int64_t>(),
            row[5].c_str(),
            row[6].c_str(),
            row[7].c_str(),
            row[8].as<std::int64_t>(),
            row[9].as<std::int64_t>(),
            row[10].c_str(),
            row[11].as<std::int64_t>(),
            row[12].c_str()};
}

} // namespace

bool RepairBacklog::is_overdue() const
{
    return task != "unconfirmed" && oldest_s > overdue_s;
}

bool RepairView::is_overdue() const
{
    return std::ranges::any_of(backlog, &RepairBacklog::is_overdue);
}

RepairView repair_view(const std::string& url, RepairRows rows, std::size_t rows_max)
{
    Session session = session_for_people(url);
    RepairView view;
    for (const pqxx::row& row : session.run(queries::list_items, {rows == RepairRows::all ? "all" : "open",
                                                                  std::to_string(rows_max), any_item}))
        view.items.push_back(item_of(row));
    for (const pqxx::row& row : session.run(queries::open_items))
        view.backlog.push_back(
            {row[0].c_str(), row[1].c_str(), row[2].as<std::int64_t>(), row[3].as<std::int64_t>()});
    for (const pqxx::row& row : session.run(queries::leaders))
        view.leaders.push_back(
            {std::string(name_of(repair_kinds.at(row[0].as<std::size_t>()))), row[1].c_str()});
    std::ranges::sort(view.leaders, {}, &RepairLeader::kind);
    return view;
}

std::optional<RepairItem> repair_item(const std::string& url, std::int64_t id)
{
    Session session = session_for_people(url);
    const pqxx::result found = session.run(queries::list_items, {"all", "1", std::to_string(id)});
    if (found.empty()) return std::nullopt;
    return item_of(found[0]);
}

bool close_by_hand(const std::string& url, std::int64_t id, const std::string& note)
{
    Session session = session_for_people(url);
    return session.run(queries::close_by_hand, {std::to_string(id), to_column(note)}).affected_rows() == 1;
}

} // namespace store
