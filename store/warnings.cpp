#include "store/warnings.hpp"

#include "store/session.hpp"

namespace store {

namespace {

// One row for each warning. migrate makes partitions for many months: next month's are missing when nobody
// has run it for the better part of a year.
constexpr const char* partition_warnings = R"(
select 'table ' || t || to_char((now() at time zone 'UTC') + interval '1 month', '_YYYY_MM')
       || ' of next month is missing; run tollgatectl migrate'
from unnest(array['journal', 'posting', 'group_member', 'redelivery']) t
where to_regclass(t || to_char((now() at time zone 'UTC') + interval '1 month', '_YYYY_MM')) is null
union all
select 'table ' || name || ' holds ' || rows || ' rows, of months that have no table of their own'
from (select 'journal_default' as name, count(*) as rows from journal_default
      union all
      select 'posting_default', count(*) from posting_default
      union all
      select 'group_member_default', count(*) from group_member_default
      union all
      select 'redelivery_default', count(*) from redelivery_default) d
where rows > 0
union all
select 'repair has not finished ' || count(*) || ' items (' || kind || ', ' || task || ') for more than five minutes; '
       || 'see tollgatectl repair list'
from repair
where state = 'open' and task <> 'unconfirmed' and found_at < now() - interval '5 minutes'
group by kind, task)";

} // namespace

std::vector<std::string> check_warnings(const std::string& url)
{
    pqxx::connection connection(with_connection_defaults(url));
    pqxx::work work(connection, "warnings");
    std::vector<std::string> warnings;
    for (const pqxx::row& row : work.exec(partition_warnings)) warnings.emplace_back(row[0].c_str());
    return warnings;
}

} // namespace store
