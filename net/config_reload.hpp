#pragma once

#include "net/config.hpp"
#include "net/log.hpp"
#include "net/node_counters.hpp"

#include <functional>

namespace net {

/// Brings a running server to a changed configuration, or leaves it as it is: all or nothing. Log events:
/// `config_change` per change, then `config_reloaded`; or `config_refused` per reason. What its parts throw
/// is such a reason, too.
class Reloader {
public:
    struct Parts {
        std::function<ConfigResult()> read; ///< the same sources as at the start, as they are now
        /// Reasons why files that the configuration names cannot be used.
        std::function<std::vector<std::string>(const Config&)> check_files;
        std::function<void(const Config&)> apply; ///< throws std::exception when nothing has changed
        Log* log = nullptr;                       ///< outlives the reloader
        Reloads* reloads = nullptr;               ///< and so does this
    };
    Reloader(Config running, Parts parts);

    /// returns  the reasons against it; empty: it is done
    std::vector<std::string> reload();

    [[nodiscard]] const Config& running() const { return running_; }

private:
    std::vector<std::string> try_reload();

    Config running_;
    Parts parts_;
};

} // namespace net
