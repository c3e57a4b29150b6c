#include "sim/dialect_import.hpp"
#include "sim/jpos_fields.hpp"

#include <algorithm>

#include <pugixml.hpp>

namespace sim {

namespace {

using namespace codec;

class JposReader {
public:
    JposReader(std::string_view text, const std::string& file_name)
        : text_(text), lines_(text, file_name), fields_(lines_, import_)
    {
    }

    Import read()
    {
        pugi::xml_document document;
        const pugi::xml_parse_result result = document.load_buffer(text_.data(), text_.size());
        if (!result)
            throw FileError(lines_.place_of(result.offset),
                            std::string("is no XML: ") + result.description());
        const pugi::xml_node root = document.document_element();
        if (std::string_view(root.name()) != "isopackager")
            throw FileError(lines_.place_of(root.offset_debug()),
                            "<" + printable(root.name()) +
                                "> stands here; expected <isopackager> of jPOS's GenericPackager");
        message_attributes(root);
        head(root, "0", &JposReader::mti);
        head(root, "1", &JposReader::bitmap);
        for (const pugi::xml_node& node : root.children())
            if (node.type() == pugi::node_element) element(node);
        return std::move(import_);
    }

private:
    void message_attributes(const pugi::xml_node& root)
    {
        if (!jpos_flag(root, "emitBitmap").value_or(true))
            fields_.lose("", root, "it has no bitmap; ours always have one");
        if (!jpos_attribute(root, "bitmapField").empty() && jpos_attribute(root, "bitmapField") != "1")
            fields_.lose("", root, "its bitmap is not field 1");
        if (!jpos_attribute(root, "headerLength").empty() && jpos_attribute(root, "headerLength") != "0")
            fields_.lose("", root, "headerLength: a header in front of the MTI is a setting of the link");
        if (const auto highest = small_number(jpos_attribute(root, "maxValidField"))) field_max_ = *highest;
    }

    /// MTI and bitmap are read first: they say which elements there can be.
    void head(const pugi::xml_node& root, const char* id,
              void (JposReader::*read_field)(const pugi::xml_node&))
    {
        const pugi::xml_node node = root.find_child_by_attribute("id", id);
        if (node)
            (this->*read_field)(node);
        else
            fields_.lose("", root, std::string("field ") + id + " is missing; written as in ASCII dialects");
    }

    /// A child of <isopackager>, but for MTI and bitmap.
    void element(const pugi::xml_node& node)
    {
        const std::string id(jpos_attribute(node, "id"));
        if (!is_jpos_field(node))
            return fields_.lose("", node, "<" + std::string(node.name()) + "> is not known");
        const auto de = small_number(id);
        if (!de || *de > de_max || *de > std::max(field_max_, 1))
            return fields_.lose(id.empty() ? "?" : id, node, "its number is no number of an element");
        if (*de < 2) return;                                            // head() has read it
        if (import_.dialect.bitmap.count_max == 3 && *de == 65) return; // announces, is not read
        if (*de > 64 * import_.dialect.bitmap.count_max)
            return fields_.lose(id, node, "no bitmap reaches it: field 1 is too short");
        auto spec = fields_.field(node, id, log_rule_of(*de));
        if (!spec) return;
        // jPOS writes tracks as numbers and reads nibble D as '='.
        if ((*de == 35 || *de == 36) && spec->kind == FieldKind::numeric) spec->kind = FieldKind::track;
        put_element(import_, *de, std::move(*spec), lines_.place_of(node.offset_debug()).line);
    }

    void mti(const pugi::xml_node& node)
    {
        const JposClass* row = find_jpos_class(jpos_attribute(node, "class"));
        const bool is_four_digits =
            row != nullptr && row->length == LengthForm::fixed && jpos_attribute(node, "length") == "4";
        if (is_four_digits && row->coding == Coding::ascii) {
            import_.dialect.mti = DigitsForm::ascii;
        } else if (is_four_digits && row->coding == Coding::ebcdic) {
            import_.dialect.mti = DigitsForm::ebcdic;
        } else if (is_four_digits && row->coding == Coding::bcd) {
            import_.dialect.mti = DigitsForm::bcd;
        } else {
            fields_.lose("", node, "field 0 is no MTI of four digits; written as ascii");
        }
    }

    void bitmap(const pugi::xml_node& node)
    {
        const auto form = jpos_bitmap_form(jpos_attribute(node, "class"));
        const auto bytes = small_number(jpos_attribute(node, "length"));
        if (!form || !bytes || *bytes % 8 != 0 || *bytes < 8 || *bytes > 24)
            return fields_.lose("", node, "field 1 is no bitmap of 8, 16 or 24 bytes; written as hex");
        import_.dialect.bitmap.form = *form;
        import_.dialect.bitmap.count_max = static_cast<std::uint8_t>(*bytes / 8);
    }

    std::string_view text_;
    int field_max_ = de_max;
    Import import_;
    Lines lines_;
    JposFields fields_;
};

} // namespace

Import import_jpos(std::string_view xml, const std::string& file_name)
{
    return JposReader(xml, file_name).read();
}

} // namespace sim
