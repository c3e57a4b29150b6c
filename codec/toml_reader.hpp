#pragma once

#include "codec/toml.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codec {

/// Where something stands in a file, counted from 1.
struct FilePlace {
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    friend auto operator<=>(const FilePlace&, const FilePlace&) = default;
};

[[nodiscard]] FilePlace place_of(const toml::node& node);
[[nodiscard]] FilePlace place_of(const toml::key& key);

/// All mistakes of one file.
class FileMistakes {
public:
    explicit FileMistakes(std::string_view file_name) : file_name_(file_name) {}

    void add(FilePlace place, std::string text) { mistakes_.push_back({place, std::move(text)}); }
    [[nodiscard]] std::size_t count() const { return mistakes_.size(); }
    /// throws   DialectError with a line "file:line:column: text" for each, from the top of the file
    void throw_if_any();

private:
    struct Mistake {
        FilePlace place;
        std::string text;
    };

    std::string file_name_;
    std::vector<Mistake> mistakes_;
};

/// throws   DialectError
[[nodiscard]] toml::table parse_toml(std::string_view toml, std::string_view file_name);

template <class T> struct Word {
    std::string_view text;
    T value;
};

[[nodiscard]] std::string in_quotes(std::string_view text);

/// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string_view>& words);

/// Reads the keys that it is asked for, one by one. A wrong value is a mistake and reads as absent, so that
/// all mistakes of a file come out at once; so is, at the end, a key that nobody asked for.
class TableReader {
public:
    /// place   of what is missing in it
    /// who     names the table in mistakes: "element 3"
    TableReader(const toml::table& table, FilePlace place, std::string who, FileMistakes& mistakes)
        : table_(table), place_(place), who_(std::move(who)), mistakes_(mistakes)
    {
    }

    [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
    [[nodiscard]] const std::string& who() const { return who_; }
    [[nodiscard]] FilePlace place() const { return place_; }
    /// Of the key's value; of the table where there is no such key.
    [[nodiscard]] FilePlace place(std::string_view key) const;
    [[nodiscard]] FileMistakes& mistakes() { return mistakes_; }

    void require(std::string_view key);

    /// A key that does not belong here because of another one is a mistake.
    void refuse(std::string_view key, const std::string& why);

    // Each returns true when it has written the target.
    bool text(std::string_view key, std::string& target);
    bool flag(std::string_view key, bool& target);
    struct Range {
        std::uint16_t min = 0;
        std::uint16_t max = 0;
    };
    template <class Number> bool number(std::string_view key, Range range, Number& target)
    {
        const auto value = number(key, range);
        if (value) target = static_cast<Number>(*value);
        return value.has_value();
    }
    template <class T, std::size_t n> bool word(std::string_view key, const Word<T> (&words)[n], T& target)
    {
        std::vector<std::string_view> texts;
        std::transform(std::begin(words), std::end(words), std::back_inserter(texts),
                       [](const Word<T>& word) { return word.text; });
        const auto index = word(key, texts);
        if (index) target = words[*index].value;
        return index.has_value();
    }

    /// Null when it is absent or no table.
    [[nodiscard]] const toml::table* table(std::string_view key);

    /// Call it last.
    void refuse_other_keys();

private:
    [[nodiscard]] const toml::node* find(std::string_view key);
    [[nodiscard]] std::optional<std::uint16_t> number(std::string_view key, Range range);
    [[nodiscard]] std::optional<std::size_t> word(std::string_view key,
                                                  const std::vector<std::string_view>& words);

    const toml::table& table_;
    FilePlace place_;
    std::string who_;
    FileMistakes& mistakes_;
    std::vector<std::string_view> known_;
};

} // namespace codec
