#include "sim/toml_reader.hpp"

#include "codec/edit_distance.hpp"
#include "codec/toml.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

namespace sim {

namespace {

Place place_of(const toml::source_region& region, const std::string& file)
{
    return {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

Value value_of(const toml::node& node, const std::string& file);

Value table_of(const toml::table& table, const std::string& file)
{
    Value value;
    value.kind = Value::Kind::table;
    for (const auto& [key, node] : table)
        value.members.push_back(
            Member{std::string(key.str()), value_of(node, file), place_of(key.source(), file)});
    // toml++ sorts by name; people read by place.
    std::stable_sort(value.members.begin(), value.members.end(), [](const Member& a, const Member& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    return value;
}

Value value_of(const toml::node& node, const std::string& file)
{
    Value value;
    if (const auto* table = node.as_table()) {
        value = table_of(*table, file);
    } else if (const auto* array = node.as_array()) {
        value.kind = Value::Kind::array;
        for (const auto& item : *array) value.items.push_back(value_of(item, file));
    } else if (const auto* text = node.as_string()) {
        value.kind = Value::Kind::text;
        value.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
        value.kind = Value::Kind::integer;
        value.integer = integer->get();
    } else if (const auto* boolean = node.as_boolean()) {
        value.kind = Value::Kind::boolean;
        value.integer = boolean->get() ? 1 : 0;
    }
    value.place = place_of(node.source(), file);
    return value;
}

} // namespace

std::string text_of(const Place& place)
{
    if (place.line == 0) return place.file;
    return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

Value parse_toml(std::string_view toml, const std::string& file_name)
{
    try {
        const toml::table table = codec::parse_any_toml(toml, file_name);
        Value value = table_of(table, file_name);
        value.place = {file_name, 1, 1};
        return value;
    } catch (const toml::parse_error& error) {
        throw FileError(place_of(error.source(), file_name), std::string(error.description()));
    }
}

std::string read_whole_file(const std::string& file_name)
{
    std::ifstream in(file_name, std::ios::binary);
    std::string text;
    char piece[65'536];
    while (in.read(piece, sizeof piece) || in.gcount() > 0)
        text.append(piece, static_cast<std::size_t>(in.gcount()));
    if (!in.eof()) throw FileError({file_name, 0, 0}, "cannot be read");
    return text;
}

std::optional<std::string> did_you_mean(std::string_view word, const std::vector<std::string>& known)
{
    const std::string_view nearest = codec::nearest_word(word, known);
    if (nearest.empty()) return std::nullopt;
    return std::string(nearest);
}

std::string hint(std::string_view word, const std::vector<std::string>& known)
{
    const auto meant = did_you_mean(word, known);
    return meant ? " (did you mean \"" + *meant + "\"?)" : std::string();
}

const std::string& as_text(const Value& value, std::string_view what)
{
    if (value.kind != Value::Kind::text)
        throw FileError(value.place, std::string(what) + " must be text in quotes");
    return value.text;
}

std::int64_t as_integer(const Value& value, std::string_view what)
{
    if (value.kind != Value::Kind::integer)
        throw FileError(value.place, std::string(what) + " must be a whole number");
    return value.integer;
}

TableReader::TableReader(const Value& table, std::string what) : table_(table), what_(std::move(what))
{
    if (table.kind != Value::Kind::table) throw FileError(table.place, what_ + " must be a table");
}

const Value* TableReader::find(const std::string& key)
{
    known_.push_back(key);
    for (const Member& member : table_.members)
        if (member.key == key) return &member.value;
    return nullptr;
}

const Value& TableReader::required(const std::string& key)
{
    const Value* value = find(key);
    if (value == nullptr) throw FileError(table_.place, what_ + " needs \"" + key + "\"");
    return *value;
}

std::optional<std::string> TableReader::text(const std::string& key)
{
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    return as_text(*value, "\"" + key + "\"");
}

std::string TableReader::required_text(const std::string& key)
{
    return as_text(required(key), "\"" + key + "\"");
}

std::optional<std::int64_t> TableReader::integer(const std::string& key)
{
    const Value* value = find(key);
    if (value == nullptr) return std::nullopt;
    return as_integer(*value, "\"" + key + "\"");
}

bool TableReader::flag(const std::string& key)
{
    const Value* value = find(key);
    if (value == nullptr) return false;
    if (value->kind != Value::Kind::boolean)
        throw FileError(value->place, "\"" + key + "\" must be true or false");
    return value->integer != 0;
}

std::vector<std::string> TableReader::texts(const std::string& key)
{
    const Value* value = find(key);
    if (value == nullptr) return {};
    if (value->kind != Value::Kind::array) return {as_text(*value, "\"" + key + "\"")};
    std::vector<std::string> all;
    for (const Value& item : value->items) all.push_back(as_text(item, "each of \"" + key + "\""));
    return all;
}

std::vector<std::pair<std::string, Value>> TableReader::pairs(const std::string& key)
{
    const Value* value = find(key);
    if (value == nullptr) return {};
    if (value->kind != Value::Kind::table) throw FileError(value->place, "\"" + key + "\" must be a table");
    std::vector<std::pair<std::string, Value>> all;
    for (const Member& member : value->members) all.emplace_back(member.key, member.value);
    return all;
}

void TableReader::finish() const
{
    for (const Member& member : table_.members)
        if (std::find(known_.begin(), known_.end(), member.key) == known_.end())
            throw FileError(member.place,
                            "unknown key \"" + member.key + "\" in " + what_ + hint(member.key, known_));
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text)
{
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (count > 86'400'000 || count < -86'400'000) return std::nullopt;
    if (unit == "ms") return count;
    if (unit == "s") return count * 1000;
    if (unit == "min") return count * 60'000;
    if (unit == "h") return count * 3'600'000;
    return std::nullopt;
}

} // namespace sim
