/// Fields of a jPOS packager: rows and the parts inside them.
#pragma once

#include "codec/structure.hpp"
#include "sim/dialect_import.hpp"
#include "sim/jpos_classes.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

namespace sim {

/// Empty when it is not there.
[[nodiscard]] std::string_view jpos_attribute(const pugi::xml_node& node, const char* name);
/// Nothing when it is not there. Like in jPOS, whatever is not "true" is false.
[[nodiscard]] std::optional<bool> jpos_flag(const pugi::xml_node& node, const char* name);
/// <isofield> or <isofieldpackager>
[[nodiscard]] bool is_jpos_field(const pugi::xml_node& node);
/// Of a bitmap's class; nothing when it is another class.
[[nodiscard]] std::optional<codec::BitmapForm> jpos_bitmap_form(std::string_view qualified_name);

/// Finds the line of an offset without counting from the front each time.
class Lines {
public:
    Lines(std::string_view text, const std::string& file_name);
    [[nodiscard]] Place place_of(std::ptrdiff_t offset) const;

private:
    std::string file_name_;
    std::vector<std::ptrdiff_t> starts_; ///< of lines
};

class JposFields {
public:
    JposFields(const Lines& lines, Import& import) : lines_(lines), import_(import) {}

    void lose(const std::string& path, const pugi::xml_node& node, std::string what);

    /// A row with its parts; nothing when it is lost, which is then said.
    [[nodiscard]] std::optional<codec::FieldSpec> field(const pugi::xml_node& node, const std::string& path,
                                                        codec::LogRule log);

private:
    /// An <isofieldpackager> whose parts are read.
    struct Inside {
        const pugi::xml_node& node;
        const std::string& path;
        codec::LogRule log;
    };
    struct Child {
        int id = 0;
        pugi::xml_node node;
        std::string path;
    };

    [[nodiscard]] std::optional<codec::FieldSpec> row_with_parts(const pugi::xml_node& node,
                                                                 const std::string& path, codec::LogRule log);
    [[nodiscard]] std::optional<codec::FieldSpec> row(const pugi::xml_node& node, const std::string& path,
                                                      codec::LogRule log);
    void lose_unknown_attributes(const pugi::xml_node& node, const std::string& path);
    void cut(const pugi::xml_node& node, const std::string& path, codec::FieldSpec& spec);
    [[nodiscard]] bool read_parts_of(const Inside& inside, codec::Structure& structure);
    [[nodiscard]] std::vector<Child> children_of(const Inside& inside);
    bool part(const Child& child, const Inside& inside, std::string tag, codec::Structure& structure);
    [[nodiscard]] bool positional(const Inside& inside, codec::Structure& structure);
    [[nodiscard]] bool by_bitmap(const Inside& inside, codec::Structure& structure);
    [[nodiscard]] bool tagged_parts(const Inside& inside, codec::Structure& structure);
    [[nodiscard]] bool parts_with_tokens(const Inside& inside, codec::Structure& structure);
    [[nodiscard]] bool mapped_tags(const Inside& inside, codec::Structure& structure);
    [[nodiscard]] bool ber_tlv(const Inside& inside, codec::Structure& structure);
    [[nodiscard]] static int first_part(const Inside& inside, const std::vector<Child>& children);

    const Lines& lines_;
    Import& import_;
};

} // namespace sim
