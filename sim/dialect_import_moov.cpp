#include "codec/hex.hpp"
#include "codec/structure.hpp"
#include "sim/dialect_import.hpp"
#include "sim/moov_json.hpp"
#include "sim/moov_words.hpp"

#include <algorithm>

#include <boost/json.hpp>

namespace sim {

namespace {

using namespace codec;
namespace json = boost::json;

std::string quoted(std::string_view word)
{
    return "\"" + printable(word) + "\"";
}

std::string padded_on_the_left(std::string_view text, std::size_t size)
{
    return text.size() < size ? std::string(size - text.size(), '0') + std::string(text) : std::string(text);
}

class MoovReader {
public:
    Import read(const json::object& root)
    {
        import_.dialect.name = text_in(root, "name").empty() ? "" : dialect_name_from(text_in(root, "name"));
        const Named fields = in_order(*object_in(root, "fields"), Order::numbers);
        for (const int head : {0, 1})
            if (std::ranges::none_of(fields, [&](const auto& f) { return small_number(f.first) == head; }))
                lose("", "field " + std::to_string(head) + " is missing; written as in ASCII dialects");
        for (const auto& [key, field] : fields) element(key, *field);
        return std::move(import_);
    }

private:
    enum class Order : std::uint8_t { numbers, hex };
    using Named = std::vector<std::pair<std::string, const json::value*>>;

    void lose(const std::string& path, std::string what) { import_.lose(path, 0, std::move(what)); }

    /// Members by number; keys that are none come last, by their text.
    static Named in_order(const json::object& object, Order order)
    {
        Named named;
        for (const auto& pair : object) named.emplace_back(std::string(pair.key()), &pair.value());
        const auto rank = [order](const auto& entry) {
            const auto number = moov_key_number(entry.first, order == Order::hex ? 16 : 10);
            return std::pair(number.value_or(~std::uint64_t{0}), entry.first);
        };
        std::ranges::sort(named, {}, rank);
        return named;
    }

    void element(const std::string& key, const json::value& value)
    {
        const auto de = small_number(key);
        const json::object* field = value.if_object();
        if (!de || *de > de_max) return lose(key, "its number is no number of an element");
        if (field == nullptr) return lose(key, "it is no object");
        if (*de == 0) return mti(*field);
        if (*de == 1) return bitmap(*field);
        if (*de == 65) return lose(key, "bit 65 announces a bitmap");
        BitmapRule& rule = import_.dialect.bitmap;
        if (*de > 128 && !rule.always_two && rule.count_max == 2) rule.count_max = 3;
        if (*de > 64 * rule.count_max) return lose(key, "no bitmap reaches it");
        auto spec = field_spec(*field, key, log_rule_of(*de));
        if (!spec) return;
        if (spec->length == LengthForm::rest) return lose(key, "prefix \"BerTLV\" is for parts");
        if (spec->kind == FieldKind::text && spec->fill == Fill::left_zeros && is_number_in_1987(*de)) {
            spec->kind = FieldKind::numeric; // zeros in front are digits of the number
            spec->fill = Fill::none;
        }
        put_element(import_, *de, std::move(*spec), 0);
    }

    void mti(const json::object& field)
    {
        const MoovCoding* row = find_moov_coding(text_in(field, "enc"));
        const bool is_four = number_in(field, "length") == 4 && text_in(field, "prefix").ends_with(".Fixed");
        if (is_four && row != nullptr && row->coding == Coding::ascii)
            import_.dialect.mti = DigitsForm::ascii;
        else if (is_four && row != nullptr && row->coding == Coding::bcd)
            import_.dialect.mti = DigitsForm::bcd;
        else if (is_four && row != nullptr &&
                 (row->coding == Coding::ebcdic || row->coding == Coding::ebcdic_500))
            import_.dialect.mti = DigitsForm::ebcdic;
        else
            lose("", "field 0 is no MTI of four digits; written as ascii");
    }

