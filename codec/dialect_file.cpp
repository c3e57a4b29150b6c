#include "codec/dialect_file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace codec {

namespace {

template <class T> struct Word {
    std::string_view text;
    T value;
};

constexpr Word<FieldKind> kinds[] = {
    {"numeric", FieldKind::numeric}, {"alpha", FieldKind::alpha}, {"alnum", FieldKind::alnum},
    {"text", FieldKind::text},       {"track", FieldKind::track}, {"binary", FieldKind::binary},
    {"amount", FieldKind::amount},
};
constexpr Word<LengthForm> length_forms[] = {
    {"fixed", LengthForm::fixed}, {"ll", LengthForm::ll}, {"lll", LengthForm::lll}};
constexpr Word<Coding> codings[] = {
    {"ascii", Coding::ascii}, {"bcd", Coding::bcd}, {"raw", Coding::raw}, {"hex", Coding::hex}};
constexpr Word<LengthCoding> length_codings[] = {{"ascii", LengthCoding::ascii}, {"bcd", LengthCoding::bcd}};
constexpr Word<LogRule> log_rules[] = {
    {"clear", LogRule::clear}, {"pan", LogRule::pan}, {"never", LogRule::never}};
constexpr Word<DigitsForm> digits_forms[] = {{"ascii", DigitsForm::ascii}, {"bcd", DigitsForm::bcd}};
constexpr Word<BitmapForm> bitmap_forms[] = {{"hex", BitmapForm::hex}, {"binary", BitmapForm::binary}};

constexpr std::string_view file_keys[] = {"name", "inherits", "mti", "bitmap", "length_coding", "elements"};
constexpr std::string_view row_keys[] = {"name", "kind", "max", "length", "coding", "length_coding", "log"};
constexpr std::string_view required_row_keys[] = {"name", "kind", "max", "length", "coding"};

std::string joined(const auto& words, auto text_of_word)
{
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + std::string(text_of_word(word));
    return text;
}

template <class T, std::size_t n> std::string listed(const Word<T> (&words)[n])
{
    return joined(words, [](const Word<T>& word) { return word.text; });
}

template <std::size_t n> std::string listed(const std::string_view (&words)[n])
{
    return joined(words, [](std::string_view word) { return word; });
}

std::string in_quotes(std::string_view text)
{
    return "\"" + std::string(text) + "\"";
}

class FileReader {
public:
    FileReader(std::string_view file_name, const FindParent& find) : file_name_(file_name), find_(find) {}

    [[nodiscard]] Dialect read(std::string_view toml)
    {
        const toml::table file = parse(toml);
        Dialect dialect = parent_of(file);
        has_parent_ = file.contains("inherits");
        check_keys(file, file_keys, "dialect file");
        dialect.name.clear(); // a name is never inherited
        read_text(file, "name", dialect.name);
        require(file, {"name"}, {1, 1}, "the file");
        if (!has_parent_)
            require(file, {"mti", "bitmap", "length_coding", "elements"}, {1, 1}, "a file without inherits");
        read_word(file, "mti", digits_forms, dialect.mti);
        read_word(file, "bitmap", bitmap_forms, dialect.bitmap.form);
        if (LengthCoding coding{}; read_word(file, "length_coding", length_codings, coding))
            length_coding_ = coding;
        read_elements(file, dialect);
        throw_problems();
        return dialect;
    }

private:
    struct Position {
        std::uint32_t line = 1;
        std::uint32_t column = 1;
    };
    struct Problem {
        Position position;
        std::string text;
    };

    static Position position_of(const toml::source_region& source)
    {
        return {source.begin.line, source.begin.column};
    }

    void report(Position position, std::string text) { problems_.push_back({position, std::move(text)}); }

