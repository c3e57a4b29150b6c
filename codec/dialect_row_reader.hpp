#pragma once

#include "codec/dialect.hpp"
#include "codec/structure.hpp"
#include "codec/toml_reader.hpp"

#include <span>
#include <string>
#include <string_view>

namespace codec {

/// Reads the rows of a dialect file: elements, and the parts of their structures.
class RowReader {
public:
    /// defaults   of the file; kept as a reference, like `mistakes`
    RowReader(const RowDefaults& defaults, FileMistakes& mistakes) : defaults_(defaults), mistakes_(mistakes)
    {
    }

    /// Reads { name = ..., kind = ... } or false.
    /// spec    what was inherited, or a row of kind none
    void read_element(const toml::key& key, const toml::node& node, FieldSpec& spec);

private:
    /// Where a row stands: in the file, and in the message.
    struct Place {
        FilePlace file;
        std::string element; ///< "element 127"
        std::string path;    ///< of a part: "25.9F26"

        [[nodiscard]] std::string who() const
        {
            return path.empty() ? element : "part " + path + " of " + element;
        }
    };

    /// What a new row starts from.
    struct Rules {
        RowDefaults defaults; ///< parts of a text have no coding of their own
        FieldSpec fresh;      ///< max 0 stands for the largest that its count can say
        std::span<const std::string_view> required;
        bool has_count = true; ///< false: BER-TLV tells the length
        int depth = 0;         ///< structures around it
    };

    // rows: dialect_row_reader.cpp
    void read_row(const toml::node& node, const Place& place, const Rules& rules, FieldSpec& spec);
    static void read_value_keys(TableReader& row, const Rules& rules, FieldSpec& spec);
    static void read_count_keys(TableReader& row, FieldSpec& spec);

    // structures: dialect_structure_reader.cpp
    void read_structure(TableReader& row, const Place& place, const Rules& rules, FieldSpec& spec);
    void read_tlv(TableReader& row, Structure& structure);
    void read_parts(const toml::table& table, const Place& of, const Rules& rules, Structure& structure);
    [[nodiscard]] Rules part_rules(const Structure& structure, const FieldSpec& whole, int depth) const;
    [[nodiscard]] static Rules category_rules(const Structure& structure, Rules rules);

    const RowDefaults& defaults_;
    FileMistakes& mistakes_;
};

/// The largest max whose count the row's length can say; 65,535 where there is no count.
[[nodiscard]] std::uint16_t largest_max_of(FieldSpec spec);

} // namespace codec