    void bitmap(const json::object& field)
    {
        const auto form = moov_bitmap_form(text_in(field, "enc"));
        if (!form || text_in(field, "type") != "Bitmap")
            return lose("", "field 1 is no bitmap; written as hex");
        BitmapRule& rule = import_.dialect.bitmap;
        rule.form = *form;
        if (!is_true(field, "disableAutoExpand")) return;
        const int bytes = number_in(field, "length").value_or(8);
        if (bytes == 8) {
            rule.count_max = 1;
        } else if (bytes == 16) {
            rule.always_two = true;
            rule.first_bit = FirstBit::clear;
        } else {
            lose("",
                 "field 1 is a bitmap of " + std::to_string(bytes) + " bytes; written as announced by bits");
        }
    }

    /// nothing when it is lost
    std::optional<FieldSpec> field_spec(const json::object& field, const std::string& path, LogRule log)
    {
        FieldSpec spec;
        spec.log = log;
        const std::string_view description = text_in(field, "description");
        spec.name = description.empty() ? place_in_dialect(path) : printable(description);
        const json::value* length = member(field, "length");
        if (length == nullptr || !length->is_int64() || length->get_int64() < 0)
            return lose(path, "its length is no number"), std::nullopt;
        // No message is longer.
        spec.max = static_cast<std::uint16_t>(std::min<std::int64_t>(length->get_int64(), 0xFFFF));
        if (!put_length(field, path, spec)) return std::nullopt;
        lose_unknown_keys(field, path);
        const bool is_composite = text_in(field, "type") == "Composite";
        if (is_composite) {
            spec.kind = FieldKind::binary;
            spec.coding = Coding::raw;
            cut(field, path, spec);
            return spec;
        }
        if (!put_kind(field, path, spec)) return std::nullopt;
        padding(field, path, spec);
        return spec;
    }

    void lose_unknown_keys(const json::object& field, const std::string& path)
    {
        constexpr const char* known[] = {"type",    "length", "description", "enc",    "prefix",
                                         "padding", "tag",    "subfields",   "bitmap", "disableAutoExpand"};
        for (const auto& pair : field)
            if (std::ranges::none_of(known,
                                     [&](const char* key) { return member(field, key) == &pair.value(); }))
                lose(path, "key " + quoted(pair.key()) + " is left out");
    }

    bool put_length(const json::object& field, const std::string& path, FieldSpec& spec)
    {
        const std::string_view word = text_in(field, "prefix");
        const auto prefix = moov_prefix(word);
        if (!prefix) return lose(path, "prefix " + quoted(word) + " is not known"), false;
        spec.length = prefix->length;
        spec.length_coding = prefix->coding;
        return true;
    }

    bool put_kind(const json::object& field, const std::string& path, FieldSpec& spec)
    {
        const std::string_view type = text_in(field, "type");
        const std::string_view enc = text_in(field, "enc");
        const MoovCoding* row = find_moov_coding(enc);
        if (row == nullptr) return lose(path, "enc " + quoted(enc) + " is not known"), false;
        const auto kind = moov_kind(type, *row);
        if (!kind)
            return lose(path, "type " + quoted(type) + " with enc " + quoted(enc) + " is not known"), false;
        spec.kind = *kind;
        spec.coding = row->coding;
        if (*kind == FieldKind::binary && row->coding == Coding::ascii) spec.coding = Coding::raw;
        if (*kind == FieldKind::numeric && row->coding == Coding::raw) spec.coding = Coding::ascii;
        if (spec.length != LengthForm::fixed && spec.length != LengthForm::rest)
            spec.length_counts = row->length_counts;
        spec.pad = row->pad;
        if (row->separator != '\0') spec.separator = row->separator;
        return true;
    }

    void padding(const json::object& field, const std::string& path, FieldSpec& spec)
    {
        const json::object* given = object_in(field, "padding");
        if (given == nullptr || text_in(*given, "type") == "None") return;
        const std::string_view type = text_in(*given, "type");
        const std::string_view pad = text_in(*given, "pad");
        const auto fill = moov_fill(type, pad);
        const bool is_number = spec.kind == FieldKind::numeric || spec.kind == FieldKind::nibbles;
        if (!fill || spec.length != LengthForm::fixed || spec.kind == FieldKind::binary)
            return lose(path, "padding " + quoted(type) + " with " + quoted(pad) + " is left out");
        if (is_number && *fill == Fill::left_zeros) return; // a number's zeros in front are its digits
        if (is_number && spec.coding == Coding::bcd)
            return lose(path,
                        "padding " + quoted(type) + " with " + quoted(pad) + " of packed digits is left out");
        if (is_number && *fill != Fill::right_zeros) spec.kind = FieldKind::text; // spaces are no digits
        spec.fill = *fill;
    }

