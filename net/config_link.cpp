#include "net/config_address.hpp"
#include "net/config_keys.hpp"

#include <algorithm>

namespace net {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t many = 1'000'000;
constexpr auto restart = Change::at_restart;
constexpr About required(std::string_view meaning, std::string_view example)
{
    return {meaning, restart, example, Need::required};
}

bool is_digits(const std::string& text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_mcc(const std::string& text)
{
    return text.size() == 4 && is_digits(text);
}

/// A name that may stand in "--set link.NAME.in_flight=1", in a metric and in a log line as it is.
bool is_link_name(const std::string& text)
{
    return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
           });
}

ConfigKey<LinkConfig> name_key()
{
    auto key = text_key<LinkConfig>("name", &LinkConfig::name,
                                    required("unique; letters, digits and -_.", "\"acq-a\""));
    key.read = [](LinkConfig& link, ConfigTables& tables, const std::string& name) {
        link.name = tables.filled_text(name).value_or("");
        if (!is_link_name(link.name)) tables.complain(name, "must be of at most 64 letters, digits and -_.");
    };
    return key;
}

ConfigKey<LinkConfig> listen_key()
{
    return {"listen",
            {"role listen, required: \"ADDRESS:PORT\"; port 0: any free one", Change::at_reload,
             "\"127.0.0.1:8583\""},
            [](LinkConfig& link, ConfigTables& tables, const std::string& key) {
                const auto text = tables.of(key).text(leaf(key));
                if (!text) return;
                const auto endpoint = parse_endpoint(*text);
                if (!endpoint || !is_address(endpoint->host))
                    return tables.complain(key, "must be ADDRESS:PORT, for example \"127.0.0.1:5000\"");
                if (link.role == Role::listen) link.addresses = {*endpoint};
            },
            [](const LinkConfig& link) {
                const bool is_listening = link.role == Role::listen && !link.addresses.empty();
                return is_listening ? toml_text(text_of(link.addresses.front())) : std::string{};
            }};
}

ConfigKey<LinkConfig> connect_key()
{
    return {"connect",
            {"role connect, required: whom to dial, \"HOST:PORT\" each, tried in turn", Change::at_reload,
             "[\"net-a.example:9000\", \"net-b.example:9000\"]"},
            [](LinkConfig& link, ConfigTables& tables, const std::string& key) {
                const auto texts = tables.of(key).texts(leaf(key));
                std::vector<Endpoint> addresses;
                for (const std::string& text : texts.value_or(std::vector<std::string>{})) {
                    const auto endpoint = parse_endpoint(text);
                    if (!endpoint || endpoint->port == 0)
                        return tables.complain(key,
                                               "must hold HOST:PORT, for example [\"net.example:9000\"]");
                    addresses.push_back(*endpoint);
                }
                if (texts && texts->empty()) tables.complain(key, "must hold at least one HOST:PORT");
                if (link.role == Role::connect) link.addresses = std::move(addresses);
            },
            [](const LinkConfig& link) {
                std::vector<std::string> texts;
                if (link.role == Role::connect)
                    for (const Endpoint& at : link.addresses) texts.push_back(text_of(at));
                return texts.empty() ? std::string{} : toml_list(texts);
            }};
}

ConfigKey<LinkConfig> allow_key()
{
    return {"allow",
            {"role listen: networks that may connect, looked at before TLS; without it everybody may",
             Change::at_reload, "[\"10.20.0.0/16\", \"2001:db8::/32\"]"},
            [](LinkConfig& link, ConfigTables& tables, const std::string& key) {
                const auto texts = tables.of(key).texts(leaf(key));
                if (texts && texts->empty())
                    tables.complain(key, "is empty, which would let everybody in",
                                    "name a network, or leave it out");
                for (const std::string& text : texts.value_or(std::vector<std::string>{})) {
                    if (const auto subnet = parse_subnet(text))
                        link.allow.push_back(*subnet);
                    else
                        return tables.complain(key,
                                               "must hold networks such as \"10.20.0.0/16\", without bits "
                                               "behind the prefix");
                }
            },
            [](const LinkConfig& link) {
                std::vector<std::string> texts;
                for (const Subnet& subnet : link.allow) texts.push_back(text_of(subnet));
                return texts.empty() ? std::string{} : toml_list(texts);
            }};
}

ConfigKey<LinkConfig> name_or_file_key(std::string name, std::string LinkConfig::*member, About about)
{
    auto key = text_key<LinkConfig>(std::move(name), member, about);
    key.read = [member](LinkConfig& link, ConfigTables& tables, const std::string& path) {
        if (const auto value = tables.name_or_file(path)) link.*member = *value;
    };
    return key;
}

