#include "authz/calendar.hpp"
#include "authz/currency.hpp"
#include "authz/group.hpp"
#include "store/array_literal.hpp"
#include "store/ctl.hpp"
#include "store/json_text.hpp"
#include "store/message_key.hpp"
#include "store/reversal_words.hpp"
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

/// The records under a key and those whose group it is, each once.
std::vector<authz::Record> records_under(pqxx::transaction_base& work, const authz::Key& key)
{
    std::vector<authz::Record> records;
    const std::string text = hex(key.bytes);
    for (const pqxx::row& row : work.exec_params(queries::load_records.text, '{' + text + '}', text, text)) {
        if (row["operation"].c_str() == std::string("load"))
            throw Differs("this is the load of an account, not a transaction of a card");
        records.push_back(record_of(row));
    }
    return records;
}

LifeLine load(pqxx::transaction_base& work, const authz::Key& key)
{
    const pqxx::result group = work.exec_params(queries::find_group.text, hex(key.bytes));
    if (group.empty()) throw Differs("transaction not found");
    LifeLine line;
    line.group = key_named(group[0][0].c_str());
    line.records = records_under(work, line.group);
    // What named an advice before it came hangs on the advice's own key.
    for (std::size_t i = 0; i < line.records.size(); ++i) {
        if (line.records[i].operation != authz::Operation::stand_in || line.records[i].key == line.group)
            continue;
        for (authz::Record& record : records_under(work, line.records[i].key))
            if (record.group == line.records[i].key) line.records.push_back(std::move(record));
    }
    std::ranges::stable_sort(line.records, {}, &authz::Record::decided_at);
    ArrayLiteral keys;
    for (const authz::Record& record : line.records) keys.add(record.key);
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

/// How much of it is left is as told by the reversals alone.
std::string state_of_untouched(const authz::Group& group, const authz::Record& carrier)
{
    if (group.live_minor() < carrier.approved_minor()) return "reduced";
    if (carrier.operation == authz::Operation::stand_in) return "stood_in";
    return carrier.answer.reason == authz::Reason::approved_in_part ? "approved_in_part" : "approved";
}

/// How a live sale stands after what was given back of it.
std::string state_of_live_sale(const LifeLine& line, const authz::Group& group, const authz::Record& carrier)
{
    if (group.open_minor() == group.live_minor()) return state_of_untouched(group, carrier);
    if (group.open_minor() > 0) return "partly_refunded";
    const bool by_cancel = std::ranges::any_of(line.records, [&](const authz::Record& r) {
        return r.operation == authz::Operation::cancel && r.answer.reason == authz::Reason::approved &&
               !group.is_reversed(r);
    });
    return by_cancel ? "cancelled" : "refunded";
}

/// Nothing approved carries it: it was refused, or only what names it has come.
std::string state_without_carrier(const LifeLine& line, const authz::Record* root)
{
    if (root != nullptr)
        return root->answer.reason == authz::Reason::reversed_before_arrival ? "reversed_before_arrival"
                                                                             : "declined";
    const auto is_advice = [](const authz::Record& r) { return r.operation == authz::Operation::stand_in; };
    if (std::ranges::any_of(line.records, is_advice)) return "declined"; // by the network
    const bool is_reversed = std::ranges::any_of(line.records, authz::is_effective_reversal);
    return is_reversed ? "reversed_before_arrival" : "unknown";
}

std::string state_of(const LifeLine& line)
{
    const authz::Group group = group_of(line);
    const authz::Record* carrier = group.carrier();
    if (carrier == nullptr) return state_without_carrier(line, group.root());
    if (group.is_reversed(*carrier)) return "reversed";
    return carrier->operation == authz::Operation::refund ? "approved"
                                                          : state_of_live_sale(line, group, *carrier);
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

JsonText event_of(const authz::Record& r, std::int64_t redeliveries)
{
    JsonText event = JsonText::object();
    event.add("key", hex(r.key.bytes))
        .add("operation", name_of(r.operation))
        .add("mti_kind", r.key_fields.mti_kind)
        .add("stan", r.key_fields.stan)
        .add("reason", name_of(r.answer.reason))
        .add("code", r.answer.code)
        .add("amount_minor", r.amount.minor);
    if (r.answer.approved_minor) event.add("approved_minor", *r.answer.approved_minor);
    if (r.operation == authz::Operation::fault_reversal) event.add("scope", name_of(r.scope));
    if (r.part) event.add("part_mode", name_of(r.part->mode)).add("part_minor", r.part->minor);
    event.add("posted_minor", r.posted_minor)
        .add("anomaly", name_of(r.anomaly))
        .add("at", moment_text(r.decided_at))
        .add("redeliveries", redeliveries);
    return event;
}

void print_json(const LifeLine& line)
{
    JsonText events = JsonText::array();
    for (const authz::Record& r : line.records) events.add(event_of(r, redeliveries_of(line, r.key)));
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
        if (r.answer.approved_minor) std::cout << "  approved for " << *r.answer.approved_minor;
        if (r.part) std::cout << "  part " << name_of(r.part->mode) << ' ' << r.part->minor;
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
