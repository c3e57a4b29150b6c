/// TOML read strictly: every value knows its place in the file, and a key that nobody asked for is an error.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// Where something stands in a file; lines and columns from 1. Line 0: the file as a whole.
struct Place {
    std::string file;
    int line = 0;
    int column = 0;
};

/// "file:line:column", or "file".
[[nodiscard]] std::string text_of(const Place& place);

/// A file that cannot be used; what() is "file:line:column: what is wrong, what is expected".
struct FileError : std::runtime_error {
    FileError(const Place& place, const std::string& what) : std::runtime_error(text_of(place) + ": " + what)
    {
    }
};

struct Member;

/// One TOML value, apart from the parser.
struct Value {
    enum class Kind : std::uint8_t { text, integer, boolean, array, table, other };
    Kind kind = Kind::other;
    std::string text;
    std::int64_t integer = 0; ///< also 0 or 1 of a boolean
    std::vector<Value> items;
    std::vector<Member> members; ///< of a table, in the file's order
    Place place;
};

struct Member {
    std::string key;
    Value value;
    Place place;
};

/// throws   FileError
[[nodiscard]] Value parse_toml(std::string_view toml, const std::string& file_name);
[[nodiscard]] std::string read_whole_file(const std::string& file_name);

/// Nearest of `known`, when it is near enough to have been meant.
[[nodiscard]] std::optional<std::string> did_you_mean(std::string_view word,
                                                      const std::vector<std::string>& known);

/// " (did you mean "x"?)" or nothing.
[[nodiscard]] std::string hint(std::string_view word, const std::vector<std::string>& known);

/// A table whose keys are asked for one by one; finish() refuses the rest. All functions throw FileError.
class TableReader {
public:
    /// what     names the table in messages: "step", "[given]"
    TableReader(const Value& table, std::string what);

    [[nodiscard]] const Value* find(const std::string& key);
    [[nodiscard]] const Value& required(const std::string& key);

    [[nodiscard]] std::optional<std::string> text(const std::string& key);
    [[nodiscard]] std::string required_text(const std::string& key);
    [[nodiscard]] std::optional<std::int64_t> integer(const std::string& key);
    [[nodiscard]] bool flag(const std::string& key);
    /// A text or an array of texts.
    [[nodiscard]] std::vector<std::string> texts(const std::string& key);
    /// A table of texts, in the file's order.
    [[nodiscard]] std::vector<std::pair<std::string, Value>> pairs(const std::string& key);

    /// Refuses the first key that nobody asked for.
    void finish() const;

    [[nodiscard]] const Place& place() const { return table_.place; }

private:
    const Value& table_;
    std::string what_;
    std::vector<std::string> known_;
};

[[nodiscard]] const std::string& as_text(const Value& value, std::string_view what);
[[nodiscard]] std::int64_t as_integer(const Value& value, std::string_view what);

/// "250ms", "5s", "10min", "-10min", "9h", in milliseconds; nothing when it is no duration.
[[nodiscard]] std::optional<std::int64_t> parse_duration_ms(std::string_view text);

} // namespace sim
