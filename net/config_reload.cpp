#include "net/config_reload.hpp"

#include <exception>

namespace net {

Reloader::Reloader(Config running, Parts parts) : running_(std::move(running)), parts_(std::move(parts)) {}

std::vector<std::string> Reloader::try_reload()
{
    ConfigResult read = parts_.read();
    if (!read.config) return read.errors;
    const ConfigDifference what = difference(running_, *read.config);
    if (!what.refusals.empty()) return what.refusals;
    if (auto reasons = parts_.check_files(*read.config); !reasons.empty()) return reasons;
    parts_.apply(*read.config);
    running_ = std::move(*read.config);
    parts_.log->set_level(running_.log.level);
    for (const std::string& change : what.changes) parts_.log->info("config_change", {{"what", change}});
    parts_.log->info("config_reloaded", {{"changes", static_cast<std::int64_t>(what.changes.size())}});
    return {};
}

std::vector<std::string> Reloader::reload()
{
    std::vector<std::string> reasons;
    try {
        reasons = try_reload();
    } catch (const std::exception& error) { // whatever it is, the server goes on
        reasons = {error.what()};
    }
    if (reasons.empty())
        parts_.reloads->succeeded();
    else
        parts_.reloads->failed();
    for (const std::string& reason : reasons) {
        const std::string first_line = reason.substr(0, reason.find('\n'));
        parts_.log->error("config_refused", {{"why", first_line}});
    }
    return reasons;
}

} // namespace net
