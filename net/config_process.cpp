#include "net/config_address.hpp"
#include "net/config_keys.hpp"

#include <algorithm>

namespace net {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t many = 1'000'000;
constexpr auto restart = Change::at_restart;

bool is_bin(const std::string& text)
{
    return !text.empty() && text.size() <= 11 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

ConfigKeys<NodeConfig> node_keys()
{
    return {
        text_key<NodeConfig>("name", &NodeConfig::name, {"for logs and the database's sessions", restart}),
        duration_key<NodeConfig>("drain_timeout", &NodeConfig::drain_timeout, 0ms,
                                 {"longest wait for what is in flight at the stop"}),
        file_key<NodeConfig>(
            "handover_socket", &NodeConfig::handover_socket,
            {"unix socket over which the next process gets the listening sockets; without it "
             "it cannot",
             restart, "\"/run/tollgate/handover.sock\""}),
        file_key<NodeConfig>(
            "control_socket", &NodeConfig::control_socket,
            {"unix socket for tollgatectl record, made for this user only; without it nothing "
             "is recorded",
             restart, "\"/run/tollgate/control.sock\""}),
        flag_key<NodeConfig>(
            "own_processor", &NodeConfig::own_processor,
            {"the I/O thread has the last of the processors for itself, and all other threads of the process "
             "share the rest; needs two",
             restart}),
    };
}

ConfigKeys<StoreConfig> store_keys()
{
    return {
        text_key<StoreConfig>("url", &StoreConfig::url,
                              {"database, as libpq takes it; without it TOLLGATE_DATABASE_URL is taken",
                               restart, "\"postgresql:///tollgate\"", Need::required}),
        number_key<StoreConfig>("workers", &StoreConfig::workers, {1, 64},
                                {"threads, each with one database connection", restart}),
        number_key<StoreConfig>("batch_max", &StoreConfig::batch_max, {1, 10'000},
                                {"requests of one transaction", restart}),
        number_key<StoreConfig>(
            "queue_max", &StoreConfig::queue_max, {1, many},
            {"requests waiting, all workers together; four times as many reversals may wait "
             "beside them, above that they are not answered, so that the network repeats them",
             restart}),
    };
}

ConfigKeys<CardsConfig> cards_keys()
{
    auto bins =
        texts_key<CardsConfig>("bins", &CardsConfig::bins, is_bin, "must hold prefixes of 1 to 11 digits",
                               {"first digits of the card numbers that are ours; others are answered 15",
                                Change::at_reload, "[\"400000\", \"999999\"]", Need::required});
    bins.read = [read = bins.read](CardsConfig& cards, ConfigTables& tables, const std::string& key) {
        read(cards, tables, key);
        const toml::array* array = tables.has(key) ? tables.node(key)->as_array() : nullptr;
        if (array && array->empty()) tables.complain(key, "must hold at least one prefix");
    };
    return {
        file_key<CardsConfig>("token_key_file", &CardsConfig::token_key_file,
                              {"64 hexadecimal digits or more, readable by its owner only", restart,
                               "\"token.key\"", Need::required}),
        std::move(bins),
    };
}

ConfigKeys<LimitsConfig> limits_keys()
{
    return {
        number_key<LimitsConfig>("connections_total", &LimitsConfig::connections_total, {1, many},
                                 {"connections of all links"}),
        number_key<LimitsConfig>(
            "in_flight_total", &LimitsConfig::in_flight_total, {1, many},
            {"messages undecided; reversals, and one of each connection, pass above it"}),
        number_key<LimitsConfig>("buffer_bytes_total", &LimitsConfig::buffer_bytes_total,
                                 {std::int64_t{1} << 20U, std::int64_t{1} << 40U},
                                 {"bytes of input and output buffers of all connections"}),
        number_key<LimitsConfig>("handshakes_pending", &LimitsConfig::handshakes_pending, {1, many},
                                 {"TLS handshakes under way"}),
        number_key<LimitsConfig>("connections_per_source", &LimitsConfig::connections_per_source, {1, many},
                                 {"open connections of one address"}),
        number_key<LimitsConfig>("accepts_per_source_second", &LimitsConfig::accepts_per_source_second,
                                 {1, many},
                                 {"connections of one address per second; a burst of as many is taken"}),
    };
}

ConfigKeys<AdminConfig> admin_keys()
{
    return {{"address",
             {"\"ADDRESS:PORT\" of metrics and health over HTTP, without TLS; without it they are not served",
              restart, "\"127.0.0.1:9583\""},
             [](AdminConfig& admin, ConfigTables& tables, const std::string& key) {
                 const auto text = tables.of(key).text(leaf(key));
                 if (!text) return;
                 admin.address = parse_endpoint(*text);
                 if (!admin.address || !is_address(admin.address->host))
                     return tables.complain(key, "must be ADDRESS:PORT, for example \"127.0.0.1:9583\"");
                 if (!is_private(admin.address->host))
                     tables.complain(key, "must be of loopback or a private network: it has no TLS");
             },
             [](const AdminConfig& admin) {
                 return admin.address ? toml_text(text_of(*admin.address)) : std::string{};
             }}};
}

ConfigKeys<LogConfig> log_keys()
{
    return {word_key<LogConfig>("level", &LogConfig::level, {"debug", "info", "warning", "error"},
                                {"the least that is written"})};
}

ConfigKeys<RecordConfig> record_keys()
{
    return {
        file_key<RecordConfig>("directory", &RecordConfig::directory,
                               {"folder of the captures; without it nothing is recorded", Change::at_reload,
                                "\"/var/lib/tollgate/record\""}),
        file_key<RecordConfig>("key_file", &RecordConfig::key_file,
                               {"key of the test card numbers that stand in the place of real ones: 32 "
                                "hexadecimal digits or more, readable by its owner only",
                                Change::at_reload, "\"captures.key\""}),
        number_key<RecordConfig>("bytes_max", &RecordConfig::bytes_max,
                                 {std::int64_t{1} << 16U, std::int64_t{1} << 40U},
                                 {"bytes of a capture: then the recording ends by itself"}),
        duration_key<RecordConfig>("time_max", &RecordConfig::time_max, 1s,
                                   {"of a recording: then it ends by itself"}),
        number_key<RecordConfig>("queue_bytes", &RecordConfig::queue_bytes,
                                 {std::int64_t{1} << 20U, std::int64_t{1} << 30U},
                                 {"bytes of messages that wait to be written, of each recording; above that "
                                  "they are dropped and counted"}),
    };
}

} // namespace

const ConfigKeys<Config>& process_keys()
{
    static const ConfigKeys<Config> keys = [] {
        ConfigKeys<Config> all = keys_within<Config>("node", &Config::node, node_keys());
        append(all, keys_within<Config>("store", &Config::store, store_keys()));
        append(all, keys_within<Config>("cards", &Config::cards, cards_keys()));
        append(all, keys_within<Config>("limits", &Config::limits, limits_keys()));
        append(all, keys_within<Config>("admin", &Config::admin, admin_keys()));
        append(all, keys_within<Config>("log", &Config::log, log_keys()));
        append(all, keys_within<Config>("record", &Config::record, record_keys()));
        return all;
    }();
    return keys;
}

void check_process(const Config& config, ConfigTables& tables)
{
    const LimitsConfig& limits = config.limits;
    if (!config.record.directory.empty() && config.record.key_file.empty())
        tables.complain("record.key_file", "is required beside directory: no capture holds a card number");
    if (limits.handshakes_pending > limits.connections_total)
        tables.complain("limits.handshakes_pending", "must not be more than connections_total (" +
                                                         std::to_string(limits.connections_total) + ")");
    if (tables.has("limits.connections_per_source") &&
        limits.connections_per_source > limits.connections_total)
        tables.complain("limits.connections_per_source", "must not be more than connections_total (" +
                                                             std::to_string(limits.connections_total) + ")");
}

} // namespace net