    /// A composite's parts; where they cannot be said it stays one value.
    void cut(const json::object& field, const std::string& path, FieldSpec& spec)
    {
        const json::object* subfields = object_in(field, "subfields");
        const auto depth = 1 + std::ranges::count(path, '.');
        if (subfields == nullptr || subfields->empty())
            return lose(path, "it has no subfields: its parts are not read");
        if (depth > structure_depth_max) return lose(path, "parts this deep are not read");
        Structure structure;
        const json::object* tag = object_in(field, "tag");
        const std::string_view tag_enc = tag == nullptr ? std::string_view() : text_in(*tag, "enc");
        const Inside inside{*subfields, path, spec.log == LogRule::clear ? LogRule::clear : LogRule::never};
        bool is_known = false;
        if (const json::object* own_bitmap = object_in(field, "bitmap"))
            is_known = by_bitmap(*own_bitmap, inside, structure);
        else if (tag_enc == "BerTLVTag")
            is_known = ber_tlv(inside, structure);
        else if (!tag_enc.empty())
            is_known = tlv(*tag, inside, structure);
        else
            is_known = positional(tag, inside, structure);
        if (!is_known) return;
        read_as_text_where_possible(spec, structure);
        put_parts(import_, {path}, spec, std::move(structure));
    }

    struct Inside {
        const json::object& subfields;
        const std::string& path;
        LogRule log;
    };

    /// Reads one part; nothing when it is lost.
    std::optional<FieldSpec> part(const std::string& key, const json::value& value, const Inside& inside)
    {
        const std::string path = inside.path + "." + key;
        const json::object* field = value.if_object();
        if (field == nullptr) return lose(path, "it is no object"), std::nullopt;
        auto spec = field_spec(*field, path, inside.log);
        if (!spec) return std::nullopt;
        if (const std::string wrong = what_is_wrong(*spec); !wrong.empty())
            return lose(path, wrong), std::nullopt;
        return spec;
    }

    /// One part that is lost shifts all that follow: then none is read.
    bool positional(const json::object* tag, const Inside& inside, Structure& structure)
    {
        structure.form = StructureForm::positional;
        const bool is_hex = tag != nullptr && text_in(*tag, "sort") == "StringsByHex";
        for (const auto& [key, value] : in_order(inside.subfields, is_hex ? Order::hex : Order::numbers)) {
            auto spec = part(key, *value, inside);
            if (!spec) return lose(inside.path, "its parts are not read, since one of them is lost"), false;
            structure.parts.push_back({key, std::move(*spec)});
        }
        return true;
    }

    /// A composite of characters is shown as characters.
    static void read_as_text_where_possible(FieldSpec& spec, const Structure& structure)
    {
        const auto is_text = [](const auto& part) {
            return part.spec.coding == Coding::ascii && part.spec.length == LengthForm::fixed;
        };
        const auto is_number = [](const auto& part) { return part.spec.kind == FieldKind::numeric; };
        if (structure.form != StructureForm::positional || !std::ranges::all_of(structure.parts, is_text))
            return;
        spec.kind = std::ranges::all_of(structure.parts, is_number) ? FieldKind::numeric : FieldKind::text;
        spec.coding = Coding::ascii;
    }

    bool by_bitmap(const json::object& own_bitmap, const Inside& inside, Structure& structure)
    {
        structure.form = StructureForm::bitmap;
        const auto form = moov_bitmap_form(text_in(own_bitmap, "enc"));
        const bool grows = !is_true(own_bitmap, "disableAutoExpand");
        const int bytes = grows ? 8 : number_in(own_bitmap, "length").value_or(0);
        if (!form || bytes == 0 || bytes > 24)
            return lose(inside.path, "its parts are not read, since their bitmap is not known"), false;
        structure.bitmap = *form;
        structure.bits = static_cast<std::uint16_t>(8 * bytes);
        const Named named = in_order(inside.subfields, Order::numbers);
        const auto is_beyond = [&](const auto& entry) { return small_number(entry.first).value_or(0) > 64; };
        if (grows && std::ranges::any_of(named, is_beyond))
            lose(inside.path, "its bitmap may grow beyond 64 bits; ours stays at 64");
        for (const auto& [key, value] : named) {
            const int bit = small_number(key).value_or(0);
            if (bit == 0 || bit > structure.bits)
                lose(inside.path + "." + key, "no bit of the bitmap stands for it");
            else if (auto spec = part(key, *value, inside))
                structure.parts.push_back({std::to_string(bit), std::move(*spec)});
        }
        return true;
    }

