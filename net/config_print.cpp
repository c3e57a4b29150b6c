#include "net/config_keys.hpp"
#include "net/config_secrets.hpp"

#include <algorithm>

namespace net {

namespace {

/// "[limits]", "[[link]]", "[link.tls]"; empty where no new table begins.
std::string header_before(const std::string& key, std::string& table, const std::string& prefix)
{
    const auto dot = key.find('.');
    const std::string name = key.substr(0, dot == std::string::npos ? 0 : dot);
    if (name == table) return {};
    table = name;
    return "\n[" + prefix + name + "]\n";
}

/// Words of a comment, in lines of at most 110 characters.
std::string comment_of(std::string_view text)
{
    std::string out;
    std::string line = "#";
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (line.size() + 1 + word.size() > 110) {
            out += line + "\n";
            line = "#";
        }
        line += " " + std::string(word);
    }
    return out + line + "\n";
}

template <class T> std::string defaults_of(const ConfigKeys<T>& keys, const std::string& prefix)
{
    const T defaults{};
    TlsConfig tls;
    std::string out;
    std::string table;
    for (const auto& key : keys) {
        const bool is_tls = key.name.starts_with("tls.");
        const std::string header = header_before(key.name, table, prefix);
        out += is_tls && !header.empty() ? "\n#" + header.substr(1) : header;
        const bool is_required = key.about.need == Need::required && !is_tls;
        std::string value = key.text(defaults);
        if constexpr (std::is_same_v<T, LinkConfig>)
            if (is_tls) {
                LinkConfig with_tls;
                with_tls.tls = tls;
                value = key.text(with_tls);
            }
        const bool is_example = value.empty();
        if (is_example) value = key.about.example;
        const bool is_listen = key.name == "listen"; // required for the role that is the default
        out += comment_of(key.about.meaning);
        if (is_required || is_listen) out += "# No default: an example.\n";
        out += (is_tls || (is_example && !is_required && !is_listen) ? "#" : "") +
               std::string(leaf(key.name)) + " = " + value + "\n";
    }
    return out;
}

template <class T> std::string values_of(const ConfigKeys<T>& keys, const T& values,
                                         const std::string& prefix, const std::string& origin_prefix,
                                         const ConfigResult& result)
{
    std::string out;
    std::string table;
    for (const auto& key : keys) {
        const std::string value = without_passwords(key.text(values));
        const bool is_absent_tls = key.name.starts_with("tls.") && value.empty();
        if constexpr (std::is_same_v<T, LinkConfig>)
            if (is_absent_tls && !values.tls) continue;
        out += header_before(key.name, table, prefix);
        const auto origin = result.origins.find(origin_prefix + key.name);
        const std::string from = origin == result.origins.end() ? "default" : origin->second;
        const std::string name(leaf(key.name));
        out += value.empty() ? "# " + name + ": none  # " + from + "\n"
                             : name + " = " + value + "  # " + from + "\n";
    }
    return out;
}

/// For a cell of a Markdown table.
std::string cell(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

template <class T>
std::string rows_of(const ConfigKeys<T>& keys, const T& defaults, const std::string& prefix)
{
    std::string out;
    for (const auto& key : keys) {
        const std::string value = key.text(defaults);
        const std::string shown = key.about.need == Need::required ? "required"
                                  : value.empty()                  ? "none"
                                                                   : "`" + value + "`";
        out += "| `" + prefix + key.name + "` | " + cell(shown) + " | " +
               (key.about.change == Change::at_reload ? "reload" : "restart") + " | " +
               cell(key.about.meaning) + " |\n";
    }
    return out;
}

} // namespace

std::string toml_text(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= ' ' && c != 0x7F)
            out += c;
        else {
            constexpr std::string_view digits = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(c);
            out += "\\u00";
            out += digits[byte >> 4U];
            out += digits[byte & 0xFU];
        }
    }
    return out + '"';
}

std::string toml_duration(std::chrono::milliseconds duration)
{
    const auto count = duration.count();
    if (count > 0 && count % 1'000 == 0) return "\"" + std::to_string(count / 1'000) + "s\"";
    return "\"" + std::to_string(count) + "ms\"";
}

std::string toml_list(const std::vector<std::string>& texts)
{
    std::string out;
    for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + toml_text(text);
    return "[" + out + "]";
}

std::string print_defaults()
{
    return "# Every key of tollgated with its default. What is behind # alone has none: an example.\n" +
           defaults_of(process_keys(), "") + "\n# A link; there may be many.\n[[link]]\n" +
           defaults_of(link_keys(), "link.");
}

std::string print_effective(const ConfigResult& result)
{
    if (!result.config) return {};
    std::string out = values_of(process_keys(), *result.config, "", "", result);
    for (const LinkConfig& link : result.config->links)
        out += "\n[[link]]\n" + values_of(link_keys(), link, "link.", "link." + link.name + ".", result);
    return out.substr(out.find_first_not_of('\n'));
}

std::string print_reference()
{
    LinkConfig link;
    link.tls.emplace();
    const std::string head = "| key | default | changed by | what |\n|---|---|---|---|\n";
    return head + rows_of(process_keys(), Config{}, "") + "\n" + head + rows_of(link_keys(), link, "link.");
}

} // namespace net
