#include "sim/serve_plan.hpp"

#include "sim/run_ids.hpp"
#include "sim/toml_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <numeric>
#include <sstream>

namespace sim {

namespace {

constexpr std::array<std::string_view, serve_kinds> kind_names{"sale", "refund", "linked_refund", "cancel",
                                                               "inquiry"};
constexpr std::int64_t weight_max = 1'000'000;

std::vector<std::string> known_kinds()
{
    return {kind_names.begin(), kind_names.end()};
}

Amount amount_at(const Value& value, std::string_view what)
{
    const auto amount = parse_amount(as_text(value, what));
    if (!amount) throw FileError(value.place, std::string(what) + " is an amount, for example \"100 JPY\"");
    return *amount;
}

void read_amounts(const Value& value, ServePlan& plan)
{
    if (value.kind != Value::Kind::array || value.items.size() != 2)
        throw FileError(value.place, "\"amounts\" is the least and the most: [\"1 JPY\", \"500 JPY\"]");
    const Amount least = amount_at(value.items[0], "an amount");
    const Amount most = amount_at(value.items[1], "an amount");
    if (least.currency != most.currency || least.minor <= 0 || least.minor > most.minor)
        throw FileError(value.place, "\"amounts\" are of one currency, above zero, the least first");
    plan.amount_min = least;
    plan.amount_max_minor = most.minor;
}

void read_mix(const Value& value, ServePlan& plan)
{
    TableReader reader(value, "mix");
    for (std::size_t i = 0; i < serve_kinds; ++i) {
        const auto weight = reader.integer(std::string(kind_names[i])).value_or(0);
        if (weight < 0 || weight > weight_max)
            throw FileError(value.place, "a weight of \"mix\" is 0 to 1000000");
        plan.mix[i] = static_cast<std::uint32_t>(weight);
    }
    reader.finish();
    if (std::accumulate(std::begin(plan.mix), std::end(plan.mix), 0U) == 0)
        throw FileError(value.place, "\"mix\" is empty");
}

void read_stand_in(const Value& value, ServePlan& plan)
{
    TableReader reader(value, "stand_in");
    const Amount sale = amount_at(reader.required("sale"), "\"sale\"");
    const Amount card = amount_at(reader.required("card"), "\"card\"");
    reader.finish();
    if (sale.currency != plan.amount_min.currency || card.currency != plan.amount_min.currency)
        throw FileError(value.place, "the limits of \"stand_in\" have the currency of \"amounts\"");
    plan.stand_in = StandIn{sale.minor, card.minor};
}

std::vector<std::string> split(const std::string& line)
{
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    return cells;
}

bool is_pan(const std::string& text)
{
    return text.size() >= 13 && text.size() <= 19 &&
           text.find_first_not_of("0123456789") == std::string::npos &&
           luhn_digit(text.substr(0, text.size() - 1)) == text.back();
}

/// "2035-12" as DE14 has it: "3512".
std::string expiry_of(const std::string& text)
{
    const bool fits = text.size() == 7 && text[4] == '-';
    return fits ? text.substr(2, 2) + text.substr(5, 2) : std::string();
}

} // namespace

std::string_view name_of(ServeKind kind)
{
    return kind_names.at(static_cast<std::size_t>(kind));
}

bool names_a_sale(ServeKind kind)
{
    return kind == ServeKind::linked_refund || kind == ServeKind::cancel;
}

ServeKind ServePlan::draw_kind(Rng& rng) const
{
    std::uint64_t at = rng.below(std::accumulate(std::begin(mix), std::end(mix), std::uint64_t{0}));
    std::size_t kind = 0;
    while (at >= mix[kind]) at -= mix[kind++];
    return static_cast<ServeKind>(kind);
}

Amount ServePlan::draw_amount(Rng& rng) const
{
    const auto span = static_cast<std::uint64_t>(amount_max_minor - amount_min.minor) + 1;
    return {amount_min.minor + static_cast<std::int64_t>(rng.below(span)), amount_min.currency};
}

void read_serve_plan(const std::string& file, ServePlan& plan)
{
    const Value root = parse_toml(read_whole_file(file), file);
    TableReader reader(root, "the traffic");
    if (const Value* rate = reader.find("rate")) {
        try {
            plan.rate = parse_rate(as_text(*rate, "\"rate\""));
        } catch (const std::invalid_argument& error) {
            throw FileError(rate->place, error.what());
        }
    }
    if (const Value* count = reader.find("count")) {
        const std::int64_t number = as_integer(*count, "\"count\"");
        if (number <= 0) throw FileError(count->place, "\"count\" is above zero");
        plan.count = static_cast<std::uint64_t>(number);
    }
    if (const Value* amounts = reader.find("amounts")) read_amounts(*amounts, plan);
    if (const Value* mix = reader.find("mix")) read_mix(*mix, plan);
    if (const Value* stand_in = reader.find("stand_in")) read_stand_in(*stand_in, plan);
    if (const auto cards = reader.text("cards"))
        plan.cards = read_cards((std::filesystem::path(file).parent_path() / *cards).string());
    reader.finish();
}

double parse_rate(const std::string& text)
{
    double rate = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (error != std::errc{} || std::string_view(end) != "/s" || !(rate > 0 && rate <= 1'000'000))
        throw std::invalid_argument("a rate is above zero with its unit, for example \"20/s\"");
    return rate;
}

void parse_mix(const std::string& text, ServePlan& plan)
{
    std::fill(std::begin(plan.mix), std::end(plan.mix), 0U);
    for (const std::string& part : split(text)) {
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string name = part.substr(0, equals);
        const auto kind = std::find(kind_names.begin(), kind_names.end(), name);
        if (kind == kind_names.end())
            throw std::invalid_argument("no kind \"" + name + "\"" + hint(name, known_kinds()));
        const char* digits = part.data() + std::min(equals + 1, part.size());
        std::uint32_t weight = 0;
        const auto [end, error] = std::from_chars(digits, part.data() + part.size(), weight);
        if (error != std::errc{} || end != part.data() + part.size() || weight == 0 || weight > weight_max)
            throw std::invalid_argument("a mix is sale=8,refund=1: weights from 1 to 1000000");
        plan.mix[kind - kind_names.begin()] = weight;
    }
    if (text.empty()) throw std::invalid_argument("the mix is empty");
}

std::vector<CardInHand> read_cards(const std::string& file)
{
    std::istringstream lines(read_whole_file(file));
    std::string line;
    std::getline(lines, line);
    const auto names = split(line);
    const auto pan = static_cast<std::size_t>(std::find(names.begin(), names.end(), "pan") - names.begin());
    const auto expiry =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), "expiry") - names.begin());
    if (pan == names.size() || expiry == names.size())
        throw FileError({file, 1, 0}, "the first line has no columns pan and expiry");
    std::vector<CardInHand> cards;
    for (int number = 2; std::getline(lines, line); ++number) {
        if (line.empty()) continue;
        const auto cells = split(line);
        if (cells.size() <= std::max(pan, expiry)) throw FileError({file, number, 0}, "columns are missing");
        if (!is_pan(cells[pan])) throw FileError({file, number, 0}, "no card number");
        cards.push_back({cells[pan], expiry_of(cells[expiry])});
        if (cards.back().expiry_yymm.empty()) throw FileError({file, number, 0}, "expiry is YYYY-MM");
    }
    if (cards.empty()) throw FileError({file, 0, 0}, "no card");
    return cards;
}

} // namespace sim
