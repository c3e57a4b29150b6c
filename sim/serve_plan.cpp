#include "sim/serve_plan.hpp"

#include "sim/card_file.hpp"
#include "sim/rate_text.hpp"
#include "sim/text_parts.hpp"
#include "sim/toml_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numeric>

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
    if (most.minor > amount_minor_max) throw FileError(value.place, "\"amounts\" have twelve digits at most");
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
    if (sale.minor < 0 || card.minor < 0)
        throw FileError(value.place, "the limits of \"stand_in\" are not below zero");
    plan.stand_in = StandIn{sale.minor, card.minor};
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
            plan.rate = rate_of(as_text(*rate, "\"rate\""));
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

double rate_of(const std::string& text)
{
    constexpr double rate_max = 1'000'000;
    const auto rate = parse_rate(text);
    if (!rate || *rate <= 0 || *rate > rate_max)
        throw std::invalid_argument("a rate is above zero with its unit, for example \"20/s\"");
    return *rate;
}

void put_mix(const std::string& text, ServePlan& plan)
{
    std::array<std::uint32_t, serve_kinds> weights{};
    for (const auto& [name, weight] : parse_mix(text)) {
        const auto kind = std::find(kind_names.begin(), kind_names.end(), name);
        if (kind == kind_names.end())
            throw std::invalid_argument("no kind \"" + name + "\"" + hint(name, known_kinds()));
        if (weight > weight_max || weight != std::floor(weight))
            throw std::invalid_argument("a mix is sale=8,refund=1: weights are whole, from 1 to 1000000");
        weights.at(kind - kind_names.begin()) = static_cast<std::uint32_t>(weight);
    }
    std::copy(weights.begin(), weights.end(), std::begin(plan.mix));
}

} // namespace sim
