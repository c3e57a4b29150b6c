#include "sim/settlement.hpp"

#include "net/sha256.hpp"
#include "sim/text_parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <map>

namespace sim {

namespace {

constexpr std::string_view schema = "tollgate/settlement/1";
constexpr std::array<std::string_view, 3> outcomes{"approved", "reversed", "advised"};
constexpr std::string_view columns = "line,number,kind,outcome,mti,stan,transmitted,local_time,rrn,terminal,"
                                     "card,currency,amount_minor,approval,acknowledged\n";

/// An issuer may put anything into an approval: that is no reason to lose the day.
std::string cell(std::string text)
{
    constexpr std::string_view ends_a_column = ",\"\r\n";
    std::replace_if(
        text.begin(), text.end(), [&](char c) { return ends_a_column.find(c) != std::string_view::npos; },
        '?');
    return text;
}

std::string joined(std::initializer_list<std::string> cells)
{
    std::string row;
    for (const std::string& text : cells) row += (row.empty() ? "" : ",") + cell(text);
    return row + "\n";
}

std::string row_of(const SettlementLine& line)
{
    return joined({"transaction", std::to_string(line.number), line.kind,
                   std::string(outcomes.at(static_cast<std::size_t>(line.outcome))), line.mti, line.stan,
                   line.transmitted, line.local_time, line.rrn, line.terminal, line.card,
                   line.amount.currency, std::to_string(line.amount.minor), line.approval,
                   line.is_acknowledged ? "yes" : "no"});
}

/// Of any number of amounts, the sum is exact.
__extension__ using Int128 = __int128;

std::string text_of(Int128 number)
{
    std::string digits;
    for (Int128 left = number < 0 ? -number : number; left > 0 || digits.empty(); left /= 10)
        digits += static_cast<char>('0' + static_cast<int>(left % 10));
    if (number < 0) digits += '-';
    std::reverse(digits.begin(), digits.end());
    return digits;
}

template <class Number> Number owed_of(const SettlementLine& line)
{
    const Number minor = line.amount.minor;
    if (line.outcome == SettlementLine::Outcome::reversed) return 0;
    return line.kind == "sale" ? minor : -minor;
}

/// A row for each currency, kind and outcome, and one for what is owed in each currency: as they are written,
/// since the file is read against its sums.
std::string sums_of(const SettlementDay& day)
{
    struct Sum {
        std::uint64_t count = 0;
        Int128 minor = 0;
    };
    std::map<std::array<std::string, 3>, Sum> sums;
    std::map<std::string, Sum> owed;
    for (const SettlementLine& line : day.lines) {
        const std::string outcome(outcomes.at(static_cast<std::size_t>(line.outcome)));
        Sum& sum = sums[{cell(line.amount.currency), cell(line.kind), outcome}];
        ++sum.count;
        sum.minor += line.amount.minor;
        Sum& net = owed[cell(line.amount.currency)];
        ++net.count;
        net.minor += owed_of<Int128>(line);
    }
    std::string text;
    for (const auto& [key, sum] : sums)
        text += joined({"sum", key[0], key[1], key[2], std::to_string(sum.count), text_of(sum.minor)});
    for (const auto& [currency, net] : owed)
        text += joined({"owed", currency, std::to_string(net.count), text_of(net.minor)});
    return text;
}

template <class Number> Number number_of(const std::string& text)
{
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        throw SettlementError("a number that is none");
    return number;
}

SettlementLine line_of(const std::vector<std::string>& cells)
{
    if (cells.size() != 15) throw SettlementError("a transaction with too few or too many columns");
    SettlementLine line;
    line.number = number_of<std::uint64_t>(cells[1]);
    line.kind = cells[2];
    const auto outcome = std::find(outcomes.begin(), outcomes.end(), cells[3]);
    if (outcome == outcomes.end()) throw SettlementError("an outcome that is none");
    line.outcome = static_cast<SettlementLine::Outcome>(outcome - outcomes.begin());
    line.mti = cells[4];
    line.stan = cells[5];
    line.transmitted = cells[6];
    line.local_time = cells[7];
    line.rrn = cells[8];
    line.terminal = cells[9];
    line.card = cells[10];
    line.amount = {number_of<std::int64_t>(cells[12]), cells[11]};
    if (line.amount.minor < 0) throw SettlementError("an amount below zero");
    line.approval = cells[13];
    line.is_acknowledged = cells[14] == "yes";
    return line;
}

std::string without_trailer(const SettlementDay& day)
{
    std::string text = joined({"header", std::string(schema), day.network, day.business_date});
    text += columns;
    for (const SettlementLine& line : day.lines) text += row_of(line);
    return text + sums_of(day);
}

} // namespace

std::int64_t owed_minor(const SettlementLine& line)
{
    return owed_of<std::int64_t>(line);
}

std::string text_of(const SettlementDay& day)
{
    const std::string text = without_trailer(day);
    net::Sha256 digest;
    digest.add(text);
    return text + joined({"trailer", std::to_string(day.lines.size()), digest.hex()});
}

SettlementDay parse_settlement(std::string_view text)
{
    SettlementDay day;
    bool has_trailer = false;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string_view::npos || has_trailer) throw SettlementError("bytes behind the trailer");
        const auto cells = parts_of(text.substr(begin, end - begin), ',');
        begin = end + 1;
        if (cells[0] == "header" && cells.size() == 4 && cells[1] == schema) {
            day.network = cells[2];
            day.business_date = cells[3];
        } else if (cells[0] == "transaction") {
            day.lines.push_back(line_of(cells));
        } else {
            has_trailer = cells[0] == "trailer";
        }
    }
    if (!has_trailer) throw SettlementError("no trailer: the file is cut");
    if (text_of(day) != text) throw SettlementError("sums or digest are not those of the lines");
    return day;
}

std::string business_date(std::int64_t local_ms, std::int64_t cutover_ms)
{
    constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
    const std::time_t seconds = (local_ms - cutover_ms + (cutover_ms > 0 ? day_ms : 0)) / 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 16> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
    return {text.data(), size};
}

} // namespace sim
