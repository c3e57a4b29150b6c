#include "net/config_sources.hpp"

#include "net/config_secrets.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace net {

namespace {

constexpr std::string_view variable_prefix = "TOLLGATE__";

std::optional<std::string> name_of(const toml::node& link)
{
    const toml::table* table = link.as_table();
    return table ? (*table)["name"].value<std::string>() : std::nullopt;
}

std::vector<toml::table*> links_of(toml::table& root)
{
    std::vector<toml::table*> links;
    if (toml::array* array = root["link"].as_array())
        for (toml::node& node : *array)
            if (toml::table* link = node.as_table()) links.push_back(link);
    return links;
}

toml::table* link_named(toml::table& root, std::string_view name)
{
    for (toml::table* link : links_of(root))
        if (name_of(*link) == name) return link;
    return nullptr;
}

void check_names_differ(toml::table& root, Complaints& complaints)
{
    std::set<std::string> names;
    for (const toml::table* link : links_of(root))
        if (const auto name = name_of(*link); name && !names.insert(*name).second)
            complaints.emplace_back(link->get("name")->source(), "link \"" + *name + "\" is there twice");
}

void merge(toml::table& into, toml::table&& from);

/// Links of the same name become one, the others follow.
void merge_links(toml::table& into, toml::array&& from)
{
    for (toml::node& node : from) {
        const auto name = name_of(node);
        if (toml::table* same = name ? link_named(into, *name) : nullptr)
            merge(*same, std::move(*node.as_table()));
        else
            node.visit([&](auto& value) { into["link"].as_array()->push_back(std::move(value)); });
    }
}

/// Moved, not copied: a copy forgets where it was read.
void merge(toml::table& into, toml::table&& from)
{
    for (auto&& [key, node] : from) {
        toml::node* there = into.get(key.str());
        if (there && there->is_table() && node.is_table())
            merge(*there->as_table(), std::move(*node.as_table()));
        else if (there && key.str() == "link" && there->is_array() && node.is_array())
            merge_links(into, std::move(*node.as_array()));
        else
            node.visit([&, &name = key](auto& value) { into.insert_or_assign(name, std::move(value)); });
    }
}

/// One value from outside the files.
struct Setting {
    std::string place;             ///< for messages
    std::vector<std::string> path; ///< {"store", "workers"}, {"link", "acq-a", "tls", "minimum"}
    std::string value;
};

std::string quoted(const std::string& text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

/// TOML if it reads as TOML, else text.
toml::table parse_value(const Setting& setting)
{
    try {
        return codec::parse_any_toml("value = " + setting.value, setting.place);
    } catch (const toml::parse_error&) {
        return codec::parse_any_toml("value = " + quoted(setting.value), setting.place);
    }
}

toml::source_region region_of(const std::string& place)
{
    return {{1, 1}, {1, 1}, std::make_shared<const std::string>(place)};
}

/// The table that the last name of a setting's path is set in, made where it is missing; null when something
/// else is there.
/// from  names of the path that led to `table`
toml::table* table_at(toml::table* table, const Setting& setting, std::size_t from)
{
    for (std::size_t i = from; table && i + 1 < setting.path.size(); ++i) {
        const std::string& name = setting.path[i];
        if (!table->contains(name))
            table->insert(toml::key{name, region_of(setting.place)},
                          codec::parse_any_toml("", setting.place));
        table = (*table)[name].as_table();
    }
    return table;
}

/// Null when there is none.
toml::table* target_of(toml::table& root, const Setting& setting)
{
    const auto& path = setting.path;
    if (path.size() < 2) return nullptr; // at the root there are tables only
    if (path.front() != "link") return table_at(&root, setting, 0);
    return path.size() > 2 ? table_at(link_named(root, path[1]), setting, 2) : nullptr;
}

void set(toml::table& root, const Setting& setting, Complaints& complaints)
{
    toml::table* target = target_of(root, setting);
    if (!target) {
        complaints.emplace_back(region_of(setting.place),
                                "no such table; write TABLE.KEY=VALUE or link.NAME.KEY=VALUE");
        return;
    }
    toml::table parsed = parse_value(setting);
    // Moved, not copied: a copy forgets where it was read. The key is to know it, too.
    parsed.get("value")->visit([&](auto& value) {
        target->insert_or_assign(toml::key{setting.path.back(), region_of(setting.place)}, std::move(value));
    });
}

std::vector<std::string> split(std::string_view text, std::string_view by)
{
    std::vector<std::string> parts;
    for (auto at = text.find(by); at != std::string_view::npos; at = text.find(by)) {
        parts.emplace_back(text.substr(0, at));
        text.remove_prefix(at + by.size());
    }
    parts.emplace_back(text);
    return parts;
}

/// "link.acq.a.tls.minimum": a name may have points in it.
std::vector<std::string> path_of_setting(toml::table& root, std::string_view key)
{
    if (key.starts_with("link."))
        for (const toml::table* link : links_of(root)) {
            const std::string name = name_of(*link).value_or("");
            const std::string_view rest = key.substr(5);
            if (name.empty() || !rest.starts_with(name + ".")) continue;
            std::vector<std::string> path = split(rest.substr(name.size() + 1), ".");
            path.insert(path.begin(), {"link", name});
            return path;
        }
    return split(key, ".");
}

/// A link's name as an environment variable can say it.
std::string as_variable(std::string text)
{
    for (char& c : text)
        c = std::isalnum(static_cast<unsigned char>(c))
                ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                : '_';
    return text;
}

std::vector<std::string> path_of_variable(toml::table& root, std::string_view name)
{
    name.remove_prefix(variable_prefix.size());
    std::vector<std::string> head;
    if (name.starts_with("LINK__"))
        for (const toml::table* link : links_of(root)) {
            const std::string link_name = name_of(*link).value_or("");
            const std::string prefix = "LINK__" + as_variable(link_name) + "__";
            if (link_name.empty() || !name.starts_with(prefix)) continue;
            head = {"link", link_name};
            name.remove_prefix(prefix.size());
            break;
        }
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (std::string& part : split(lower, "__")) head.push_back(std::move(part));
    return head;
}

void apply_variable(toml::table& root, const std::string& variable, Complaints& complaints)
{
    const auto equals = variable.find('=');
    const std::string name = variable.substr(0, equals);
    set(root, {name, path_of_variable(root, name), variable.substr(equals + 1)}, complaints);
}

void apply_setting(toml::table& root, const std::string& setting, Complaints& complaints)
{
    const auto equals = setting.find('=');
    const std::string key = setting.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : setting.substr(equals + 1);
    const std::string shown = looks_like_key(value) ? key + "=***" : without_passwords(setting);
    const std::string place = "--set " + shown;
    if (equals == std::string::npos)
        complaints.emplace_back(region_of(place), "must be KEY=VALUE, for example store.workers=4");
    else
        set(root, {place, path_of_setting(root, key), value}, complaints);
}

} // namespace

std::string variable_of(const ConfigSources& sources, std::string_view name)
{
    for (const std::string& variable : sources.environment)
        if (variable.size() > name.size() && variable.starts_with(name) && variable[name.size()] == '=')
            return variable.substr(name.size() + 1);
    return {};
}

toml::table merge_sources(const ConfigSources& sources, Complaints& complaints)
{
    toml::table root;
    bool is_first = true;
    for (const ConfigFile& file : sources.files) {
        toml::table table = codec::parse_any_toml(file.text, file.name);
        check_names_differ(table, complaints);
        if (is_first)
            root = std::move(table); // whole: it knows its file
        else
            merge(root, std::move(table));
        is_first = false;
    }
    for (const std::string& variable : sources.environment)
        if (variable.starts_with(variable_prefix)) apply_variable(root, variable, complaints);
    for (const std::string& setting : sources.settings) apply_setting(root, setting, complaints);
    return root;
}

} // namespace net
