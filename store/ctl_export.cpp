#include "store/ctl.hpp"
#include "store/session.hpp"

#include <iostream>

namespace store::ctl {

namespace {

/// One object a line, in the order: accounts, journal, postings. A key is 32 hexadecimal digits; amounts are
/// minor units; what a posting gives to the holder is positive.
constexpr const char* lines_of_everything = R"(
declare line no scroll cursor for
select json_build_object('account', a.account_id, 'kind', a.kind, 'currency', a.currency,
                         'balance_minor', a.balance_minor, 'version', a.version)::text
from account a
union all
select json_build_object('journal', replace(j.key::text, '-', ''), 'group', replace(j.group_key::text, '-', ''),
                         'target', replace(j.target_key::text, '-', ''), 'network', j.network,
                         'mti_kind', j.mti_kind, 'stan', j.stan, 'terminal', j.terminal,
                         'transmitted', to_char(j.transmitted_at at time zone 'UTC', 'MMDDHH24MISS'),
                         'operation', j.operation, 'reason', j.reason, 'code', j.answer_code,
                         'approval', j.approval_code, 'account_id', j.account_id,
                         'amount_minor', j.amount_minor, 'posted_minor', j.posted_minor,
                         'anomaly', j.anomaly)::text
from journal j
union all
select json_build_object('posting', replace(p.key::text, '-', ''), 'group', replace(p.group_key::text, '-', ''),
                         'debit', p.debit_account_id, 'credit', p.credit_account_id,
                         'amount_minor', p.amount_minor, 'account_version', p.account_version)::text
from posting p)";
constexpr const char* next_lines = "fetch 5000 from line";

} // namespace

int tx_export(const Context& context)
{
    pqxx::connection connection(with_connection_defaults(context.database));
    pqxx::work work(connection, "tx export");
    work.exec("set transaction isolation level repeatable read, read only");
    work.exec(lines_of_everything);
    for (pqxx::result lines = work.exec(next_lines); !lines.empty(); lines = work.exec(next_lines))
        for (const pqxx::row& line : lines) std::cout << line[0].c_str() << '\n';
    std::cout.flush();
    return std::cout ? exit_done : exit_internal;
}

} // namespace store::ctl
