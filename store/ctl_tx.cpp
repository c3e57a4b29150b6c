#include "authz/calendar.hpp"
#include "authz/currency.hpp"
#include "authz/group.hpp"
#include "store/array_literal.hpp"
#include "store/ctl.hpp"
#include "store/json_text.hpp"
#include "store/message_key.hpp"
#include "store/rows.hpp"
#include "store/session.hpp"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <map>

namespace store::ctl {

namespace {

/// A group as it lies in the database.
struct LifeLine {
    authz::Key group;
    std::vector<authz::Record> records; ///< in order of decision
    std::map<authz::Key, std::int64_t> redeliveries;
    std::int64_t postings = 0;
};

authz::Key key_named(const std::string& text)
{
    const auto bytes = bytes_of_hex(text);
    if (!bytes) throw UsageError("\"" + text + "\" is no key; a key has 32 hexadecimal digits");
    return authz::Key{*bytes};
}

authz::KeyFields fields_of(const TransactionName& name)
{
    if (name.mti.size() != 4) throw UsageError("--mti \"" + name.mti + "\" has not four digits");
    return {name.network, name.mti.substr(1, 2), name.stan, name.terminal};
}

/// With its transmission time a transaction has one key, also when only its reversal has come.
authz::Key key_of(pqxx::transaction_base& work, const TransactionName& name)
{
    if (!name.key.empty()) return key_named(name.key);
    const authz::KeyFields fields = fields_of(name);
    if (!name.transmitted.empty()) {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        const auto moment = authz::moment_near(name.transmitted, now);
        if (!moment)
            throw UsageError("--transmitted \"" + name.transmitted + "\" is no moment; write MMDDhhmmss");
        return message_key(fields, name.transmitted, *moment);
    }
    const pqxx::result found =
        work.exec_params(queries::find_message.text, to_column(fields.network), to_column(fields.mti_kind),
                         to_column(fields.stan), to_column(fields.terminal));
    if (found.empty()) throw Differs("transaction not found");
    return key_named(found[0][0].c_str());
}

LifeLine load(pqxx::transaction_base& work, const authz::Key& key)
{
    const pqxx::result group = work.exec_params(queries::find_group.text, hex(key.bytes));
    if (group.empty()) throw Differs("transaction not found");
    LifeLine line;
    line.group = key_named(group[0][0].c_str());
    const std::string array = '{' + hex(line.group.bytes) + '}';
    ArrayLiteral keys;
    for (const pqxx::row& row :
         work.exec_params(queries::load_records.text, array, hex(line.group.bytes), hex(line.group.bytes))) {
        if (row["operation"].c_str() == std::string("load"))
            throw Differs("this is the load of an account, not a transaction of a card");
        line.records.push_back(record_of(row));
        keys.add(line.records.back().key);
    }
    for (const pqxx::row& row : work.exec_params(queries::count_redeliveries.text, keys.str()))
        line.redeliveries[key_named(row[0].c_str())] = row[1].as<std::int64_t>();
    line.postings = work.exec_params1(queries::count_postings.text, keys.str())[0].as<std::int64_t>();
    return line;
}

authz::Group group_of(const LifeLine& line)
{
    authz::Group group(line.group);
    for (const authz::Record& record : line.records) group.add(record);
    return group;
}

bool is_approved(const authz::Record& record)
{
    return record.answer.reason == authz::Reason::approved;
}

/// How a live sale stands after what was given back of it.
std::string state_of_live_sale(const LifeLine& line, const authz::Group& group, const authz::Record& sale)
{
    if (group.open_minor() == sale.amount.minor) return "approved";
    if (group.open_minor() > 0) return "partly_refunded";
    const bool by_cancel = std::ranges::any_of(line.records, [&](const authz::Record& r) {
        return r.operation == authz::Operation::cancel && is_approved(r) && !group.is_reversed(r);
    });
    return by_cancel ? "cancelled" : "refunded";
}

std::string state_of(const LifeLine& line)
{
    const authz::Group group = group_of(line);
    const authz::Record* root = group.root();
    if (root == nullptr) {
        const bool reversed = std::ranges::any_of(line.records, authz::is_effective_reversal);
        return reversed ? "reversed_before_arrival" : "unknown";
    }
    if (root->answer.reason == authz::Reason::reversed_before_arrival) return "reversed_before_arrival";
    if (!is_approved(*root)) return "declined";
    if (group.is_reversed(*root)) return "reversed";
    return root->operation == authz::Operation::sale ? state_of_live_sale(line, group, *root) : "approved";
}

std::string moment_text(authz::Time time)
{
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t clock = std::chrono::system_clock::to_time_t(second);
    std::tm utc{};
    ::gmtime_r(&clock, &utc);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    char fraction[16];
    std::snprintf(fraction, sizeof fraction, ".%06dZ", static_cast<int>((time - second).count()));
    return std::string(text) + fraction;
}

std::int64_t redeliveries_of(const LifeLine& line, const authz::Key& key)
{
    const auto found = line.redeliveries.find(key);
    return found == line.redeliveries.end() ? 0 : found->second;
}

void print_json(const LifeLine& line)
{
    JsonText events = JsonText::array();
    for (const authz::Record& r : line.records)
        events.add(JsonText::object()
                       .add("key", hex(r.key.bytes))
                       .add("operation", name_of(r.operation))
                       .add("mti_kind", r.key_fields.mti_kind)
                       .add("stan", r.key_fields.stan)
                       .add("reason", name_of(r.answer.reason))
                       .add("code", r.answer.code)
                       .add("amount_minor", r.amount.minor)
                       .add("posted_minor", r.posted_minor)
                       .add("anomaly", name_of(r.anomaly))
                       .add("at", moment_text(r.decided_at))
                       .add("redeliveries", redeliveries_of(line, r.key)));
    const authz::Group group = group_of(line);
    std::cout << JsonText::object()
                     .add("schema", "tollgate/transaction/1")
                     .add("group", hex(line.group.bytes))
                     .add("state", state_of(line))
                     .add("taken_minor", -group.posted_minor())
                     .add("refundable_minor", group.open_minor())
                     .add("events", events)
                     .add("postings", line.postings)
                     .str()
              << '\n';
}

void print_text(const LifeLine& line)
{
    const authz::Group group = group_of(line);
    std::cout << "transaction " << hex(line.group.bytes) << "  " << state_of(line) << '\n';
    for (const authz::Record& r : line.records) {
        std::cout << "  " << moment_text(r.decided_at) << "  " << std::left << std::setw(15)
                  << name_of(r.operation) << std::setw(8) << r.key_fields.stan << std::right << std::setw(16)
                  << authz::format_money(r.amount) << "  " << std::left << std::setw(3) << r.answer.code
                  << std::setw(24) << name_of(r.answer.reason) << std::right << "moved " << r.posted_minor;
        if (r.anomaly != authz::Anomaly::none) std::cout << "  anomaly " << name_of(r.anomaly);
        if (const auto count = redeliveries_of(line, r.key); count > 0)
            std::cout << "  repeated " << count << "x";
        std::cout << '\n';
    }
    std::cout << "  taken " << -group.posted_minor() << ", still refundable " << group.open_minor()
              << ", postings " << line.postings << " (minor units)\n";
}

} // namespace

int tx_show(const Context& context, const TransactionName& name)
{
    pqxx::connection connection(with_connection_defaults(context.database));
    pqxx::work work(connection, "tx show");
    work.exec("set transaction isolation level repeatable read, read only");
    const LifeLine line = load(work, key_of(work, name));
    if (context.output == Output::json)
        print_json(line);
    else
        print_text(line);
    return exit_done;
}

} // namespace store::ctl
