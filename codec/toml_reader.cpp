#include "codec/toml_reader.hpp"

#include "codec/dialect.hpp"
#include "codec/edit_distance.hpp"

namespace codec {

namespace {

FilePlace place_of(const toml::source_region& source)
{
    return {source.begin.line, source.begin.column};
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string_view>& words)
{
    const std::string_view meant = nearest_word(wrong, words);
    return meant.empty() ? std::string() : "; did you mean " + in_quotes(meant) + "?";
}

} // namespace

FilePlace place_of(const toml::node& node)
{
    return place_of(node.source());
}

FilePlace place_of(const toml::key& key)
{
    return place_of(key.source());
}

void FileMistakes::throw_if_any()
{
    if (mistakes_.empty()) return;
    // toml++ sorts tables by key; people read a file from its top.
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const Mistake& a, const Mistake& b) { return a.place < b.place; });
    std::string text;
    for (const Mistake& mistake : mistakes_) {
        text += (text.empty() ? "" : "\n") + file_name_ + ":" + std::to_string(mistake.place.line) + ":" +
                std::to_string(mistake.place.column) + ": " + mistake.text;
    }
    throw DialectError(text);
}

toml::table parse_toml(std::string_view toml, std::string_view file_name)
{
    FileMistakes mistakes(file_name);
    try {
        return parse_any_toml(toml, file_name);
    } catch (const toml::parse_error& error) {
        mistakes.add(place_of(error.source()), std::string(error.description()));
    }
    mistakes.throw_if_any();
    return {};
}

std::string in_quotes(std::string_view text)
{
    return "\"" + std::string(text) + "\"";
}

std::string joined(const std::vector<std::string_view>& words)
{
    std::string text;
    for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

const toml::node* TableReader::find(std::string_view key)
{
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
    return table_.get(key);
}

FilePlace TableReader::place(std::string_view key) const
{
    const toml::node* const node = table_.get(key);
    return node == nullptr ? place_ : place_of(*node);
}

void TableReader::require(std::string_view key)
{
    if (find(key) == nullptr) mistakes_.add(place_, who_ + " needs " + in_quotes(key));
}

void TableReader::refuse(std::string_view key, const std::string& why)
{
    const toml::node* const node = table_.get(key);
    if (node == nullptr) return;
    known_.push_back(key);
    mistakes_.add(place_of(*node), std::string(key) + " " + why);
}

bool TableReader::text(std::string_view key, std::string& target)
{
    const toml::node* const node = find(key);
    if (node == nullptr) return false;
    const auto text = node->value_exact<std::string>();
    if (text && !text->empty()) {
        target = *text;
        return true;
    }
    mistakes_.add(place_of(*node), std::string(key) + " is wrong; expected a text that is not empty");
    return false;
}

bool TableReader::flag(std::string_view key, bool& target)
{
    const toml::node* const node = find(key);
    if (node == nullptr) return false;
    if (const auto flag = node->value_exact<bool>()) {
        target = *flag;
        return true;
    }
    mistakes_.add(place_of(*node), std::string(key) + " is wrong; expected true or false");
    return false;
}

std::optional<std::uint16_t> TableReader::number(std::string_view key, Range range)
{
    const toml::node* const node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto number = node->value_exact<std::int64_t>();
    if (number && *number >= range.min && *number <= range.max) return static_cast<std::uint16_t>(*number);
    mistakes_.add(place_of(*node), std::string(key) + " is wrong; expected a number from " +
                                       std::to_string(range.min) + " to " + std::to_string(range.max));
    return std::nullopt;
}

std::optional<std::size_t> TableReader::word(std::string_view key, const std::vector<std::string_view>& words)
{
    const toml::node* const node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto text = node->value_exact<std::string>();
    const auto word = text ? std::find(words.begin(), words.end(), *text) : words.end();
    if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
    mistakes_.add(place_of(*node), std::string(key) + " is " + (text ? in_quotes(*text) : "not a text") +
                                       "; expected one of " + joined(words) +
                                       (text ? did_you_mean(*text, words) : ""));
    return std::nullopt;
}

const toml::table* TableReader::table(std::string_view key)
{
    const toml::node* const node = find(key);
    if (node == nullptr) return nullptr;
    if (!node->is_table())
        mistakes_.add(place_of(*node), std::string(key) + " is wrong; expected a table, like [" +
                                           std::string(key) + "] or { ... }");
    return node->as_table();
}

void TableReader::refuse_other_keys()
{
    for (const auto& [key, node] : table_) {
        if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
        mistakes_.add(place_of(key), "unknown key " + in_quotes(key.str()) + " in " + who_ + "; expected " +
                                         joined(known_) + did_you_mean(key.str(), known_));
    }
}

} // namespace codec
