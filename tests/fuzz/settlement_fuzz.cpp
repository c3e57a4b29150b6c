/// Input: the text of a settlement file without its trailer. As it is, it is refused; its lines, put together
/// to a day, are written and read again, and their sums are exact.

#include "sim/settlement.hpp"
#include "sim/text_parts.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <charconv>
#include <string>

using fuzz::require;
using sim::SettlementDay;
using sim::SettlementLine;

namespace {

std::optional<SettlementDay> parsed(std::string_view text)
{
    try {
        return sim::parse_settlement(text);
    } catch (const sim::SettlementError& error) {
        require(error.what()[0] != '\0', "a refusal has a reason");
        return std::nullopt;
    }
}

template <class Number> Number number_of(const std::string& text)
{
    Number number = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Missing columns are empty, and what is no number is 0.
SettlementLine line_of(std::vector<std::string> cells)
{
    cells.resize(15);
    SettlementLine line;
    line.number = number_of<std::uint64_t>(cells[1]);
    line.kind = cells[2];
    line.outcome = static_cast<SettlementLine::Outcome>(cells[3].size() % 3);
    line.mti = cells[4];
    line.stan = cells[5];
    line.card = cells[10];
    line.amount = {number_of<std::int64_t>(cells[12]), cells[11]};
    line.approval = cells[13];
    line.is_acknowledged = cells[14] == "yes";
    return line;
}

SettlementDay day_of(const std::string& text)
{
    SettlementDay day{"net", "2026-08-01", {}};
    for (const std::string& row : sim::parts_of(text, '\n'))
        day.lines.push_back(line_of(sim::parts_of(row, ',')));
    return day;
}

/// As its own sum says: of one line, the amount.
void check_sum(const SettlementLine& line)
{
    const std::string text = sim::text_of(SettlementDay{"net", "2026-08-01", {line}});
    require(text.find("," + std::to_string(line.amount.minor) + "\nowed,") != std::string::npos,
            "the sum of one amount is this amount");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text = fuzz::Input(data, size).rest_text();
    if (const auto day = parsed(text))
        require(sim::text_of(*day) == text, "what is read is what was written");
    const SettlementDay day = day_of(text);
    const std::string written = sim::text_of(day);
    if (const auto again = parsed(written)) {
        require(again->lines.size() == day.lines.size(), "no line is lost");
        require(sim::text_of(*again) == written, "it is written alike a second time");
        for (std::size_t i = 0; i < day.lines.size(); ++i)
            require(again->lines[i].amount.minor == day.lines[i].amount.minor, "an amount comes back");
        for (const SettlementLine& line : again->lines) (void)sim::owed_minor(line);
    } else {
        bool has_odd_amount = false;
        for (const SettlementLine& line : day.lines) has_odd_amount |= line.amount.minor < 0;
        require(has_odd_amount, "only a day with an amount below zero is refused");
    }
    check_sum(day.lines.front());
    require(!parsed(std::string_view(written).substr(0, written.size() - 1)),
            "a file that is cut is refused");
    return 0;
}
