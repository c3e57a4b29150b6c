/// One table of all keys: what reads the configuration, prints it, compares two of them and explains it.
#pragma once

#include "net/config.hpp"
#include "net/config_tables.hpp"

#include <functional>
#include <utility>

namespace net {

/// When a change of a key takes hold.
enum class Change : std::uint8_t {
    at_reload,  ///< SIGHUP is enough
    at_restart, ///< a reload is refused
};

enum class Need : std::uint8_t { optional, required };

struct About {
    std::string_view meaning; ///< with its unit
    Change change = Change::at_reload;
    std::string_view example{}; ///< as TOML; for keys without a default
    Need need = Need::optional;
};

template <class T> struct ConfigKey {
    std::string name; ///< "in_flight", in a table of its own "tls.minimum"
    About about;
    /// Does nothing when the key is absent. Complains of a value that is wrong by itself.
    std::function<void(T&, ConfigTables&, const std::string& name)> read;
    std::function<std::string(const T&)> text; ///< the value as TOML; empty: none
};

template <class T> using ConfigKeys = std::vector<ConfigKey<T>>;

// --- values as TOML
[[nodiscard]] std::string toml_text(std::string_view text);
[[nodiscard]] std::string toml_duration(std::chrono::milliseconds duration);
[[nodiscard]] std::string toml_list(const std::vector<std::string>& texts);

// --- makers, one per kind of value
template <class T>
ConfigKey<T> number_key(std::string name, std::size_t T::*member, IntegerRange range, About about)
{
    return {std::move(name), about,
            [=](T& target, ConfigTables& tables, const std::string& key) {
                if (const auto value = tables.of(key).integer(leaf(key), range))
                    target.*member = static_cast<std::size_t>(*value);
            },
            [=](const T& source) { return std::to_string(source.*member); }};
}

/// least  the shortest that makes sense
template <class T> ConfigKey<T> duration_key(std::string name, std::chrono::milliseconds T::*member,
                                             std::chrono::milliseconds least, About about)
{
    return {std::move(name), about,
            [=](T& target, ConfigTables& tables, const std::string& key) {
                if (const auto value = tables.duration(key, least)) target.*member = *value;
            },
            [=](const T& source) { return toml_duration(source.*member); }};
}

template <class T> ConfigKey<T> flag_key(std::string name, bool T::*member, About about)
{
    return {std::move(name), about,
            [=](T& target, ConfigTables& tables, const std::string& key) {
                if (const auto value = tables.of(key).flag(leaf(key))) target.*member = *value;
            },
            [=](const T& source) { return std::string(source.*member ? "true" : "false"); }};
}

template <class T> ConfigKey<T> text_key(std::string name, std::string T::*member, About about)
{
    return {std::move(name), about,
            [=](T& target, ConfigTables& tables, const std::string& key) {
                if (const auto value = tables.filled_text(key)) target.*member = *value;
            },
            [=](const T& source) {
                return (source.*member).empty() ? std::string{} : toml_text(source.*member);
            }};
}

template <class T> ConfigKey<T> file_key(std::string name, std::filesystem::path T::*member, About about)
{
    return {std::move(name), about,
            [=](T& target, ConfigTables& tables, const std::string& key) {
                if (const auto value = tables.file(key)) target.*member = *value;
            },
            [=](const T& source) {
                return (source.*member).empty() ? std::string{} : toml_text((source.*member).string());
            }};
}

template <class T>
ConfigKey<T> file_key(std::string name, std::optional<std::filesystem::path> T::*member, About about)
{
    return {std::move(name), about,
            [=](T& target, ConfigTables& tables, const std::string& key) {
                if (const auto value = tables.file(key)) target.*member = *value;
            },
            [=](const T& source) {
                return source.*member ? toml_text((source.*member)->string()) : std::string{};
            }};
}

/// An enumeration whose values count from 0 in the order of the words.
template <class T, class Enum>
ConfigKey<T> word_key(std::string name, Enum T::*member, std::vector<std::string_view> words, About about)
{
    return {std::move(name), about,
            [=](T& target, ConfigTables& tables, const std::string& key) {
                if (const auto index = tables.of(key).word(leaf(key), words))
                    target.*member = static_cast<Enum>(*index);
            },
            [=](const T& source) { return toml_text(words[static_cast<std::size_t>(source.*member)]); }};
}

/// expected  what each text must be: "must hold ..."
template <class T> ConfigKey<T> texts_key(std::string name, std::vector<std::string> T::*member,
                                          bool (*is_good)(const std::string&), std::string expected,
                                          About about)
{
    return {std::move(name), about,
            [=](T& target, ConfigTables& tables, const std::string& key) {
                if (const auto value = tables.texts(key, is_good, expected)) target.*member = *value;
            },
            [=](const T& source) {
                return (source.*member).empty() ? std::string{} : toml_list(source.*member);
            }};
}

/// The keys of a member that has a table of its own.
template <class T, class Part>
ConfigKeys<T> keys_within(std::string_view table, Part T::*member, const ConfigKeys<Part>& keys)
{
    ConfigKeys<T> lifted;
    for (const ConfigKey<Part>& key : keys)
        lifted.push_back(
            {std::string(table) + "." + key.name, key.about,
             [member, read = key.read](T& target, ConfigTables& tables, const std::string& name) {
                 read(target.*member, tables, name);
             },
             [member, text = key.text](const T& source) { return text(source.*member); }});
    return lifted;
}

template <class T> void append(ConfigKeys<T>& keys, ConfigKeys<T> more)
{
    for (auto& key : more) keys.push_back(std::move(key));
}

// --- the table itself, in the order in which it is printed
[[nodiscard]] const ConfigKeys<Config>& process_keys();
[[nodiscard]] const ConfigKeys<LinkConfig>& link_keys();
[[nodiscard]] ConfigKeys<TlsConfig> tls_keys();

// --- what several keys must be together
void check_process(const Config& config, ConfigTables& tables);
void check_link(const LinkConfig& link, ConfigTables& tables);
void check_tls(const LinkConfig& link, ConfigTables& tables);

} // namespace net
