#include "sim/jpos_fields.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace sim {

namespace {

using namespace codec;

bool has_token(const pugi::xml_node& node)
{
    return is_jpos_token_class(jpos_attribute(node, "class")) ||
           jpos_cut_of(jpos_attribute(node, "packager")) == JposCut::tokens;
}

std::string zero_padded(int number, std::size_t digits)
{
    std::string text = std::to_string(number);
    return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

Pad pad_of(const JposClass& row, const pugi::xml_node& node)
{
    if (row.pad == JposPad::right_f) return Pad::right_f;
    if (row.pad == JposPad::unpacked || jpos_flag(node, "pad").value_or(false)) return Pad::left_0;
    return row.pad == JposPad::zero_by_attr ? Pad::right_0 : Pad::right_f;
}

bool has_tagged_parts(const pugi::xml_node& node)
{
    return std::ranges::any_of(node.children("isofield"), [](const pugi::xml_node& child) {
        const JposClass* row = find_jpos_class(jpos_attribute(child, "class"));
        return row != nullptr && row->tag_digits > 0;
    });
}

bool is_same_way(const JposClass& a, const JposClass& b)
{
    return a.tag_digits == b.tag_digits && a.tag_coding == b.tag_coding && a.length == b.length &&
           a.length_coding == b.length_coding;
}

void tag_rows(const JposClass& way, LogRule log, Structure& structure)
{
    structure.tag.name = "tag";
    structure.tag.kind = FieldKind::text;
    structure.tag.coding = way.tag_coding;
    structure.tag.max = way.tag_digits;
    structure.other.name = "unknown";
    structure.other.kind = FieldKind::text;
    structure.other.length = way.length;
    structure.other.length_coding = way.length_coding;
    structure.other.coding = way.coding == Coding::ebcdic ? Coding::ebcdic : Coding::ascii;
    structure.other.max = 99;
    structure.other.log = log;
}

} // namespace

std::string_view jpos_attribute(const pugi::xml_node& node, const char* name)
{
    return node.attribute(name).value();
}

/// Nothing when the attribute is not there. Like jPOS, whatever is not "true" is false.
std::optional<bool> jpos_flag(const pugi::xml_node& node, const char* name)
{
    if (jpos_attribute(node, name).empty()) return std::nullopt;
    return std::ranges::equal(jpos_attribute(node, name), std::string_view("true"), {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

std::optional<BitmapForm> jpos_bitmap_form(std::string_view qualified_name)
{
    const std::string_view name = name_in_jpos(qualified_name);
    if (name == "IFA_BITMAP") return BitmapForm::hex;
    if (name == "IFB_BITMAP") return BitmapForm::binary;
    if (name == "IFE_BITMAP") return BitmapForm::ebcdic_hex;
    return std::nullopt;
}

bool is_jpos_field(const pugi::xml_node& node)
{
    const std::string_view name = node.name();
    return name == "isofield" || name == "isofieldpackager";
}

Lines::Lines(std::string_view text, const std::string& file_name) : file_name_(file_name), starts_{0}
{
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\n') starts_.push_back(static_cast<std::ptrdiff_t>(i) + 1);
}

Place Lines::place_of(std::ptrdiff_t offset) const
{
    const auto behind = std::ranges::upper_bound(starts_, std::max<std::ptrdiff_t>(offset, 0));
    return {file_name_, static_cast<int>(behind - starts_.begin()),
            static_cast<int>(std::max<std::ptrdiff_t>(offset, 0) - *std::prev(behind)) + 1};
}

void JposFields::lose(const std::string& path, const pugi::xml_node& node, std::string what)
{
    import_.lose(path, lines_.place_of(node.offset_debug()).line, std::move(what));
}

std::optional<FieldSpec> JposFields::field(const pugi::xml_node& node, const std::string& path, LogRule log)
{
    const JposClass* known = find_jpos_class(jpos_attribute(node, "class"));
    const bool has_tag =
        known != nullptr && (known->tag_digits > 0 || is_jpos_token_class(jpos_attribute(node, "class")));
    if (!has_tag) return row_with_parts(node, path, log);
    return lose(path, node, std::string(known->name) + ": its number stands in front of it"), std::nullopt;
}

std::optional<FieldSpec> JposFields::row_with_parts(const pugi::xml_node& node, const std::string& path,
                                                    LogRule log)
{
    auto spec = row(node, path, log);
    if (!spec) return std::nullopt;
    lose_unknown_attributes(node, path);
    if (std::string_view(node.name()) == "isofieldpackager") cut(node, path, *spec);
    return spec;
}

void JposFields::lose_unknown_attributes(const pugi::xml_node& node, const std::string& path)
{
    constexpr std::string_view known[] = {"id",          "length",     "name",          "class",
                                          "pad",         "trim",       "packager",      "emitBitmap",
                                          "bitmapField", "firstField", "maxValidField", "tagMapper",
                                          "tagSize",     "lenSize",    "swapTagAndLen"};
    for (const pugi::xml_attribute& given : node.attributes())
        if (std::ranges::find(known, std::string_view(given.name())) == std::end(known) &&
            !(std::string_view(given.name()) == "token" && has_token(node)))
            lose(path, node, "attribute " + printable(given.name()) + " is left out");
}

/// The row without its parts; nothing when it is lost.
std::optional<FieldSpec> JposFields::row(const pugi::xml_node& node, const std::string& path, LogRule log)
{
    const std::string_view name = jpos_attribute(node, "class");
    const JposClass* row = find_jpos_class(name);
    if (name_in_jpos(name) == "IF_UNUSED") return std::nullopt; // jPOS refuses it, as we do
    if (row == nullptr) return lose(path, node, "class " + printable(name) + " is not known"), std::nullopt;
    if (!row->obstacle.empty())
        return lose(path, node, std::string(row->name) + ": " + std::string(row->obstacle)), std::nullopt;
    const auto length = length_of(jpos_attribute(node, "length"));
    if (!length) return lose(path, node, "its length is no number"), std::nullopt;
    if (!row->remark.empty()) lose(path, node, std::string(row->name) + ": " + std::string(row->remark));

    FieldSpec spec;
    spec.name = jpos_attribute(node, "name").empty() ? place_in_dialect(path)
                                                     : printable(jpos_attribute(node, "name"));
    spec.kind = row->kind;
    spec.coding = row->coding;
    spec.length = row->length;
    spec.length_coding = row->length_coding;
    spec.length_counts = row->length_counts;
    spec.max = *length;
    spec.pad = pad_of(*row, node);
    if (jpos_flag(node, "trim").value_or(false) && row->kind == FieldKind::text &&
        row->length == LengthForm::fixed)
        spec.fill = Fill::right_spaces;
    spec.log = log;
    return spec;
}

/// Gives `spec` the parts that stand inside `node`, as far as they can be said.
void JposFields::cut(const pugi::xml_node& node, const std::string& path, FieldSpec& spec)
{
    const auto depth = 1 + std::ranges::count(path, '.');
    if (depth > structure_depth_max) return lose(path, node, "parts this deep are not read");
    Structure structure;
    const LogRule log = spec.log == LogRule::clear ? LogRule::clear : LogRule::never;
    if (!read_parts_of({node, path, log}, structure)) return;
    if (structure.form == StructureForm::ber_tlv && spec.kind == FieldKind::text &&
        spec.coding == Coding::ascii) {
        spec.kind = FieldKind::binary; // the same bytes
        spec.coding = Coding::raw;
    }
    put_parts(import_, {path, lines_.place_of(node.offset_debug()).line}, spec, std::move(structure));
}

bool JposFields::read_parts_of(const Inside& inside, Structure& structure)
{
    const std::string_view packager = jpos_attribute(inside.node, "packager");
    switch (jpos_cut_of(packager)) {
    case JposCut::unknown:
        lose(inside.path, inside.node,
             "packager " + printable(packager) + " is not known: its parts are not read");
        return false;
    case JposCut::ber_tlv:
        return ber_tlv(inside, structure);
    case JposCut::mapped_tags:
        return mapped_tags(inside, structure);
    case JposCut::tagged_parts:
        return tagged_parts(inside, structure);
    case JposCut::tokens:
        return parts_with_tokens(inside, structure);
    case JposCut::message:
    case JposCut::parts:
        if (jpos_flag(inside.node, "emitBitmap").value_or(true)) return by_bitmap(inside, structure);
        return has_tagged_parts(inside.node) ? tagged_parts(inside, structure)
                                             : positional(inside, structure);
    }
    return false;
}

/// The parts by number, which is the order on the wire.
std::vector<JposFields::Child> JposFields::children_of(const Inside& inside)
{
    std::vector<Child> children;
    std::set<int> seen;
    for (const pugi::xml_node& node : inside.node.children()) {
        if (node.type() != pugi::node_element) continue;
        const auto id = small_number(jpos_attribute(node, "id"));
        const std::string path = inside.path + "." + (id ? std::to_string(*id) : std::string("?"));
        if (!is_jpos_field(node))
            lose(inside.path, node, "<" + std::string(node.name()) + "> is not known");
        else if (!id)
            lose(path, node, "its number is no number");
        else if (!seen.insert(*id).second)
            lose(path, node, "it is there twice; the first one holds");
        else
            children.push_back({*id, node, path});
    }
    std::ranges::sort(children, {}, &Child::id);
    return children;
}

/// Reads one part; false when it is lost.
bool JposFields::part(const Child& child, const Inside& inside, std::string tag, Structure& structure)
{
    auto spec = structure.form == StructureForm::tlv ? row_with_parts(child.node, child.path, inside.log)
                                                     : field(child.node, child.path, inside.log);
    if (!spec) return false;
    if (const std::string wrong = what_is_wrong(*spec); !wrong.empty()) {
        lose(child.path, child.node, wrong);
        return false;
    }
    structure.parts.push_back({std::move(tag), std::move(*spec)});
    return true;
}

/// The first part that jPOS reads.
int JposFields::first_part(const Inside& inside, const std::vector<Child>& children)
{
    if (const auto first = small_number(jpos_attribute(inside.node, "firstField"))) return *first;
    const auto at = [&](int id) { return std::ranges::find(children, id, &Child::id); };
    if (at(1) != children.end() && jpos_bitmap_form(jpos_attribute(at(1)->node, "class"))) return 2;
    const bool zero_is_packager =
        at(0) != children.end() && std::string_view(at(0)->node.name()) == "isofieldpackager";
    return zero_is_packager || children.size() == 1 ? 0 : 1;
}

/// One part that is lost shifts all that follow: then none is read.
bool JposFields::positional(const Inside& inside, Structure& structure)
{
    structure.form = StructureForm::positional;
    const std::vector<Child> children = children_of(inside);
    const int first = jpos_cut_of(jpos_attribute(inside.node, "packager")) == JposCut::message
                          ? 0
                          : first_part(inside, children);
    for (const Child& child : children) {
        if (child.id < first) {
            lose(child.path, child.node, "it stands in front of the first part that jPOS reads");
        } else if (!part(child, inside, std::to_string(child.id), structure)) {
            lose(inside.path, inside.node, "its parts are not read, since one of them is lost");
            return false;
        }
    }
    return !structure.parts.empty();
}

bool JposFields::by_bitmap(const Inside& inside, Structure& structure)
{
    structure.form = StructureForm::bitmap;
    const std::vector<Child> children = children_of(inside);
    const int bitmap_id = small_number(jpos_attribute(inside.node, "bitmapField")).value_or(1);
    const auto bitmap = std::ranges::find(children, bitmap_id, &Child::id);
    const auto form =
        bitmap == children.end() ? std::nullopt : jpos_bitmap_form(jpos_attribute(bitmap->node, "class"));
    const auto bytes = form ? small_number(jpos_attribute(bitmap->node, "length")) : std::nullopt;
    const bool has_mti = jpos_cut_of(jpos_attribute(inside.node, "packager")) == JposCut::message &&
                         !children.empty() && children.front().id == 0 && bitmap_id != 0;
    if (!bytes || *bytes == 0 || *bytes > 24 || has_mti) {
        lose(inside.path, inside.node, "its parts are not read, since their bitmap is not known");
        return false;
    }
    structure.bitmap = *form;
    structure.bits = static_cast<std::uint16_t>(8 * std::min(*bytes, 8));
    // More than 8 bytes come in steps of 8, each announced by the first bit of the step before.
    const bool uses_bit_1 = bitmap_id != 1 && std::ranges::find(children, 1, &Child::id) != children.end();
    if (*bytes > 8 && (children.back().id > 64 || uses_bit_1))
        lose(inside.path, inside.node, "its bitmap may grow beyond 64 bits; ours stays at 64");
    for (const Child& child : children) {
        if (child.id == bitmap_id || child.id == 0)
            continue; // no part, or a placeholder that jPOS does not read
        if (child.id > structure.bits)
            lose(child.path, child.node, "no bit of the bitmap stands for it");
        else
            part(child, inside, std::to_string(child.id), structure);
    }
    return true;
}

/// Parts that begin with their number, all in one way; a part 0 is a category code without a number.
bool JposFields::tagged_parts(const Inside& inside, Structure& structure)
{
    structure.form = StructureForm::tlv;
    const JposClass* way = nullptr;
    for (const Child& child : children_of(inside)) {
        const JposClass* row = find_jpos_class(jpos_attribute(child.node, "class"));
        if (child.id == 0 && row != nullptr && row->tag_digits == 0 && row->length == LengthForm::fixed &&
            row->kind == FieldKind::text) {
            structure.category_size = length_of(jpos_attribute(child.node, "length")).value_or(0);
            part(child, inside, std::string(category_tag), structure);
            continue;
        }
        if (row == nullptr || row->tag_digits == 0) {
            lose(child.path, child.node,
                 "class " + printable(jpos_attribute(child.node, "class")) + " writes no number");
            continue;
        }
        if (way == nullptr) way = row;
        if (!is_same_way(*way, *row))
            lose(child.path, child.node, "it writes number and count in another way than the part before");
        else
            part(child, inside, zero_padded(child.id, row->tag_digits), structure);
    }
    if (way != nullptr) tag_rows(*way, inside.log, structure);
    return way != nullptr;
}

/// Parts that begin with a text of fixed size, which the attribute `token` tells; "##" stands for all others.
bool JposFields::parts_with_tokens(const Inside& inside, Structure& structure)
{
    structure.form = StructureForm::tlv;
    const std::size_t tag_size = jpos_attribute(inside.node, "token").size();
    JposClass way;
    for (const Child& child : children_of(inside)) {
        const std::string_view token = jpos_attribute(child.node, "token");
        const JposClass* row = find_jpos_class(jpos_attribute(child.node, "class"));
        if (row == nullptr || !is_jpos_token_class(jpos_attribute(child.node, "class")) ||
            token.size() != tag_size) {
            lose(child.path, child.node,
                 "its class writes no token, or the token is not as long as that of the whole");
            continue;
        }
        if (way.length == LengthForm::fixed) way = *row;
        const bool is_default = token.find_first_not_of('#') == std::string_view::npos;
        if (way.length != row->length)
            lose(child.path, child.node, "it writes its count in another way than the part before");
        else if (!is_default)
            part(child, inside, std::string(token), structure);
    }
    way.tag_digits = static_cast<std::uint8_t>(std::min<std::size_t>(tag_size, 0xFF));
    if (way.length != LengthForm::fixed) tag_rows(way, inside.log, structure);
    return way.length != LengthForm::fixed;
}

/// Tags that a mapper of somebody's gives to the numbers.
bool JposFields::mapped_tags(const Inside& inside, Structure& structure)
{
    const bool is_swapped = jpos_flag(inside.node, "swapTagAndLen").value_or(false);
    if (is_swapped || !is_jpos_number_mapper(jpos_attribute(inside.node, "tagMapper"))) {
        lose(inside.path, inside.node,
             is_swapped ? "its parts are not read, since their counts stand in front of their tags"
                        : "its parts are not read, since only tagMapper " +
                              printable(jpos_attribute(inside.node, "tagMapper")) + " knows their tags");
        return false;
    }
    return tagged_parts(inside, structure);
}

/// BER-TLV says all by itself; fields in front of it and behind it are rare.
bool JposFields::ber_tlv(const Inside& inside, Structure& structure)
{
    structure.form = StructureForm::ber_tlv;
    for (const Child& child : children_of(inside))
        if (child.id != 0) lose(child.path, child.node, "a part that is not BER-TLV among parts that are");
    return true;
}

} // namespace sim
