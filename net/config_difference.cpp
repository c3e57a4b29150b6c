#include "net/config_keys.hpp"
#include "net/config_secrets.hpp"

#include <algorithm>

namespace net {

namespace {

/// who  begins each line: "link acq-a: ", ""
template <class T> void compare(const ConfigKeys<T>& keys, const T& old, const T& now, const std::string& who,
                                ConfigDifference& difference)
{
    const auto shown = [](const std::string& text) {
        return text.empty() ? "none" : without_passwords(text);
    };
    for (const auto& key : keys) {
        const std::string before = key.text(old);
        const std::string after = key.text(now);
        if (before == after) continue;
        const std::string line = who + key.name + " " + shown(before) + " -> " + shown(after);
        if (key.about.change == Change::at_reload)
            difference.changes.push_back(line);
        else
            difference.refusals.push_back(line + ": needs a restart");
    }
}

const LinkConfig* find_link(const Config& config, const std::string& name)
{
    const auto found = std::find_if(config.links.begin(), config.links.end(),
                                    [&](const LinkConfig& link) { return link.name == name; });
    return found == config.links.end() ? nullptr : &*found;
}

} // namespace

ConfigDifference difference(const Config& old, const Config& now)
{
    ConfigDifference all;
    compare(process_keys(), old, now, "", all);
    for (const LinkConfig& link : now.links) {
        const std::string who = "link " + link.name + ": ";
        if (const LinkConfig* before = find_link(old, link.name))
            compare(link_keys(), *before, link, who, all);
        else
            all.changes.push_back(who + "added");
    }
    for (const LinkConfig& link : old.links)
        if (!find_link(now, link.name)) all.changes.push_back("link " + link.name + ": removed");
    return all;
}

} // namespace net
