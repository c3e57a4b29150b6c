#include "net/config.hpp"

#include "net/strict_toml.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace net {

namespace {

constexpr std::int64_t many = 1'000'000;

template <class T, class U> void take(T& target, const std::optional<U>& value)
{
    if (value) target = static_cast<T>(*value);
}

std::string quoted(const std::string& text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

/// A value given on the command line: TOML if it reads as TOML, else text.
toml::table parse_setting(const std::string& value, const std::string& place)
{
    try {
        return codec::parse_any_toml("value = " + value, place);
    } catch (const toml::parse_error&) {
        return codec::parse_any_toml("value = " + quoted(value), place);
    }
}

toml::table* find_link(toml::table& root, std::string_view name)
{
    if (toml::array* links = root["link"].as_array())
        for (toml::node& node : *links)
            if (toml::table* link = node.as_table(); link && (*link)["name"].value<std::string>() == name)
                return link;
    return nullptr;
}

/// The table that "store.workers" or "link.acq-a.listen" sets a key in; the key is left in `path`.
toml::table* find_target(toml::table& root, std::string& path)
{
    const auto last_dot = path.rfind('.');
    if (last_dot == std::string::npos) return nullptr;
    const std::string owner = path.substr(0, last_dot);
    path.erase(0, last_dot + 1);
    if (owner.starts_with("link.")) return find_link(root, std::string_view(owner).substr(5));
    if (!root.contains(owner)) root.insert(owner, toml::table{});
    return root[owner].as_table();
}

void apply_setting(toml::table& root, const std::string& setting, Complaints& complaints)
{
    const std::string place = "--set " + setting;
    const auto equals = setting.find('=');
    std::string path = setting.substr(0, equals);
    if (equals == std::string::npos) {
        complaints.push_back(place + ": must be KEY=VALUE, for example store.workers=4");
        return;
    }
    toml::table* target = find_target(root, path);
    if (!target) {
        complaints.push_back(place + ": no such table; write TABLE.KEY=VALUE or link.NAME.KEY=VALUE");
        return;
    }
    toml::table parsed = parse_setting(setting.substr(equals + 1), place);
    // Moved, not copied: a copy forgets where it was read.
    parsed.get("value")->visit([&](auto& value) { target->insert_or_assign(path, std::move(value)); });
}

NodeConfig read_node(const toml::table* table, Complaints& complaints)
{
    NodeConfig node;
    if (!table) return node;
    StrictTable reader(*table, "node", complaints);
    take(node.name, reader.text("name"));
    take(node.drain_timeout, reader.duration("drain_timeout"));
    if (const auto path = reader.text("handover_socket")) node.handover_socket = *path;
    reader.finish();
    return node;
}

StoreConfig read_store(const toml::table* table, const std::string& fallback_url, Complaints& complaints)
{
    StoreConfig store;
    store.url = fallback_url;
    if (!table) return store;
    StrictTable reader(*table, "store", complaints);
    store.url = reader.text("url").value_or(fallback_url);
    take(store.workers, reader.integer("workers", {1, 64}));
    take(store.batch_max, reader.integer("batch_max", {1, 10'000}));
    take(store.queue_max, reader.integer("queue_max", {1, many}));
    if (store.url.empty()) reader.complain("url", "is required, or TOLLGATE_DATABASE_URL must be set");
    reader.finish();
    return store;
}

bool is_digits(const std::string& text)
{
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

CardsConfig read_cards(const toml::table& table, const std::filesystem::path& folder, Complaints& complaints)
{
    CardsConfig cards;
    StrictTable reader(table, "cards", complaints);
    cards.token_key_file = folder / reader.required_text("token_key_file");
    const auto bins = reader.texts("bins");
    cards.bins = bins.value_or(std::vector<std::string>{});
    const auto is_prefix = [](const std::string& bin) { return is_digits(bin) && bin.size() <= 11; };
    if (!table.contains("bins") || (bins && bins->empty()))
        reader.complain("bins", "is required: the first digits of the card numbers that are ours");
    else if (!std::all_of(cards.bins.begin(), cards.bins.end(), is_prefix))
        reader.complain("bins", "must hold prefixes of 1 to 11 digits");
    reader.finish();
    return cards;
}

/// "127.0.0.1:5000", "[::1]:5000".
void read_listen(LinkConfig& link, StrictTable& reader)
{
    const std::string listen = reader.required_text("listen");
    if (listen.empty()) return;
    const auto colon = listen.rfind(':');
    const std::string port = colon == std::string::npos ? "" : listen.substr(colon + 1);
    Endpoint& at = link.addresses.emplace_back();
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), at.port);
    at.host = listen.substr(0, colon);
    if (at.host.starts_with('[') && at.host.ends_with(']')) at.host = at.host.substr(1, at.host.size() - 2);
    if (!is_digits(port) || error != std::errc{} || end != port.data() + port.size() || at.host.empty())
        reader.complain("listen", "must be ADDRESS:PORT, for example \"127.0.0.1:5000\"");
}

void read_framing(LinkConfig& link, StrictTable& reader)
{
    std::vector<std::string_view> names;
    for (const codec::FrameRule& rule : codec::frame_rules()) names.push_back(rule.name);
    const auto asked = reader.text("framing");
    if (!asked) return;
    if (const auto why = codec::why_not_served(*asked); !why.empty())
        return reader.complain("framing", "\"" + *asked + "\" is not served: " + std::string(why));
    if (const auto row = reader.word("framing", names)) link.framing = &codec::frame_rules()[*row];
}

/// Framing, header, and what they leave for a message.
void read_wire_form(LinkConfig& link, StrictTable& reader)
{
    read_framing(link, reader);
    const auto headers = codec::header_names();
    if (const auto header = reader.word("header", {headers.begin(), headers.end()}))
        link.header = static_cast<codec::HeaderKind>(*header);
    if (const auto keep_alive = reader.word("keep_alive", {"ignore", "echo"}))
        link.keep_alive = static_cast<KeepAlive>(*keep_alive);
    take(link.message_bytes_max, reader.integer("message_bytes_max", {20, 65'535}));
    const std::size_t limit = link.envelope().framing.limit();
    if (reader.has("message_bytes_max") && link.message_bytes_max > limit)
        reader.complain("message_bytes_max",
                        "is more than framing and header can say: " + std::to_string(limit));
}

void read_timing(Timing& timing, StrictTable& reader)
{
    const auto network_timeout = reader.duration("network_timeout");
    if (!reader.has("network_timeout"))
        reader.complain("network_timeout", "is required: how long the network waits for an answer");
    take(timing.network_timeout, network_timeout);
    take(timing.transit_out, reader.duration("transit_out"));
    take(timing.transit_in, reader.duration("transit_in"));
    take(timing.safety, reader.duration("safety"));
    take(timing.undo_budget, reader.duration("undo_budget"));
    if (network_timeout && timing.decide_deadline() <= std::chrono::milliseconds{0})
        reader.complain("network_timeout",
                        "leaves no time to decide: it must be longer than transit_out + transit_in + "
                        "safety + undo_budget");
}

void read_blocked_mccs(LinkConfig& link, StrictTable& reader)
{
    link.blocked_mccs = reader.texts("blocked_mccs").value_or(std::vector<std::string>{});
    const auto is_mcc = [](const std::string& text) {
        return text.size() == 4 && text.find_first_not_of("0123456789") == std::string::npos;
    };
    if (!std::all_of(link.blocked_mccs.begin(), link.blocked_mccs.end(), is_mcc))
        reader.complain("blocked_mccs", "must hold merchant categories of four digits");
}

void read_staleness(LinkConfig& link, StrictTable& reader)
{
    const auto text = reader.text("staleness_limit");
    if (!text) return;
    const auto limit = parse_duration(*text);
    if (*text == "off")
        link.staleness_limit.reset();
    else if (limit && *limit >= std::chrono::seconds{1})
        link.staleness_limit = std::chrono::duration_cast<std::chrono::seconds>(*limit);
    else
        reader.complain("staleness_limit", "must be a duration of at least \"1s\", or \"off\"");
}

/// A built-in name stays a name; anything that looks like a file is taken from the configuration's folder.
std::string name_or_path(const std::string& text, const std::filesystem::path& folder)
{
    const bool is_path = text.find('/') != std::string::npos || text.ends_with(".toml");
    return is_path ? (folder / text).string() : text;
}

LinkConfig read_link(const toml::table& table, const std::filesystem::path& folder, Complaints& complaints)
{
    LinkConfig link;
    StrictTable reader(table, "link", complaints);
    link.name = reader.required_text("name");
    read_listen(link, reader);
    link.network = reader.required_text("network");
    link.dialect = name_or_path(reader.required_text("dialect"), folder);
    link.profile = name_or_path(reader.required_text("profile"), folder);
    read_timing(link.timing, reader);
    if (const auto sign_on = reader.word("sign_on", {"optional", "required"}))
        link.sign_on = static_cast<SignOn>(*sign_on);
    take(link.in_flight, reader.integer("in_flight", {1, many}));
    take(link.connections_max, reader.integer("connections_max", {1, 19'000}));
    read_wire_form(link, reader);
    take(link.frame_timeout, reader.duration("frame_timeout"));
    take(link.idle_timeout, reader.duration("idle_timeout"));
    read_staleness(link, reader);
    link.partial_cancels = reader.flag("partial_cancels").value_or(false);
    link.partial_approval_min_minor = reader.integer("partial_approval_min", {1, 999'999'999'999});
    read_blocked_mccs(link, reader);
    take(link.format_errors_max, reader.integer("format_errors_max", {0, many}));
    reader.finish();
    return link;
}

void check_names_differ(const std::vector<const toml::table*>& tables, Complaints& complaints)
{
    std::set<std::string> names;
    for (const toml::table* table : tables) {
        const auto name = (*table)["name"].value<std::string>();
        if (name && !names.insert(*name).second)
            complaints.push_back(place_of(*table->get("name")) + "link \"" + *name + "\" is there twice");
    }
}

Config read_root(const toml::table& root, const ConfigSurroundings& surroundings, Complaints& complaints)
{
    const auto folder = std::filesystem::path(surroundings.file_name).parent_path();
    StrictTable reader(root, "the file", complaints);
    Config config;
    config.node = read_node(reader.table("node"), complaints);
    config.store = read_store(reader.table("store"), surroundings.database_url, complaints);
    if (!root.contains("store") && config.store.url.empty())
        reader.complain("store", "is required, with the url of the database");
    if (const toml::table* cards = reader.table("cards"))
        config.cards = read_cards(*cards, folder, complaints);
    else if (!root.contains("cards"))
        reader.complain("cards", "is required, with token_key_file and bins");
    const auto links = reader.tables("link");
    for (const toml::table* link : links) config.links.push_back(read_link(*link, folder, complaints));
    check_names_differ(links, complaints);
    if (links.empty()) reader.complain("link", "is required: at least one [[link]]");
    reader.finish();
    return config;
}

} // namespace

Envelope LinkConfig::envelope() const
{
    return {{std::min(message_bytes_max, codec::headed_bytes_max(header)), framing}, header, keep_alive};
}

ConfigResult parse_config(std::string_view toml, const ConfigSurroundings& surroundings)
{
    ConfigResult result;
    try {
        toml::table root = codec::parse_any_toml(toml, surroundings.file_name);
        for (const std::string& setting : surroundings.settings) apply_setting(root, setting, result.errors);
        Config config = read_root(root, surroundings, result.errors);
        if (result.errors.empty()) result.config = std::move(config);
    } catch (const toml::parse_error& error) {
        const auto& begin = error.source().begin;
        result.errors.push_back(surroundings.file_name + ":" + std::to_string(begin.line) + ":" +
                                std::to_string(begin.column) + ": " + std::string(error.description()));
    }
    return result;
}

} // namespace net
