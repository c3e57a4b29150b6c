#include "net/config_tables.hpp"

#include "net/config_secrets.hpp"

#include <algorithm>

namespace net {

std::string_view leaf(std::string_view key)
{
    const auto dot = key.find('.');
    return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

ConfigTables::ConfigTables(const toml::table& table, const Names& names, Complaints& complaints,
                           const ConfigFolders& folders)
    : folders_(folders)
{
    auto& own = readers_.try_emplace("", table, TableTitle{names.title}, complaints).first->second;
    for (const std::string& name : names.tables) {
        const toml::table* inner = own.table(name);
        if (!inner) absent_names_.insert(name);
        readers_.try_emplace(name, inner ? *inner : absent_, TableTitle{names.title_of(name)}, complaints);
    }
}

StrictTable& ConfigTables::of(std::string_view key)
{
    const auto dot = key.find('.');
    return readers_.find(dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot))->second;
}

bool ConfigTables::has(std::string_view key)
{
    return of(key).has(leaf(key));
}

void ConfigTables::complain(std::string_view key, const std::string& what, const std::string& hint)
{
    // What is missing in a table that is absent is missing in the table around it: that one has a place.
    const bool is_absent = absent_names_.contains(key.substr(0, key.find('.')));
    if (is_absent)
        of("").complain(key, what, hint);
    else
        of(key).complain(leaf(key), what, hint);
}

std::optional<std::chrono::milliseconds> ConfigTables::duration(const std::string& key,
                                                                std::chrono::milliseconds least)
{
    const auto value = of(key).duration(leaf(key));
    if (!value || *value >= least) return value;
    complain(key, "must be at least \"" + std::to_string(least.count()) + "ms\"");
    return std::nullopt;
}

std::optional<std::string> ConfigTables::filled_text(const std::string& key)
{
    const auto value = of(key).text(leaf(key));
    if (!value || !value->empty()) return value;
    complain(key, "must not be empty");
    return std::nullopt;
}

std::optional<std::filesystem::path> ConfigTables::file(const std::string& key)
{
    constexpr std::string_view credential = "credential:";
    const auto value = filled_text(key);
    if (!value) return std::nullopt;
    if (looks_like_key(*value)) {
        complain(key, "must be the name of a file; this looks like the key itself",
                 "put it into a file that only its user can read");
        return std::nullopt;
    }
    if (!value->starts_with(credential)) return folders_.of(*node(key)) / *value;
    const std::string name = value->substr(credential.size());
    if (!folders_.credentials.empty() && !name.empty() && name.find('/') == std::string::npos)
        return folders_.credentials / name;
    complain(key, folders_.credentials.empty() ? "names a credential, and systemd has given none"
                                               : "must be credential:NAME");
    return std::nullopt;
}

std::optional<std::string> ConfigTables::name_or_file(const std::string& key)
{
    const auto value = filled_text(key);
    const bool is_path = value && (value->find('/') != std::string::npos || value->ends_with(".toml"));
    return is_path ? (folders_.of(*node(key)) / *value).string() : value;
}

std::optional<std::vector<std::string>>
ConfigTables::texts(const std::string& key, bool (*is_good)(const std::string&), const std::string& expected)
{
    const auto value = of(key).texts(leaf(key));
    if (!value || std::all_of(value->begin(), value->end(), is_good)) return value;
    complain(key, expected);
    return std::nullopt;
}

void ConfigTables::finish()
{
    for (auto& [name, reader] : readers_) reader.finish();
}

} // namespace net