ConfigKey<LinkConfig> framing_key()
{
    return {"framing",
            {"how the stream is cut: be16, be16-inclusive, ascii4, ... (wire_format.md)"},
            [](LinkConfig& link, ConfigTables& tables, const std::string& key) {
                std::vector<std::string_view> names;
                for (const codec::FrameRule& rule : codec::frame_rules()) names.push_back(rule.name);
                const auto asked = tables.of(key).text(leaf(key));
                if (!asked) return;
                if (const auto why = codec::why_not_served(*asked); !why.empty())
                    return tables.complain(key, "\"" + *asked + "\" is not served: " + std::string(why));
                if (const auto row = tables.of(key).word(leaf(key), names))
                    link.framing = &codec::frame_rules()[*row];
            },
            [](const LinkConfig& link) { return toml_text(link.framing->name); }};
}

ConfigKey<LinkConfig> staleness_key()
{
    return {"staleness_limit",
            {"a sale transmitted longer ago is refused (21); \"off\": never"},
            [](LinkConfig& link, ConfigTables& tables, const std::string& key) {
                const auto text = tables.of(key).text(leaf(key));
                if (!text) return;
                const auto limit = parse_duration(*text);
                if (*text == "off")
                    link.staleness_limit.reset();
                else if (limit && *limit >= 1s)
                    link.staleness_limit = std::chrono::duration_cast<std::chrono::seconds>(*limit);
                else
                    tables.complain(key, "must be a duration of at least \"1s\", or \"off\"");
            },
            [](const LinkConfig& link) {
                return link.staleness_limit ? toml_duration(*link.staleness_limit) : toml_text("off");
            }};
}

