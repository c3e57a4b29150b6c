#include "net/config.hpp"

#include "net/config_address.hpp"
#include "net/config_keys.hpp"
#include "net/config_sources.hpp"

#include <algorithm>
#include <tuple>

namespace net {

namespace {

/// What one reading needs.
struct Reading {
    const ConfigSources& sources;
    ConfigFolders folders;
    Complaints complaints{};
    Complaints warnings{};
    ConfigResult result{};
};

ConfigFolders folders_of(const ConfigSources& sources)
{
    ConfigFolders folders;
    folders.of = [&sources](const toml::node& node) {
        const auto& path = node.source().path;
        const bool is_in_file = path && text_of(sources, *path);
        const std::string first = sources.files.empty() ? "" : sources.files.front().name;
        return std::filesystem::path(is_in_file ? *path : first).parent_path();
    };
    folders.credentials = variable_of(sources, "CREDENTIALS_DIRECTORY");
    return folders;
}

/// The tables that keys are in: "limits" of "limits.in_flight_total".
template <class T> std::vector<std::string> tables_of(const ConfigKeys<T>& keys)
{
    std::vector<std::string> tables;
    for (const auto& key : keys) {
        const auto dot = key.name.find('.');
        const std::string table = key.name.substr(0, dot == std::string::npos ? 0 : dot);
        if (!table.empty() && std::find(tables.begin(), tables.end(), table) == tables.end())
            tables.push_back(table);
    }
    return tables;
}

/// prefix  of the origins: "", "link.acq-a."
template <class T> void read_keys(T& target, const ConfigKeys<T>& keys, ConfigTables& tables,
                                  Reading& reading, const std::string& prefix)
{
    for (const auto& key : keys) {
        key.read(target, tables, key.name);
        if (tables.has(key.name))
            reading.result.origins.emplace(prefix + key.name,
                                           origin_of(reading.sources, tables.node(key.name)->source()));
    }
}

/// may_lack  a key that another place or another key makes needless
template <class T, class Predicate>
void require_keys(const ConfigKeys<T>& keys, ConfigTables& tables, Predicate may_lack)
{
    for (const auto& key : keys)
        if (key.about.need == Need::required && !tables.has(key.name) && !may_lack(key.name))
            tables.complain(key.name, "is required: " + std::string(key.about.meaning));
}

LinkConfig read_link(const toml::table& table, Reading& reading)
{
    LinkConfig link;
    const auto& keys = link_keys();
    const auto named = table["name"].value<std::string>();
    const std::string of_name = named ? " \"" + *named + "\"" : "";
    ConfigTables tables(table,
                        {"[[link]]" + of_name, tables_of(keys),
                         [&](std::string_view inner) {
                             return "[link." + std::string(inner) + "] of" + (named ? of_name : " a link");
                         }},
                        reading.complaints, reading.folders);
    if (table["tls"].is_table()) link.tls.emplace();
    read_keys(link, keys, tables, reading, "link." + named.value_or("") + ".");
    require_keys(keys, tables, [&](const std::string& key) { return key.starts_with("tls.") && !link.tls; });
    check_link(link, tables);
    tables.finish();
    return link;
}

void warn(Reading& reading, const toml::node* node, std::string what, std::string hint)
{
    if (node) reading.warnings.emplace_back(node->source(), std::move(what), std::move(hint));
}

/// What a link and the process say of each other.
void compare_link(const Config& config, const LinkConfig& link, const toml::table& table, Reading& reading)
{
    const std::string who = "[[link]] \"" + link.name + "\" ";
    if (link.plain_tcp && !link.tls)
        warn(reading, table.get("plain_tcp"), who + "goes beyond loopback without TLS",
             "anybody on the way can read and change it");
    if (link.in_flight > config.limits.in_flight_total)
        warn(reading, table.get("in_flight"),
             who + "allows more in flight than limits.in_flight_total (" +
                 std::to_string(config.limits.in_flight_total) + ")",
             "the smaller one holds");
    if (link.connections_max > config.limits.connections_total)
        warn(reading, table.get("connections_max"),
             who + "allows more connections than limits.connections_total (" +
                 std::to_string(config.limits.connections_total) + ")",
             "the smaller one holds");
}

/// No two listen on one address.
void check_addresses_differ(const Config& config, const std::vector<const toml::table*>& tables,
                            Complaints& complaints)
{
    std::map<std::string, std::string> owners;
    if (config.admin.address && config.admin.address->port > 0)
        owners.emplace(plain_text_of(*config.admin.address), "[admin]");
    for (std::size_t i = 0; i < config.links.size(); ++i) {
        const LinkConfig& link = config.links[i];
        if (link.role != Role::listen || link.addresses.empty() || link.addresses.front().port == 0) continue;
        const std::string who = "[[link]] \"" + link.name + "\"";
        const auto [owner, is_new] = owners.emplace(plain_text_of(link.addresses.front()), who);
        if (!is_new && owner->second != who)
            complaints.emplace_back(tables[i]->get("listen")->source(),
                                    "\"listen\" in " + who + " is the address of " + owner->second + ", too");
    }
}

void read_root(const toml::table& root, Reading& reading)
{
    Config config;
    const auto& keys = process_keys();
    ConfigTables tables(
        root,
        {"the file", tables_of(keys), [](std::string_view inner) { return "[" + std::string(inner) + "]"; }},
        reading.complaints, reading.folders);
    config.store.url = variable_of(reading.sources, "TOLLGATE_DATABASE_URL");
    if (!config.store.url.empty()) reading.result.origins.emplace("store.url", "TOLLGATE_DATABASE_URL");
    if (tables.has("store.url")) reading.result.origins.clear();
    read_keys(config, keys, tables, reading, "");
    require_keys(keys, tables,
                 [&](const std::string& key) { return key == "store.url" && !config.store.url.empty(); });
    check_process(config, tables);
    const auto links = tables.of("").tables("link");
    for (const toml::table* link : links) config.links.push_back(read_link(*link, reading));
    for (std::size_t i = 0; i < links.size(); ++i) compare_link(config, config.links[i], *links[i], reading);
    check_addresses_differ(config, links, reading.complaints);
    if (links.empty()) tables.complain("link", "is required: at least one [[link]]");
    tables.finish();
    reading.result.config = std::move(config);
}

/// In the order of the files, and of their lines.
std::vector<std::string> excerpts(const ConfigSources& sources, Complaints complaints)
{
    const auto rank = [&](const Complaint& complaint) {
        const auto file =
            std::find_if(sources.files.begin(), sources.files.end(),
                         [&](const ConfigFile& a_file) { return a_file.name == complaint.file; });
        return std::tuple(file - sources.files.begin(), complaint.line, complaint.column);
    };
    std::stable_sort(complaints.begin(), complaints.end(),
                     [&](const Complaint& a, const Complaint& b) { return rank(a) < rank(b); });
    std::vector<std::string> texts;
    for (const Complaint& complaint : complaints) texts.push_back(excerpt(sources, complaint));
    return texts;
}

} // namespace

ConfigResult parse_config(const ConfigSources& sources)
{
    Reading reading{sources, folders_of(sources)};
    try {
        const toml::table root = merge_sources(sources, reading.complaints);
        read_root(root, reading);
    } catch (const toml::parse_error& error) {
        reading.complaints.clear();
        reading.complaints.emplace_back(error.source(), std::string(error.description()));
    }
    if (!reading.complaints.empty()) reading.result.config.reset();
    reading.result.errors = excerpts(sources, std::move(reading.complaints));
    reading.result.warnings = excerpts(sources, std::move(reading.warnings));
    return std::move(reading.result);
}

std::string count_of(std::size_t count, std::string_view what)
{
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

} // namespace net
