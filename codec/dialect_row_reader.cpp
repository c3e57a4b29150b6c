#include "codec/dialect_row_reader.hpp"

#include "codec/dialect_words.hpp"
#include "codec/field_size.hpp"

namespace codec {

namespace {

constexpr std::uint16_t max_max = 65535;
constexpr std::string_view required_of_elements[] = {"name", "kind", "max", "length"};

bool is_false(const toml::node& node)
{
    return node.is_boolean() && !*node.value<bool>();
}

} // namespace

std::uint16_t largest_max_of(FieldSpec spec)
{
    if (spec.length == LengthForm::fixed || spec.length == LengthForm::rest) return max_max;
    const auto fits = [&](std::uint32_t max) {
        return count_of(spec, max, wire_size_of(spec, max)) + own_count_of(spec) <= largest_count_of(spec);
    };
    std::uint32_t max = 0; // fits; max + 2 * step does not
    for (std::uint32_t step = (max_max + 1U) / 2; step > 0; step /= 2)
        if (fits(max + step)) max += step;
    return static_cast<std::uint16_t>(max);
}

void RowReader::read_element(const toml::key& key, const toml::node& node, FieldSpec& spec)
{
    Rules rules;
    rules.defaults = defaults_;
    rules.fresh.length_coding = defaults_.length_coding;
    rules.required = required_of_elements;
    const Place place{place_of(key), "element " + std::string(key.str()), {}};
    read_row(node, place, rules, spec);
    if (spec.length == LengthForm::rest)
        mistakes_.add(place.file, place.who() +
                                      ": length = \"rest\" is for parts of a structure; expected fixed or "
                                      "l to llllll");
}

void RowReader::read_row(const toml::node& node, const Place& place, const Rules& rules, FieldSpec& spec)
{
    if (is_false(node)) {
        spec = FieldSpec{};
        return;
    }
    if (!node.is_table()) {
        mistakes_.add(place_of(node),
                      place.who() + " is wrong; expected a row like { name = ... }, or false");
        return;
    }
    const std::size_t mistakes_before = mistakes_.count();
    TableReader row(*node.as_table(), place.file, place.who(), mistakes_);
    if (spec.kind == FieldKind::none) {
        spec = rules.fresh;
        for (const std::string_view key : rules.required) row.require(key);
    }
    read_value_keys(row, rules, spec);
    if (rules.has_count) read_count_keys(row, spec);
    if (spec.max == 0) spec.max = largest_max_of(spec);
    read_structure(row, place, rules, spec);
    row.refuse_other_keys();
    if (mistakes_.count() != mistakes_before) return; // one mistake, one line
    if (const std::string wrong = what_is_wrong(spec); !wrong.empty())
        mistakes_.add(place.file, place.who() + ": " + wrong);
}

void RowReader::read_value_keys(TableReader& row, const Rules& rules, FieldSpec& spec)
{
    const FieldKind kind_before = spec.kind;
    row.text("name", spec.name);
    row.word("kind", kind_words, spec.kind);
    if (spec.kind != kind_before) {
        spec.coding = rules.defaults.coding_of(spec.kind);
        spec.pad = rules.defaults.pad;
        spec.fill = Fill::none;
        spec.separator = '=';
    }
    row.number("max", {1, max_max}, spec.max);
    row.word("coding", coding_words, spec.coding);
    row.word("pad", pad_words, spec.pad);
    row.word("fill", fill_words, spec.fill);
    row.word("separator", separator_words, spec.separator);
    row.word("log", log_words, spec.log);
}

void RowReader::read_count_keys(TableReader& row, FieldSpec& spec)
{
    row.word("length", length_words, spec.length);
    row.word("length_coding", length_coding_words, spec.length_coding);
    row.word("length_counts", length_counts_words, spec.length_counts);
    row.flag("length_includes_itself", spec.length_includes_itself);
}

} // namespace codec
