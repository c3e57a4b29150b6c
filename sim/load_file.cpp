#include "sim/load_file.hpp"

#include "sim/card_file.hpp"
#include "sim/last_second.hpp"
#include "sim/rate_text.hpp"
#include "sim/run_ids.hpp"
#include "sim/text_parts.hpp"
#include "sim/toml_reader.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace sim {

namespace {

constexpr std::int64_t connections_max = 1'000;
constexpr std::int64_t in_flight_max = 1'000'000;
constexpr std::int64_t cards_max = 1'000'000;

std::chrono::nanoseconds as_time(const Value& value, const std::string& key)
{
    const auto time = parse_time(as_text(value, "\"" + key + "\""));
    if (!time) throw FileError(value.place, "\"" + key + "\" is a time with a unit, for example \"250ms\"");
    return *time;
}

double as_rate(const Value& value, const std::string& key)
{
    const auto rate = parse_rate(as_text(value, "\"" + key + "\""));
    if (!rate) throw FileError(value.place, "\"" + key + "\" is a rate with a unit, for example \"500/s\"");
    return *rate;
}

void read_time(TableReader& reader, const std::string& key, std::chrono::nanoseconds& into)
{
    if (const Value* value = reader.find(key)) into = as_time(*value, key);
}

template <class T> void read_count(TableReader& reader, const std::string& key, std::int64_t highest, T& into)
{
    const Value* value = reader.find(key);
    if (value == nullptr) return;
    const std::int64_t count = as_integer(*value, "\"" + key + "\"");
    if (count < 1 || count > highest)
        throw FileError(value->place, "\"" + key + "\" is 1 to " + std::to_string(highest));
    into = static_cast<T>(count);
}

void read_stage_rate(TableReader& reader, RateStage& stage)
{
    const Value& rate = reader.required("rate");
    if (rate.kind != Value::Kind::array) {
        stage.from = as_rate(rate, "rate");
        return;
    }
    if (rate.items.size() != 2) throw FileError(rate.place, "\"rate\" is one rate, or two: from and to");
    stage.shape = RateStage::Shape::ramp;
    stage.from = as_rate(rate.items[0], "rate");
    stage.to = as_rate(rate.items[1], "rate");
}

void read_spike(TableReader& reader, RateStage& stage)
{
    const Value* spike = reader.find("spike");
    const Value* lasts = reader.find("spike_for");
    if (spike == nullptr && lasts == nullptr) return;
    if (spike == nullptr || lasts == nullptr || stage.shape != RateStage::Shape::constant)
        throw FileError(reader.place(), "a spike needs \"spike\", \"spike_for\" and one \"rate\"");
    stage.shape = RateStage::Shape::spike;
    stage.to = as_rate(*spike, "spike");
    stage.spike = as_time(*lasts, "spike_for");
    if (stage.spike > stage.lasts) throw FileError(lasts->place, "the spike is longer than its stage");
}

void read_steps(TableReader& reader, RateStage& stage)
{
    const Value* steps = reader.find("steps");
    if (steps == nullptr) return;
    stage.steps = static_cast<int>(std::clamp<std::int64_t>(as_integer(*steps, "\"steps\""), 0, 1'001));
    if (stage.steps < 2 || stage.steps > 1'000 || stage.shape != RateStage::Shape::ramp)
        throw FileError(steps->place, "\"steps\" is 2 to 1000, between two rates");
    stage.shape = RateStage::Shape::step;
}

RateStage read_stage(const Value& value, std::size_t number)
{
    TableReader reader(value, "[[stage]]");
    RateStage stage;
    stage.name = reader.text("name").value_or("stage-" + std::to_string(number));
    stage.lasts = as_time(reader.required("for"), "for");
    read_stage_rate(reader, stage);
    read_steps(reader, stage);
    read_spike(reader, stage);
    if (const Value* record = reader.find("record")) {
        if (record->kind != Value::Kind::boolean)
            throw FileError(record->place, "\"record\" is true or false");
        stage.is_recorded = record->integer != 0;
    }
    reader.finish();
    return stage;
}

LoadPlan::Scenario read_scenario(const Value& value)
{
    TableReader reader(value, "[[mix]]");
    LoadPlan::Scenario scenario;
    scenario.name = reader.required_text("scenario");
    std::int64_t weight = 1;
    read_count(reader, "weight", 1'000'000, weight);
    scenario.weight = static_cast<double>(weight);
    read_time(reader, "gap", scenario.gap);
    reader.finish();
    return scenario;
}

const std::vector<Value>& tables(TableReader& reader, const std::string& key)
{
    const Value& value = reader.required(key);
    if (value.kind != Value::Kind::array || value.items.empty())
        throw FileError(value.place, "\"" + key + "\" is one or more tables: [[" + key + "]]");
    return value.items;
}

/// The exponent; 0 for uniform.
double as_pick(const Value& value)
{
    const std::string& text = as_text(value, "\"pick\"");
    if (text == "uniform") return 0;
    if (text.starts_with("zipf "))
        if (const auto exponent = parse_number(text.substr(5)); exponent && *exponent <= 10) return *exponent;
    throw FileError(value.place, "\"pick\" is \"uniform\" or \"zipf\" with an exponent: \"zipf 1.1\"");
}

void read_cards(const Value& value, LoadPlan::Cards& cards)
{
    TableReader reader(value, "[cards]");
    cards.file = reader.text("file").value_or("");
    read_count(reader, "count", cards_max, cards.count);
    if (const Value* bin = reader.find("bin")) {
        cards.bin = as_text(*bin, "\"bin\"");
        if (cards.bin.size() != 6 || cards.bin.find_first_not_of("0123456789") != std::string::npos)
            throw FileError(bin->place, "\"bin\" is six digits");
    }
    if (const Value* pick = reader.find("pick")) cards.zipf = as_pick(*pick);
    reader.finish();
}

Amount as_amount(const Value& value)
{
    const auto amount = parse_amount(as_text(value, "\"amount\""));
    if (!amount || amount->minor < 1 || amount->minor > amount_minor_max)
        throw FileError(value.place,
                        "\"amount\" is an amount with its currency, for example \"12.50 EUR\", of "
                        "twelve digits at most");
    return *amount;
}

void read_amount(const Value& value, LoadPlan& plan)
{
    if (value.kind != Value::Kind::array) {
        plan.amount_min = plan.amount_max = as_amount(value);
        return;
    }
    if (value.items.size() != 2)
        throw FileError(value.place, "\"amount\" is one amount, or two: from and to");
    plan.amount_min = as_amount(value.items[0]);
    plan.amount_max = as_amount(value.items[1]);
    if (plan.amount_min.currency != plan.amount_max.currency || plan.amount_min.minor > plan.amount_max.minor)
        throw FileError(value.place, "the second \"amount\" is no less than the first, in its currency");
}

void read_times(TableReader& reader, LoadPlan& plan)
{
    read_time(reader, "deadline", plan.deadline);
    read_time(reader, "slip_limit", plan.slip_limit);
    if (const Value* law = reader.find("arrivals")) {
        const std::string& text = as_text(*law, "\"arrivals\"");
        if (text != "constant" && text != "poisson")
            throw FileError(law->place, "\"arrivals\" is \"constant\" or \"poisson\"");
        plan.arrivals = text == "constant" ? Arrivals::constant : Arrivals::poisson;
    }
    if (const Value* start = reader.find("start")) {
        plan.start_us = parse_moment(as_text(*start, "\"start\""));
        if (!plan.start_us)
            throw FileError(start->place, "\"start\" is a moment, for example \"2026-08-01T03:15:00Z\"");
    }
}

void read_target(TableReader& reader, LoadPlan& plan)
{
    const Value* target = reader.find("target");
    if (target == nullptr) return;
    try {
        plan.target = parse_address(as_text(*target, "\"target\""));
    } catch (const std::invalid_argument& error) {
        throw FileError(target->place, error.what());
    }
}

void read_thresholds(TableReader& reader, LoadPlan& plan)
{
    const Value* list = reader.find("thresholds");
    if (list == nullptr) return;
    if (list->kind != Value::Kind::array) throw FileError(list->place, "\"thresholds\" is a list of texts");
    for (const Value& item : list->items) {
        try {
            plan.thresholds.push_back(parse_threshold(as_text(item, "a threshold")));
        } catch (const std::invalid_argument& error) {
            throw FileError(item.place, error.what());
        }
    }
}

} // namespace

LoadPlan parse_load(std::string_view toml, const std::string& file_name)
{
    const Value root = parse_toml(toml, file_name);
    TableReader reader(root, "the load");
    LoadPlan plan;
    plan.name = reader.text("name").value_or(plan.name);
    if (const auto seed = reader.integer("seed")) plan.seed = static_cast<std::uint64_t>(*seed);
    read_target(reader, plan);
    plan.network = reader.text("network").value_or(plan.network);
    read_count(reader, "connections", connections_max, plan.connections);
    read_count(reader, "in_flight", in_flight_max, plan.in_flight);
    read_times(reader, plan);
    for (const Value& stage : tables(reader, "stage")) {
        RateStage read = read_stage(stage, plan.stages.size() + 1);
        for (const RateStage& before : plan.stages)
            if (before.name == read.name)
                throw FileError(stage.place, "two stages are named \"" + read.name + "\"");
        plan.stages.push_back(std::move(read));
    }
    for (const Value& scenario : tables(reader, "mix")) plan.mix.push_back(read_scenario(scenario));
    if (const Value* cards = reader.find("cards")) read_cards(*cards, plan.cards);
    if (const Value* amount = reader.find("amount")) read_amount(*amount, plan);
    read_thresholds(reader, plan);
    reader.finish();
    return plan;
}

std::vector<LoadPlan::Scenario> mix_of(const std::string& text)
{
    std::vector<LoadPlan::Scenario> mix;
    for (auto& [name, weight] : parse_mix(text)) mix.push_back({.name = name, .weight = weight});
    return mix;
}

std::size_t steps_of(const LoadPlan::Scenario& scenario)
{
    return static_cast<std::size_t>(std::count(scenario.name.begin(), scenario.name.end(), '+')) + 1;
}

std::optional<std::uint64_t> parse_moment(const std::string& text)
{
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end != text.c_str() + text.size()) return std::nullopt;
    const std::tm written = parts;
    const std::time_t seconds = ::timegm(&parts); // it makes a day of the next month of 31 April
    const bool is_same = written.tm_mday == parts.tm_mday && written.tm_hour == parts.tm_hour &&
                         written.tm_sec == parts.tm_sec;
    if (seconds < 0 || seconds > last_second || !is_same) return std::nullopt;
    return static_cast<std::uint64_t>(seconds) * 1'000'000;
}

std::string moment_text(std::uint64_t us)
{
    const auto seconds = static_cast<std::time_t>(us / 1'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::vector<CardInHand> cards_of(const LoadPlan::Cards& cards, std::uint64_t seed)
{
    if (!cards.file.empty()) return read_cards(cards.file);
    std::vector<CardInHand> all;
    RunIds ids(seed, seed);
    while (all.size() < cards.count) all.push_back({ids.next_pan(cards.bin), "3512"});
    return all;
}

} // namespace sim
