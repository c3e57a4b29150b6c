#pragma once

#include "net/strict_toml.hpp"

#include <filesystem>
#include <functional>
#include <map>

namespace net {

/// Where the path in a node is relative to, and what stands for systemd's credentials.
struct ConfigFolders {
    std::function<std::filesystem::path(const toml::node&)> of;
    std::filesystem::path credentials; ///< empty: there are none
};

/// "minimum" of "tls.minimum".
[[nodiscard]] std::string_view leaf(std::string_view key);

/// A table and the tables in it, whose keys are named "tls.minimum". A table that is absent reads as empty.
class ConfigTables {
public:
    struct Names {
        std::string title;                                     ///< `[[link]] "acq-a"`, `the file`
        std::vector<std::string> tables;                       ///< that may be in it
        std::function<std::string(std::string_view)> title_of; ///< of one of them
    };
    /// Table, complaints and folders must outlive it.
    ConfigTables(const toml::table& table, const Names& names, Complaints& complaints,
                 const ConfigFolders& folders);

    /// The reader of the table that a key is in.
    [[nodiscard]] StrictTable& of(std::string_view key);
    [[nodiscard]] bool has(std::string_view key);
    [[nodiscard]] const toml::node* node(std::string_view key) { return of(key).node(leaf(key)); }

    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(const std::string& key,
                                                                    std::chrono::milliseconds least);
    /// Not empty.
    [[nodiscard]] std::optional<std::string> filled_text(const std::string& key);
    /// A path: relative to its file, or "credential:NAME".
    [[nodiscard]] std::optional<std::filesystem::path> file(const std::string& key);
    /// As file(), but a text without "/" and ".toml" is a name and stays one.
    [[nodiscard]] std::optional<std::string> name_or_file(const std::string& key);
    [[nodiscard]] std::optional<std::vector<std::string>>
    texts(const std::string& key, bool (*is_good)(const std::string&), const std::string& expected);

    void complain(std::string_view key, const std::string& what, const std::string& hint = {});
    void finish();

private:
    const ConfigFolders& folders_;
    toml::table absent_;
    std::set<std::string, std::less<>> absent_names_;
    std::map<std::string, StrictTable, std::less<>> readers_; ///< "" is the table itself
};

} // namespace net
