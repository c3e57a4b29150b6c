#include "codec/dialect_file.hpp"

#include "codec/dialect_row_reader.hpp"
#include "codec/dialect_words.hpp"

#include <charconv>
#include <optional>

namespace codec {

namespace {

/// What one file says for all its rows.
struct SaidDefaults {
    std::array<std::optional<Coding>, field_kind_count> coding;
    std::optional<LengthCoding> length_coding;
    std::optional<Pad> pad;

    void apply_to(FieldSpec& inherited) const
    {
        inherited.coding = coding[static_cast<std::size_t>(inherited.kind)].value_or(inherited.coding);
        inherited.length_coding = length_coding.value_or(inherited.length_coding);
        inherited.pad = pad.value_or(inherited.pad);
    }
    void apply_to(RowDefaults& inherited) const
    {
        for (std::size_t kind = 0; kind < field_kind_count; ++kind)
            inherited.coding[kind] = coding[kind].value_or(inherited.coding[kind]);
        inherited.length_coding = length_coding.value_or(inherited.length_coding);
        inherited.pad = pad.value_or(inherited.pad);
    }
};

template <class T, std::size_t n> void read_optional_word(TableReader& table, std::string_view key,
                                                          const Word<T> (&words)[n], std::optional<T>& target)
{
    if (T value{}; table.word(key, words, value)) target = value;
}

/// Bits that announce a bitmap are no elements (DOMAIN 1.2).
bool may_be_element(const BitmapRule& rule, int de)
{
    if (de == 65) return rule.count_max == 2;
    return de >= 2 && de <= 64 * rule.count_max;
}

std::string expected_elements(const BitmapRule& rule)
{
    if (rule.count_max == 1) return "2 to 64";
    return rule.count_max == 2 ? "2 to 128" : "2 to 64 or 66 to 192";
}

class FileReader {
public:
    FileReader(std::string_view file_name, const FindParent& find) : mistakes_(file_name), find_(find) {}

    [[nodiscard]] Dialect read(const toml::table& table)
    {
        TableReader file(table, {1, 1}, "the file", mistakes_);
        Dialect dialect = parent_of(file);
        dialect.name.clear(); // a name is never inherited
        file.require("name");
        file.text("name", dialect.name);
        if (!file.has("inherits"))
            for (const std::string_view key : {"mti", "bitmap", "length_coding", "elements"})
                file.require(key);
        file.word("mti", digits_words, dialect.mti);
        read_bitmap_rule(file, dialect.bitmap);
        read_defaults(file);
        said_.apply_to(dialect.defaults);
        const toml::table none;
        const toml::table* const elements = file.table("elements");
        const toml::table& rows = elements == nullptr ? none : *elements;
        pass_on(file, rows, dialect);
        read_rows(rows, dialect);
        file.refuse_other_keys();
        mistakes_.throw_if_any();
        return dialect;
    }

private:
    Dialect parent_of(TableReader& file)
    {
        std::string name;
        if (!file.text("inherits", name)) return {};
        try {
            return *find_(name);
        } catch (const DialectError& error) {
            mistakes_.add(file.place("inherits"),
                          "cannot inherit from " + in_quotes(name) + ": " + error.what());
        }
        mistakes_.throw_if_any(); // every row would be wrong without its parent
        return {};
    }

    void read_bitmap_rule(TableReader& file, BitmapRule& rule)
    {
        file.word("bitmap", bitmap_words, rule.form);
        file.word("bitmaps", bitmaps_words, rule.always_two);
        file.word("bit_1", bit_1_words, rule.first_bit);
        file.number("bitmaps_max", {1, 3}, rule.count_max);
        if (rule.first_bit != FirstBit::set && !rule.always_two)
            mistakes_.add(file.place("bit_1"),
                          "bit_1 announces the second bitmap; expected bit_1 = \"set\", or "
                          "bitmaps = \"always-two\"");
        if (rule.always_two && rule.count_max == 1)
            mistakes_.add(file.place("bitmaps_max"),
                          "bitmaps_max is 1 and bitmaps is \"always-two\"; expected 2 or 3");
    }

    void read_defaults(TableReader& file)
    {
        read_optional_word(file, "length_coding", length_coding_words, said_.length_coding);
        read_optional_word(file, "pad", pad_words, said_.pad);
        const toml::table* const table = file.table("coding");
        if (table == nullptr) return;
        TableReader coding(*table, file.place("coding"), "coding", mistakes_);
        for (const Word<FieldKind>& kind : kind_words) {
            std::optional<Coding>& said = said_.coding[static_cast<std::size_t>(kind.value)];
            read_optional_word(coding, kind.text, coding_words, said);
            if (!said) continue;
            const FieldSpec example{.name = "x", .kind = kind.value, .max = 2, .coding = *said};
            if (const std::string wrong = what_is_wrong(example); !wrong.empty())
                mistakes_.add(coding.place(kind.text), std::string(kind.text) + ": " + wrong);
        }
        coding.refuse_other_keys();
    }

    /// What was inherited, as this file writes it.
    void pass_on(const TableReader& file, const toml::table& rows, Dialect& dialect)
    {
        for (int de = 0; de <= de_max; ++de) {
            FieldSpec& spec = dialect.fields[static_cast<std::size_t>(de)];
            if (spec.kind == FieldKind::none) continue;
            if (!may_be_element(dialect.bitmap, de)) {
                spec = FieldSpec{};
                continue;
            }
            said_.apply_to(spec);
            if (rows.contains(std::to_string(de))) continue; // looked at when it is read
            if (const std::string wrong = what_is_wrong(spec); !wrong.empty())
                mistakes_.add(file.place("inherits"),
                              "inherited element " + std::to_string(de) + ": " + wrong);
        }
    }

    void read_rows(const toml::table& rows, Dialect& dialect)
    {
        RowReader reader(dialect.defaults, mistakes_);
        for (const auto& [key, row] : rows)
            if (const auto de = element_number(key, dialect.bitmap))
                reader.read_element(key, row, dialect.fields[static_cast<std::size_t>(*de)]);
    }

    std::optional<int> element_number(const toml::key& key, const BitmapRule& rule)
    {
        int de = 0;
        const std::string_view text = key.str();
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), de);
        const bool is_number = error == std::errc{} && end == text.data() + text.size() && text[0] != '0';
        if (is_number && may_be_element(rule, de)) return de;
        mistakes_.add(place_of(key),
                      "no element " + in_quotes(text) + "; expected " + expected_elements(rule));
        return std::nullopt;
    }

    FileMistakes mistakes_;
    const FindParent& find_;
    SaidDefaults said_;
};

} // namespace

Dialect read_dialect_file(std::string_view toml, std::string_view file_name, const FindParent& find)
{
    return FileReader(file_name, find).read(parse_toml(toml, file_name));
}

} // namespace codec
