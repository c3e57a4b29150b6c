#include "net/strict_toml.hpp"

#include <algorithm>
#include <charconv>

namespace net {

namespace {

std::string quoted(std::string_view text)
{
    return "\"" + std::string(text) + "\"";
}

/// Characters from begin to end where both are on one line; else of what cannot be said: 1.
std::uint32_t width_of(const toml::source_region& where)
{
    const bool is_one_line = where.begin.line == where.end.line;
    return is_one_line && where.end.column > where.begin.column ? where.end.column - where.begin.column : 1;
}

} // namespace

Complaint::Complaint(const toml::source_region& where, std::string what_is_wrong, std::string what_to_do)
    : file(where.path ? *where.path : std::string("?")), line(where.begin.line), column(where.begin.column),
      width(width_of(where)), what(std::move(what_is_wrong)), hint(std::move(what_to_do))
{
}

std::string Complaint::text() const
{
    std::string told = file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + what +
                       (hint.empty() ? "" : "; " + hint);
    // What was found may be quoted in it, line ends included.
    std::replace_if(
        told.begin(), told.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return told;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    constexpr std::int64_t number_max = 1'000'000'000;
    constexpr std::int64_t minutes_max = number_max / 60; // 30 years: clocks count nanoseconds in 64 bits
    if (error != std::errc{} || number < 0 || number > number_max) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit == "ms") return std::chrono::milliseconds(number);
    if (unit == "s") return std::chrono::seconds(number);
    if (unit == "m" && number <= minutes_max) return std::chrono::minutes(number);
    return std::nullopt;
}

StrictTable::StrictTable(const toml::table& table, TableTitle title, Complaints& complaints)
    : table_(table), title_(std::move(title.text)), complaints_(complaints)
{
}

StrictTable::StrictTable(const toml::table& table, const std::string& path, Complaints& complaints)
    : StrictTable(table, TableTitle{"[" + path + "]"}, complaints)
{
}

const toml::node* StrictTable::node(std::string_view key)
{
    known_.emplace(key);
    return table_.get(key);
}

void StrictTable::complain(std::string_view key, const std::string& what, const std::string& hint)
{
    const toml::node* place = table_.get(key);
    complaints_.emplace_back((place ? *place : table_).source(), quoted(key) + " in " + title_ + " " + what,
                             hint);
}

void StrictTable::wrong_type(const toml::node& node, std::string_view key, std::string_view expected)
{
    complaints_.emplace_back(node.source(),
                             quoted(key) + " in " + title_ + " must be " + std::string(expected));
}

std::optional<std::string> StrictTable::text(std::string_view key)
{
    const toml::node* node = this->node(key);
    if (!node) return std::nullopt;
    if (const auto* value = node->as_string()) return value->get();
    wrong_type(*node, key, "text in quotes");
    return std::nullopt;
}

std::string StrictTable::required_text(std::string_view key)
{
    const bool is_missing = !node(key);
    const auto value = text(key);
    if (is_missing) complain(key, "is required");
    if (value && value->empty()) complain(key, "must not be empty");
    return value.value_or("");
}

std::optional<std::int64_t> StrictTable::integer(std::string_view key, IntegerRange range)
{
    const toml::node* node = this->node(key);
    if (!node) return std::nullopt;
    const auto* value = node->as_integer();
    if (value && value->get() >= range.min && value->get() <= range.max) return value->get();
    wrong_type(*node, key, "a number from " + std::to_string(range.min) + " to " + std::to_string(range.max));
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> StrictTable::duration(std::string_view key)
{
    const toml::node* node = this->node(key);
    if (!node) return std::nullopt;
    if (const auto* value = node->as_string())
        if (const auto parsed = parse_duration(value->get())) return parsed;
    wrong_type(*node, key, "a duration such as \"250ms\", \"5s\" or \"2m\"");
    return std::nullopt;
}

std::optional<bool> StrictTable::flag(std::string_view key)
{
    const toml::node* node = this->node(key);
    if (!node) return std::nullopt;
    if (const auto* value = node->as_boolean()) return value->get();
    wrong_type(*node, key, "true or false");
    return std::nullopt;
}

std::optional<double> StrictTable::share(std::string_view key)
{
    const toml::node* node = this->node(key);
    if (!node) return std::nullopt;
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (value && *value >= 0 && *value <= 1) return value;
    wrong_type(*node, key, "a number from 0 to 1");
    return std::nullopt;
}

std::optional<std::vector<std::string>> StrictTable::texts(std::string_view key)
{
    const toml::node* node = this->node(key);
    if (!node) return std::nullopt;
    const toml::array* array = node->as_array();
    std::vector<std::string> values;
    if (array)
        for (const toml::node& element : *array)
            if (const auto* value = element.as_string()) values.push_back(value->get());
    if (array && values.size() == array->size()) return values;
    wrong_type(*node, key, "a list of texts");
    return std::nullopt;
}

std::optional<std::vector<std::int64_t>> StrictTable::integers(std::string_view key, IntegerRange range)
{
    const toml::node* node = this->node(key);
    if (!node) return std::nullopt;
    const toml::array* array = node->as_array();
    std::vector<std::int64_t> values;
    if (array)
        for (const toml::node& element : *array)
            if (const auto* value = element.as_integer();
                value && value->get() >= range.min && value->get() <= range.max)
                values.push_back(value->get());
    if (array && values.size() == array->size()) return values;
    wrong_type(*node, key,
               "a list of numbers from " + std::to_string(range.min) + " to " + std::to_string(range.max));
    return std::nullopt;
}

std::optional<std::size_t> StrictTable::word(std::string_view key, const std::vector<std::string_view>& words)
{
    const auto value = text(key);
    if (!value) return std::nullopt;
    const auto found = std::find(words.begin(), words.end(), *value);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    std::string expected;
    for (const std::string_view word : words) expected += (expected.empty() ? "" : ", ") + quoted(word);
    complain(key, "must be one of " + expected, did_you_mean(*value, words));
    return std::nullopt;
}

const toml::table* StrictTable::table(std::string_view key)
{
    const toml::node* node = this->node(key);
    if (!node) return nullptr;
    if (const toml::table* value = node->as_table()) return value;
    wrong_type(*node, key, "a table");
    return nullptr;
}

std::vector<const toml::table*> StrictTable::tables(std::string_view key)
{
    const toml::node* node = this->node(key);
    if (!node) return {};
    std::vector<const toml::table*> values;
    const toml::array* array = node->as_array();
    if (array)
        for (const toml::node& element : *array)
            if (const toml::table* value = element.as_table()) values.push_back(value);
    if (!array || values.size() != array->size())
        wrong_type(*node, key, "a list of tables: [[" + std::string(key) + "]]");
    return values;
}

void StrictTable::finish()
{
    for (const auto& [key, value] : table_)
        if (!known_.contains(key.str()))
            complaints_.emplace_back(key.source(), "unknown key " + quoted(key.str()) + " in " + title_,
                                     did_you_mean(key.str(), known_));
}

} // namespace net