    bool ber_tlv(const Inside& inside, Structure& structure)
    {
        structure.form = StructureForm::ber_tlv;
        for (const auto& [key, value] : in_order(inside.subfields, Order::hex)) {
            const auto tag = upper_case_hex(key);
            if (!tag)
                lose(inside.path + "." + key, "its key is no tag in hex");
            else if (auto spec = part(key, *value, inside))
                structure.parts.push_back({*tag, std::move(*spec)});
        }
        return true;
    }

    bool tlv(const json::object& tag, const Inside& inside, Structure& structure)
    {
        structure.form = StructureForm::tlv;
        const MoovCoding* row = find_moov_coding(text_in(tag, "enc"));
        const int size = number_in(tag, "length").value_or(0);
        const bool is_known = row != nullptr && row->coding != Coding::hex && size >= 1 && size <= 8;
        if (!is_known)
            return lose(inside.path, "its parts are not read, since their tags are not known"), false;
        structure.tag.name = "tag";
        structure.tag.kind = row->coding == Coding::raw   ? FieldKind::binary
                             : row->coding == Coding::bcd ? FieldKind::nibbles
                                                          : FieldKind::text;
        structure.tag.coding = row->coding;
        structure.tag.max = static_cast<std::uint16_t>(size);
        const bool is_padded = object_in(tag, "padding") != nullptr;
        bool has_way = false;
        for (const auto& [key, value] : in_order(inside.subfields, Order::hex)) {
            auto spec = part(key, *value, inside);
            if (!spec) continue;
            if (!has_way) unknown_tags(*spec, inside, structure);
            has_way = true;
            const bool is_same = spec->length == structure.other.length &&
                                 spec->length_coding == structure.other.length_coding &&
                                 spec->length_counts == structure.other.length_counts;
            if (!is_same)
                lose(inside.path + "." + key,
                     "its count is written in another way than that of the part before");
            else
                structure.parts.push_back({tag_text(key, *row, is_padded ? size : 0), std::move(*spec)});
        }
        return has_way;
    }

    static void unknown_tags(const FieldSpec& like, const Inside& inside, Structure& structure)
    {
        structure.other.name = "unknown";
        structure.other.kind = FieldKind::binary;
        structure.other.coding = Coding::raw;
        structure.other.length = like.length;
        structure.other.length_coding = like.length_coding;
        structure.other.length_counts = like.length_counts;
        structure.other.max = 99;
        structure.other.log = inside.log;
    }

    /// A tag as we show it: its characters, or the hex digits of its bytes.
    static std::string tag_text(const std::string& key, const MoovCoding& row, int size)
    {
        if (row.coding != Coding::raw) return padded_on_the_left(key, static_cast<std::size_t>(size));
        if (!row.is_hex_in_memory) return codec::hex_of(key);
        return upper_case_hex(padded_on_the_left(key, 2 * static_cast<std::size_t>(size))).value_or(key);
    }

    Import import_;
};

} // namespace

Import import_moov(std::string_view text, const std::string& file_name)
{
    json::parse_options options;
    options.max_depth = 32;
    json::stream_parser parser({}, options);
    json::error_code error;
    const std::size_t read = parser.write_some(text.data(), text.size(), error);
    const std::string_view rest = text.substr(read);
    if (!error && rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
        error = json::error::extra_data;
    if (!error && !parser.done()) error = json::error::incomplete;
    if (error) throw FileError(place_at(text, read, file_name), "is no JSON: " + error.message());
    const json::value value = parser.release();
    const json::object* root = value.if_object();
    if (root == nullptr || object_in(*root, "fields") == nullptr)
        throw FileError({file_name, 1, 1},
                        "has no object \"fields\"; expected a specification that moov-io/iso8583 exports");
    return MoovReader().read(*root);
}

} // namespace sim