    void throw_problems()
    {
        if (problems_.empty()) return;
        // toml++ sorts tables by key; people read a file from its top.
        std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
            return std::tie(a.position.line, a.position.column) <
                   std::tie(b.position.line, b.position.column);
        });
        std::string text;
        for (const Problem& problem : problems_) {
            text += (text.empty() ? "" : "\n") + file_name_ + ":" + std::to_string(problem.position.line) +
                    ":" + std::to_string(problem.position.column) + ": " + problem.text;
        }
        throw DialectError(text);
    }

    toml::table parse(std::string_view toml)
    {
        try {
            return toml::parse(toml, file_name_);
        } catch (const toml::parse_error& error) {
            report(position_of(error.source()), std::string(error.description()));
        }
        throw_problems();
        return {};
    }

    Dialect parent_of(const toml::table& file)
    {
        std::string name;
        if (!read_text(file, "inherits", name)) return {};
        try {
            return *find_(name);
        } catch (const DialectError& error) {
            report(position_of(file.get("inherits")->source()),
                   "cannot inherit from " + in_quotes(name) + ": " + error.what());
        }
        throw_problems(); // every row would be wrong without its parent
        return {};
    }

    template <std::size_t n>
    void check_keys(const toml::table& table, const std::string_view (&known)[n], const std::string& where)
    {
        for (const auto& [key, node] : table) {
            if (std::find(std::begin(known), std::end(known), key.str()) != std::end(known)) continue;
            report(position_of(key.source()),
                   "unknown key " + in_quotes(key.str()) + " in " + where + "; expected " + listed(known));
        }
    }

    void require(const toml::table& table, std::initializer_list<std::string_view> keys, Position position,
                 const std::string& who)
    {
        for (const std::string_view key : keys)
            if (!table.contains(key)) report(position, who + " needs " + in_quotes(key));
    }

    bool read_text(const toml::table& table, std::string_view key, std::string& target)
    {
        const toml::node* const node = table.get(key);
        if (node == nullptr) return false;
        const auto text = node->value_exact<std::string>();
        if (!text || text->empty()) {
            report(position_of(node->source()),
                   std::string(key) + " is wrong; expected a text that is not empty");
            return false;
        }
        target = *text;
        return true;
    }

    template <class T, std::size_t n>
    bool read_word(const toml::table& table, std::string_view key, const Word<T> (&words)[n], T& target)
    {
        const toml::node* const node = table.get(key);
        if (node == nullptr) return false;
        const auto text = node->value_exact<std::string>();
        const auto* const word = std::find_if(std::begin(words), std::end(words),
                                              [&](const Word<T>& w) { return text && w.text == *text; });
        if (word == std::end(words)) {
            report(position_of(node->source()), std::string(key) + " is " +
                                                    (text ? in_quotes(*text) : "not a text") +
                                                    "; expected one of " + listed(words));
            return false;
        }
        target = word->value;
        return true;
    }

    void read_max(const toml::table& row, std::uint16_t& target)
    {
        const toml::node* const node = row.get("max");
        if (node == nullptr) return;
        const auto max = node->value_exact<std::int64_t>();
        if (max && *max >= 1 && *max <= 999) {
            target = static_cast<std::uint16_t>(*max);
            return;
        }
        report(position_of(node->source()), "max is wrong; expected a number from 1 to 999");
    }

    void read_elements(const toml::table& file, Dialect& dialect)
    {
        const toml::node* const node = file.get("elements");
        if (node == nullptr) return;
        if (!node->is_table()) {
            report(position_of(node->source()),
                   "elements is not a table; expected rows like 3 = { name = ... }");
            return;
        }
        for (const auto& [key, row] : *node->as_table()) {
            if (const auto de = element_number(key)) read_row(*de, key, row, dialect);
        }
    }

    std::optional<int> element_number(const toml::key& key)
    {
        int de = 0;
        const std::string_view text = key.str();
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), de);
        const bool is_number = error == std::errc{} && end == text.data() + text.size() && text[0] != '0';
        if (is_number && de >= 2 && de <= 128 && de != 65) return de;
        // Bit 1 announces the secondary bitmap and bit 65 would announce a third one (DOMAIN 1.2).
        report(position_of(key.source()),
               "no element " + in_quotes(text) + "; expected 2 to 64 or 66 to 128");
        return std::nullopt;
    }

    void read_row(int de, const toml::key& key, const toml::node& node, Dialect& dialect)
    {
        FieldSpec& spec = dialect.fields[static_cast<std::size_t>(de)];
        if (node.is_boolean() && !*node.value<bool>()) {
            spec = FieldSpec{};
            return;
        }
        const std::string who = "element " + std::to_string(de);
        if (!node.is_table()) {
            report(position_of(node.source()),
                   who + " is wrong; expected a row like { name = ... }, or false");
            return;
        }
        const toml::table& row = *node.as_table();
        const std::size_t problems_before = problems_.size();
        check_keys(row, row_keys, who);
        if (spec.kind == FieldKind::none)
            for (const std::string_view required : required_row_keys)
                require(row, {required}, position_of(key.source()), who);
        read_text(row, "name", spec.name);
        read_word(row, "kind", kinds, spec.kind);
        read_max(row, spec.max);
        read_word(row, "length", length_forms, spec.length);
        read_word(row, "coding", codings, spec.coding);
        if (length_coding_) spec.length_coding = *length_coding_;
        read_word(row, "length_coding", length_codings, spec.length_coding);
        read_word(row, "log", log_rules, spec.log);
        if (problems_.size() != problems_before) return; // one mistake, one line
        if (const std::string wrong = what_is_wrong(spec); !wrong.empty())
            report(position_of(key.source()), who + ": " + wrong);
    }

    std::string file_name_;
    const FindParent& find_;
    bool has_parent_ = false;
    std::optional<LengthCoding> length_coding_;
    std::vector<Problem> problems_;
};

} // namespace

Dialect read_dialect_file(std::string_view toml, std::string_view file_name, const FindParent& find)
{
    return FileReader(file_name, find).read(toml);
}

} // namespace codec
