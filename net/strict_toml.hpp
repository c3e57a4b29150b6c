#pragma once

#include "codec/edit_distance.hpp"
#include "codec/toml.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace net {

/// One mistake of a file, and where it stands.
struct Complaint {
    std::string file;
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    std::uint32_t width = 1; ///< characters of that line that are meant
    std::string what;
    std::string hint; ///< what to do instead; may be empty

    Complaint(const toml::source_region& where, std::string what_is_wrong, std::string what_to_do = {});

    /// "file:line:col: what is wrong; what to do", on one line.
    [[nodiscard]] std::string text() const;
};

/// Every mistake found, in the order found.
using Complaints = std::vector<Complaint>;

struct IntegerRange {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

/// "250ms", "5s", "2m"; nothing when it is not of that form or below zero.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// `did you mean "x"?`, or nothing when no word is near.
template <class Words> [[nodiscard]] std::string did_you_mean(std::string_view wrong, const Words& words)
{
    const std::string_view meant = codec::nearest_word(wrong, words);
    return meant.empty() ? std::string{} : "did you mean \"" + std::string(meant) + "\"?";
}

/// How a table is called in messages: `[store]`, `[[link]] "acq-a"`.
struct TableTitle {
    std::string text;
};

/// Reads one table and remembers which keys it was asked for: the others are mistakes. A value of the wrong
/// type is a complaint and reads as absent, so that all mistakes of a file come out at once.
class StrictTable {
public:
    /// Table and complaints must outlive the reader.
    StrictTable(const toml::table& table, TableTitle title, Complaints& complaints);
    /// path  "store" for the title [store]
    StrictTable(const toml::table& table, const std::string& path, Complaints& complaints);

    [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
    /// Null when it is absent; whoever looks at it answers for its type.
    [[nodiscard]] const toml::node* node(std::string_view key);
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, IntegerRange range);
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key);
    [[nodiscard]] std::optional<bool> flag(std::string_view key);
    /// From 0 to 1.
    [[nodiscard]] std::optional<double> share(std::string_view key);
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

    void complain(std::string_view key, const std::string& what, const std::string& hint = {});
    /// Complains about every key nobody asked for. Call it last.
    void finish();

private:
    void wrong_type(const toml::node& node, std::string_view key, std::string_view expected);

    const toml::table& table_;
    std::string title_;
    Complaints& complaints_;
    std::set<std::string, std::less<>> known_;
};

} // namespace net
