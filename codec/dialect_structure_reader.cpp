#include "codec/dialect_row_reader.hpp"
#include "codec/dialect_words.hpp"
#include "codec/structure_check.hpp"

#include <algorithm>
#include <memory>

namespace codec {

namespace {

constexpr std::string_view required_of_positional[] = {"name", "kind", "max"};
constexpr std::string_view required_of_bitmap[] = {"name", "kind", "max", "length"};
constexpr std::string_view required_of_tagged[] = {"name"};

constexpr std::uint16_t bits_max = 192;
constexpr std::uint16_t tag_size_max = 16;
constexpr std::uint16_t ber_max = 65535;

/// The codings of EMV Book 3, whatever those of the file are.
RowDefaults ber_tlv_defaults()
{
    RowDefaults defaults;
    for (const FieldKind kind : {FieldKind::numeric, FieldKind::track, FieldKind::amount})
        defaults.coding[static_cast<std::size_t>(kind)] = Coding::bcd;
    return defaults;
}

/// What a tag or an unknown part is that is written so.
FieldKind kind_of(Coding coding)
{
    switch (coding) {
    case Coding::ascii:
    case Coding::ebcdic:
    case Coding::ebcdic_500:
        return FieldKind::text;
    case Coding::bcd:
        return FieldKind::nibbles;
    case Coding::raw:
    case Coding::hex:
    case Coding::ebcdic_hex:
        break;
    }
    return FieldKind::binary;
}

Structure fresh_structure(StructureForm form, const RowDefaults& defaults)
{
    Structure structure;
    structure.form = form;
    FieldSpec& tag = structure.tag;
    tag.name = "tag";
    tag.kind = FieldKind::text;
    tag.coding = defaults.coding_of(FieldKind::text);
    FieldSpec& other = structure.other;
    other.name = "unknown tag";
    other.kind = FieldKind::text;
    other.coding = defaults.coding_of(FieldKind::text);
    other.length_coding = defaults.length_coding;
    other.log = LogRule::never;
    return structure;
}

void read_tag(TableReader& tlv, FieldSpec& tag)
{
    const toml::table* const table = tlv.table("tag");
    if (table == nullptr) return;
    TableReader reader(*table, tlv.place("tag"), "tag of " + tlv.who(), tlv.mistakes());
    if (tag.max == 0) reader.require("size");
    reader.number("size", {1, tag_size_max}, tag.max);
    reader.word("coding", coding_words, tag.coding);
    if (tag.coding == Coding::hex || tag.coding == Coding::ebcdic_hex)
        tlv.mistakes().add(reader.place("coding"),
                           "a tag in hex is text; expected coding = \"ascii\" or \"ebcdic\"");
    tag.kind = kind_of(tag.coding);
    reader.refuse_other_keys();
}

/// Shorter tags first: numbers are in order, and so are hex digits.
bool stands_before(const Structure::PartSpec& a, const Structure::PartSpec& b)
{
    return a.tag.size() != b.tag.size() ? a.tag.size() < b.tag.size() : a.tag < b.tag;
}

} // namespace

void RowReader::read_structure(TableReader& row, const Place& place, const Rules& rules, FieldSpec& spec)
{
    std::optional<StructureForm> form;
    if (spec.structure) form = spec.structure->form;
    row.word("structure", structure_words, form);
    const std::string needs = "is for a row with structure = ";
    if (form != StructureForm::bitmap) {
        row.refuse("bits", needs + "\"bitmap\"");
        row.refuse("bitmap", needs + "\"bitmap\"");
    }
    if (form != StructureForm::tlv) row.refuse("tlv", needs + "\"tlv\"");
    if (!form) {
        row.refuse("parts", needs + "\"positional\", \"bitmap\", \"ber-tlv\" or \"tlv\"");
        spec.structure = nullptr;
        return;
    }
    if (rules.depth == structure_depth_max) {
        mistakes_.add(row.place("structure"), "too deep; expected at most " +
                                                  std::to_string(structure_depth_max) +
                                                  " structures in each other");
        return;
    }

    const bool is_new = !spec.structure || spec.structure->form != *form;
    // The parts of a text are characters, too: whatever coding they had has been undone with that of the
    // whole.
    const RowDefaults defaults = spec.kind == FieldKind::binary ? defaults_ : RowDefaults{};
    Structure structure = is_new ? fresh_structure(*form, defaults) : *spec.structure;
    if (form == StructureForm::bitmap) {
        row.number("bits", {8, bits_max}, structure.bits);
        row.word("bitmap", bitmap_words, structure.bitmap);
    }
    if (form == StructureForm::tlv) read_tlv(row, structure);
    if (const toml::table* const parts = row.table("parts"))
        read_parts(*parts, place, part_rules(structure, spec, rules.depth), structure);
    spec.structure = std::make_shared<const Structure>(std::move(structure));
}

void RowReader::read_tlv(TableReader& row, Structure& structure)
{
    const bool is_new = structure.tag.max == 0;
    if (is_new) row.require("tlv");
    const toml::table* const table = row.table("tlv");
    if (table == nullptr) return;
    TableReader tlv(*table, row.place("tlv"), "tlv of " + row.who(), mistakes_);
    if (is_new) {
        tlv.require("tag");
        tlv.require("length");
    }
    read_tag(tlv, structure.tag);
    FieldSpec& other = structure.other;
    read_count_keys(tlv, other);
    if (tlv.word("coding", coding_words, other.coding)) other.kind = kind_of(other.coding);
    other.max = largest_max_of(other);
    tlv.number("category_size", {0, tag_size_max}, structure.category_size);
    tlv.refuse_other_keys();
}

RowReader::Rules RowReader::part_rules(const Structure& structure, const FieldSpec& whole, int depth) const
{
    Rules rules;
    rules.depth = depth + 1;
    rules.defaults = whole.kind == FieldKind::binary ? defaults_ : RowDefaults{};
    rules.fresh.length_coding = rules.defaults.length_coding;
    switch (structure.form) {
    case StructureForm::positional:
        rules.required = required_of_positional;
        break;
    case StructureForm::bitmap:
        rules.required = required_of_bitmap;
        break;
    case StructureForm::ber_tlv:
        rules.required = required_of_tagged;
        rules.defaults = ber_tlv_defaults();
        rules.fresh.kind = FieldKind::binary;
        rules.fresh.coding = Coding::raw;
        rules.fresh.length = LengthForm::rest;
        rules.fresh.max = ber_max;
        rules.has_count = false;
        break;
    case StructureForm::tlv:
        rules.required = required_of_tagged;
        rules.fresh = structure.other;
        rules.fresh.name.clear();
        rules.fresh.max = 0;
        break;
    }
    rules.fresh.log = whole.log == LogRule::clear ? LogRule::clear : LogRule::never;
    return rules;
}

void RowReader::read_parts(const toml::table& table, const Place& of, const Rules& rules,
                           Structure& structure)
{
    std::vector<Structure::PartSpec>& parts = structure.parts;
    for (const auto& [key, node] : table) {
        const std::string tag(key.str());
        const Place place{place_of(key), of.element, of.path.empty() ? tag : of.path + "." + tag};
        if (const std::string wrong = what_is_wrong_with_tag(structure, tag); !wrong.empty()) {
            mistakes_.add(place.file, "no part " + in_quotes(tag) + " in " + of.who() + "; " + wrong);
            continue;
        }
        auto part =
            std::find_if(parts.begin(), parts.end(), [&](const auto& known) { return known.tag == tag; });
        if (part == parts.end()) part = parts.insert(parts.end(), {tag, {}});
        read_row(node, place, tag == category_tag ? category_rules(structure, rules) : rules, part->spec);
    }
    std::erase_if(parts, [](const auto& part) { return part.spec.kind == FieldKind::none; });
    std::sort(parts.begin(), parts.end(), stands_before);
}

RowReader::Rules RowReader::category_rules(const Structure& structure, Rules rules)
{
    FieldSpec& fresh = rules.fresh;
    const LogRule log = fresh.log;
    fresh = structure.tag;
    fresh.name.clear();
    fresh.max = structure.category_size;
    fresh.log = log;
    rules.has_count = false;
    return rules;
}

} // namespace codec
