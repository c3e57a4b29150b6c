#include "store/ctl.hpp"
#include "store/json_text.hpp"
#include "store/repair_items.hpp"

#include <iomanip>
#include <iostream>

namespace store::ctl {

namespace {

constexpr std::size_t rows_max = 1'000;

JsonText json_of(const RepairItem& item)
{
    return JsonText::object()
        .add("id", item.id)
        .add("kind", item.kind)
        .add("task", item.task)
        .add("key", item.key)
        .add("delivery", item.delivery)
        .add("state", item.state)
        .add("outcome", item.outcome)
        .add("reason", item.reason)
        .add("attempts", item.attempts)
        .add("found_at", item.found_at)
        .add("age_seconds", item.age_s)
        .add("due_in_seconds", item.due_in_s)
        .add("leased_by", item.leased_by);
}

void print_line(const RepairItem& item)
{
    std::cout << std::setw(8) << item.id << "  " << std::left << std::setw(15) << item.kind << std::setw(17)
              << item.task << item.key << "  " << std::setw(7) << item.state << std::setw(12) << item.outcome
              << std::right << std::setw(9) << item.age_s << " s" << std::setw(5) << item.attempts << "x";
    if (!item.reason.empty()) std::cout << "  " << item.reason;
    std::cout << '\n';
}

void print_json(const RepairView& view)
{
    JsonText items = JsonText::array();
    for (const RepairItem& item : view.items) items.add(json_of(item));
    JsonText backlog = JsonText::array();
    for (const RepairBacklog& b : view.backlog)
        backlog.add(JsonText::object()
                        .add("kind", b.kind)
                        .add("task", b.task)
                        .add("open", b.open)
                        .add("oldest_seconds", b.oldest_s)
                        .add("overdue", std::int64_t{b.is_overdue()}));
    JsonText leaders = JsonText::array();
    for (const RepairLeader& l : view.leaders)
        leaders.add(JsonText::object().add("kind", l.kind).add("session", l.session));
    std::cout << JsonText::object()
                     .add("schema", "tollgate/repair/1")
                     .add("items", items)
                     .add("backlog", backlog)
                     .add("leaders", leaders)
                     .add("overdue", std::int64_t{view.is_overdue()})
                     .str()
              << '\n';
}

void print_text(const RepairView& view)
{
    for (const RepairItem& item : view.items) print_line(item);
    if (view.items.size() == rows_max) std::cout << "(the first " << rows_max << ")\n";
    for (const RepairBacklog& b : view.backlog)
        std::cout << b.kind << ' ' << b.task << ": " << b.open << " open, the oldest " << b.oldest_s << " s"
                  << (b.is_overdue() ? "  OVERDUE" : "") << '\n';
    if (view.backlog.empty()) std::cout << "nothing is open\n";
    for (const RepairLeader& l : view.leaders) std::cout << l.kind << " is led by \"" << l.session << "\"\n";
}

/// Everything that one kind has to do now.
/// returns  nothing when a server leads this kind: it has been asked to hurry
std::optional<RepairCounts> run_kind(const RepairSettings& settings, RepairKind kind)
{
    Repair repair(settings, kind);
    repair.hurry();
    if (!repair.leads()) return std::nullopt;
    RepairCounts total;
    for (;;) {
        RepairCounts round = repair.carry_out();
        round += repair.look();
        total += round;
        if (!round.has_more) break;
    }
    total += repair.look_at_groups();
    return total;
}

} // namespace

int repair_list(const Context& context, RepairListing listing)
{
    const RepairView view = repair_view(
        context.database, listing == RepairListing::all ? RepairRows::all : RepairRows::open, rows_max);
    if (context.output == Output::json)
        print_json(view);
    else
        print_text(view);
    return view.is_overdue() ? exit_differs : exit_done;
}

int repair_show(const Context& context, std::int64_t id)
{
    const auto item = repair_item(context.database, id);
    if (!item) throw Differs("repair item " + std::to_string(id) + " is not found");
    if (context.output == Output::json)
        std::cout
            << JsonText::object().add("schema", "tollgate/repair-item/1").add("item", json_of(*item)).str()
            << '\n';
    else
        print_line(*item);
    return exit_done;
}

int repair_close(const Context& context, std::int64_t id, const std::string& note)
{
    if (!close_by_hand(context.database, id, note))
        throw Differs("repair item " + std::to_string(id) +
                      " is not open, or is an own undo, which is carried out");
    return repair_show(context, id);
}

int repair_run(const Context& context, const std::string& only)
{
    RepairSettings settings;
    settings.ledger.url = context.database;
    settings.ledger.application_name = "tollgatectl repair";
    JsonText kinds = JsonText::array();
    std::int64_t failed = 0;
    for (const RepairKind kind : repair_kinds) {
        if (!only.empty() && only != name_of(kind)) continue;
        const auto counts = run_kind(settings, kind);
        const RepairCounts c = counts.value_or(RepairCounts{});
        failed += c.failed;
        kinds.add(JsonText::object()
                      .add("kind", name_of(kind))
                      .add("led_by_us", std::int64_t{counts.has_value()})
                      .add("done", c.done)
                      .add("failed", c.failed)
                      .add("found", c.found));
        if (context.output == Output::json) continue;
        std::cout << name_of(kind) << ": ";
        if (counts)
            std::cout << c.done << " done, " << c.failed << " put off, " << c.found << " found\n";
        else
            std::cout << "a server leads it and has been asked to hurry\n";
    }
    if (context.output == Output::json)
        std::cout << JsonText::object()
                         .add("schema", "tollgate/repair-run/1")
                         .add("kinds", kinds)
                         .add("failed", failed)
                         .str()
                  << '\n';
    return failed == 0 ? exit_done : exit_differs;
}

} // namespace store::ctl
