#pragma once

#include "codec/toml.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace net {

/// Every mistake found in a file, in the order found: "file:line:col: what is wrong".
using Complaints = std::vector<std::string>;

struct IntegerRange {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

/// "250ms", "5s", "2m"; nothing when it is not of that form or below zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "file:line:col: " of a node, or of the place where something is missing.
[[nodiscard]] std::string place_of(const toml::node& node);

/// Reads one table and remembers which keys it was asked for: the others are mistakes. A value of the wrong
/// type is a complaint and reads as absent, so that all mistakes of a file come out at once.
class StrictTable {
public:
    /// path  for messages: "store", "link". Table and complaints must outlive the reader.
    StrictTable(const toml::table& table, std::string path, Complaints& complaints);

    [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, IntegerRange range);
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key);
    [[nodiscard]] std::optional<bool> flag(std::string_view key);
    [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key);
    [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(std::string_view key, IntegerRange range);
    /// One of the given words; the index of it.
    [[nodiscard]] std::optional<std::size_t> word(std::string_view key,
                                                  const std::vector<std::string_view>& words);
    [[nodiscard]] const toml::table* table(std::string_view key);
    /// The tables of `[[key]]`.
    [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key);

    /// As text(), and a complaint when it is absent.
    [[nodiscard]] std::string required_text(std::string_view key);

    void complain(std::string_view key, const std::string& what);
    /// Complains about every key nobody asked for. Call it last.
    void finish();

private:
    const toml::node* find(std::string_view key);
    void wrong_type(const toml::node& node, std::string_view key, std::string_view expected);

    const toml::table& table_;
    std::string path_;
    Complaints& complaints_;
    std::set<std::string, std::less<>> known_;
};

} // namespace net