ConfigKey<LinkConfig> partial_approval_key()
{
    return {
        "partial_approval_min",
        {"minor units: the least that a sale is approved in part for; without it sales are approved whole "
         "or not at all",
         Change::at_reload, "100"},
        [](LinkConfig& link, ConfigTables& tables, const std::string& key) {
            link.partial_approval_min_minor = tables.of(key).integer(leaf(key), {1, 999'999'999'999});
        },
        [](const LinkConfig& link) {
            const auto& minor = link.partial_approval_min_minor;
            return minor ? std::to_string(*minor) : std::string{};
        }};
}

ConfigKeys<LinkConfig> place_keys()
{
    return {
        name_key(),
        word_key<LinkConfig>("role", &LinkConfig::role, {"listen", "connect"},
                             {"who opens the connections: the network, or we (connect)"}),
        listen_key(),
        connect_key(),
        number_key<LinkConfig>("sessions", &LinkConfig::sessions, {1, 64},
                               {"role connect: connections that are kept up"}),
        flag_key<LinkConfig>("plain_tcp", &LinkConfig::plain_tcp,
                             {"true: without TLS beyond loopback, where others can read and change it"}),
        allow_key(),
        file_key<LinkConfig>("mac_key_file", &LinkConfig::mac_key_file,
                             {"where the profile has [mac]: the working key, hexadecimal", Change::at_reload,
                              "\"acq-a-mac.key\""}),
        file_key<LinkConfig>(
            "zone_key_file", &LinkConfig::zone_key_file,
            {"where the profile has [key_exchange]: the key that wraps new ones, hexadecimal",
             Change::at_reload, "\"acq-a-zone.key\""}),
        file_key<LinkConfig>("key_state_file", &LinkConfig::key_state_file,
                             {"where keys that the network has sent are kept for the next start, wrapped as "
                              "they came; without "
                              "it a restart begins with mac_key_file",
                              Change::at_reload, "\"acq-a-mac.state\""}),
        text_key<LinkConfig>(
            "network", &LinkConfig::network,
            required("part of every key; links of one network share it, so that a repeat may "
                     "come in on another link",
                     "\"net-a\"")),
        name_or_file_key("dialect", &LinkConfig::dialect,
                         required("a built-in name (iso87-ascii, iso87-bcd, ...) or a file (wire_format.md)",
                                  "\"iso87-ascii\"")),
        name_or_file_key("profile", &LinkConfig::profile,
                         required("iso-single-message, japanese-house, or a file", "\"iso-single-message\"")),
    };
}

ConfigKeys<LinkConfig> timing_keys()
{
    auto network_timeout = duration_key<Timing>(
        "network_timeout", &Timing::network_timeout, 1ms,
        {"how long the network waits for an answer", Change::at_reload, "\"5s\"", Need::required});
    network_timeout.text = [](const Timing& timing) {
        return timing.network_timeout > 0ms ? toml_duration(timing.network_timeout) : std::string{};
    };
    const ConfigKeys<Timing> keys = {
        std::move(network_timeout),
        duration_key<Timing>("transit_out", &Timing::transit_out, 0ms,
                             {"what an answer needs to the network"}),
        duration_key<Timing>("transit_in", &Timing::transit_in, 0ms, {"what a request needed to us"}),
        duration_key<Timing>("safety", &Timing::safety, 0ms, {"kept back of the network's timeout"}),
        duration_key<Timing>("undo_budget", &Timing::undo_budget, 0ms,
                             {"kept for undoing; what is left for the decision must be more than 0"}),
    };
    ConfigKeys<LinkConfig> lifted = keys_within<LinkConfig>("", &LinkConfig::timing, keys);
    for (auto& key : lifted) key.name.erase(0, 1); // they stand in the link's own table
    return lifted;
}

ConfigKeys<LinkConfig> message_keys()
{
    const auto headers = codec::header_names();
    return {
        word_key<LinkConfig>("sign_on", &LinkConfig::sign_on, {"optional", "required"},
                             {"\"required\": requests before sign-on are not answered; reversals and advices "
                              "always are"}),
        number_key<LinkConfig>(
            "in_flight", &LinkConfig::in_flight, {1, many},
            {"messages undecided on one connection; above it requests are met with silence, "
             "reversals and advices pass"}),
        number_key<LinkConfig>("connections_max", &LinkConfig::connections_max, {1, 19'000},
                               {"connections of this link"}),
        framing_key(),
        word_key<LinkConfig>("header", &LinkConfig::header, {headers.begin(), headers.end()},
                             {"between frame and MTI: tpdu, visa, cups, base24, atm"}),
        word_key<LinkConfig>("keep_alive", &LinkConfig::keep_alive, {"ignore", "echo"},
                             {"\"echo\": an empty frame, or one for session control, is sent back"}),
        number_key<LinkConfig>("message_bytes_max", &LinkConfig::message_bytes_max, {20, 65'535},
                               {"bytes of header and message; framing and header may allow less"}),
        duration_key<LinkConfig>("frame_timeout", &LinkConfig::frame_timeout, 1ms,
                                 {"a whole frame, from its first byte"}),
        duration_key<LinkConfig>("idle_timeout", &LinkConfig::idle_timeout, 1ms,
                                 {"a connection without a whole frame is closed"}),
        staleness_key(),
        flag_key<LinkConfig>("partial_cancels", &LinkConfig::partial_cancels,
                             {"true: a cancel may be for less than what is open; else it is answered 64"}),
        partial_approval_key(),
        texts_key<LinkConfig>(
            "blocked_mccs", &LinkConfig::blocked_mccs, is_mcc, "must hold merchant categories of four digits",
            {"merchant categories (DE18) whose sales are answered 57", Change::at_reload, "[\"7995\"]"}),
        number_key<LinkConfig>("format_errors_max", &LinkConfig::format_errors_max, {0, many},
                               {"messages that cannot be read, a minute; one more closes the connection"}),
    };
}

ConfigKeys<LinkConfig> reconnect_keys()
{
    ConfigKey<Reconnect> jitter{"jitter",
                                {"role connect: share of the pause that is random, 0 to 1"},
                                [](Reconnect& reconnect, ConfigTables& tables, const std::string& key) {
                                    if (const auto share = tables.of(key).share(leaf(key)))
                                        reconnect.jitter = *share;
                                },
                                [](const Reconnect& reconnect) {
                                    std::string text = std::to_string(reconnect.jitter);
                                    text.erase(std::max(text.find_last_not_of('0') + 1, text.find('.') + 2));
                                    return text;
                                }};
    return keys_within<LinkConfig>(
        "reconnect", &LinkConfig::reconnect,
        {
            duration_key<Reconnect>("first", &Reconnect::first, 10ms,
                                    {"role connect: pause before the second attempt; it doubles"}),
            duration_key<Reconnect>("max", &Reconnect::max, 10ms, {"role connect: the longest pause"}),
            std::move(jitter),
        });
}

ConfigKeys<LinkConfig> echo_keys()
{
    ConfigKey<EchoConfig> interval{
        "interval",
        {"of silence, after which we send an echo (0800); without it we send none", Change::at_reload,
         "\"60s\""},
        [](EchoConfig& echo, ConfigTables& tables, const std::string& key) {
            echo.interval = tables.duration(key, 1ms);
        },
        [](const EchoConfig& echo) { return echo.interval ? toml_duration(*echo.interval) : std::string{}; }};
    return keys_within<LinkConfig>(
        "echo", &LinkConfig::echo,
        {
            std::move(interval),
            duration_key<EchoConfig>("timeout", &EchoConfig::timeout, 1ms,
                                     {"how long its answer is waited for; shorter than the interval"}),
            number_key<EchoConfig>("misses_max", &EchoConfig::misses_max, {1, 100},
                                   {"echoes without an answer in a row; then the connection is closed"}),
        });
}

} // namespace

const ConfigKeys<LinkConfig>& link_keys()
{
    static const ConfigKeys<LinkConfig> keys = [] {
        ConfigKeys<LinkConfig> all = place_keys();
        append(all, timing_keys());
        append(all, message_keys());
        append(all, reconnect_keys());
        append(all, echo_keys());
        for (const ConfigKey<TlsConfig>& key : tls_keys())
            all.push_back(
                {"tls." + key.name, key.about,
                 [read = key.read](LinkConfig& link, ConfigTables& tables, const std::string& name) {
                     if (link.tls) read(*link.tls, tables, name);
                 },
                 [text = key.text](const LinkConfig& link) {
                     return link.tls ? text(*link.tls) : std::string{};
                 }});
        return all;
    }();
    return keys;
}

Envelope LinkConfig::envelope() const
{
    return {{std::min(message_bytes_max, codec::headed_bytes_max(header)), framing}, header, keep_alive};
}

} // namespace net
