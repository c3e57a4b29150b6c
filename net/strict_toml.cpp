#include "net/strict_toml.hpp"

#include "codec/edit_distance.hpp"

#include <algorithm>
#include <charconv>

namespace net {

namespace {

template <class Names> std::string did_you_mean(std::string_view wrong, const Names& names)
{
    const std::string_view meant = codec::nearest_word(wrong, names);
    return meant.empty() ? std::string{} : "; did you mean \"" + std::string(meant) + "\"?";
}

std::string quoted(std::string_view text)
{
    return "\"" + std::string(text) + "\"";
}

} // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    constexpr std::int64_t number_max = 1'000'000'000;
    if (error != std::errc{} || number < 0 || number > number_max) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit == "ms") return std::chrono::milliseconds(number);
    if (unit == "s") return std::chrono::seconds(number);
    if (unit == "m") return std::chrono::minutes(number);
    return std::nullopt;
}

std::string place_of(const toml::node& node)
{
    const toml::source_region& source = node.source();
    const std::string file = source.path ? *source.path : std::string("?");
    return file + ":" + std::to_string(source.begin.line) + ":" + std::to_string(source.begin.column) + ": ";
}

StrictTable::StrictTable(const toml::table& table, std::string path, Complaints& complaints)
    : table_(table), path_(std::move(path)), complaints_(complaints)
{
}

const toml::node* StrictTable::find(std::string_view key)
{
    known_.emplace(key);
    return table_.get(key);
}

void StrictTable::complain(std::string_view key, const std::string& what)
{
    const toml::node* node = table_.get(key);
    complaints_.push_back(place_of(node ? *node : table_) + quoted(key) + " in [" + path_ + "] " + what);
}

void StrictTable::wrong_type(const toml::node& node, std::string_view key, std::string_view expected)
{
    complaints_.push_back(place_of(node) + quoted(key) + " in [" + path_ + "] must be " +
                          std::string(expected));
}

std::optional<std::string> StrictTable::text(std::string_view key)
{
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    if (const auto* value = node->as_string()) return value->get();
    wrong_type(*node, key, "text in quotes");
    return std::nullopt;
}

std::string StrictTable::required_text(std::string_view key)
{
    const bool is_missing = !find(key);
    const auto value = text(key);
    if (is_missing) complain(key, "is required");
    if (value && value->empty()) complain(key, "must not be empty");
    return value.value_or("");
}

std::optional<std::int64_t> StrictTable::integer(std::string_view key, IntegerRange range)
{
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    const auto* value = node->as_integer();
    if (value && value->get() >= range.min && value->get() <= range.max) return value->get();
    wrong_type(*node, key, "a number from " + std::to_string(range.min) + " to " + std::to_string(range.max));
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> StrictTable::duration(std::string_view key)
{
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    if (const auto* value = node->as_string())
        if (const auto parsed = parse_duration(value->get())) return parsed;
    wrong_type(*node, key, "a duration such as \"250ms\", \"5s\" or \"2m\"");
    return std::nullopt;
}

std::optional<bool> StrictTable::flag(std::string_view key)
{
    const toml::node* node = find(key);
    if (!node) return std::nullopt;
    if (const auto* value = node->as_boolean()) return value->get();
    wrong_type(*node, key, "true or false");
    return std::nullopt;
}

std::optional<std::vector<std::string>> StrictTable::texts(std::string_view key)
{
    const toml::node* node = find(key);
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
    const toml::node* node = find(key);
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
    complain(key, "must be one of " + expected + did_you_mean(*value, words));
    return std::nullopt;
}

const toml::table* StrictTable::table(std::string_view key)
{
    const toml::node* node = find(key);
    if (!node) return nullptr;
    if (const toml::table* value = node->as_table()) return value;
    wrong_type(*node, key, "a table");
    return nullptr;
}

std::vector<const toml::table*> StrictTable::tables(std::string_view key)
{
    const toml::node* node = find(key);
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
    for (const auto& [key, node] : table_)
        if (!known_.contains(key.str()))
            complaints_.push_back(place_of(node) + "unknown key " + quoted(key.str()) + " in [" + path_ +
                                  "]" + did_you_mean(key.str(), known_));
}

} // namespace net
