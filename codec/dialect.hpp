#pragma once

#include "codec/bitmap.hpp"
#include "codec/field_spec.hpp"
#include "codec/message.hpp"
#include "codec/plan.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace codec {

enum class DigitsForm : std::uint8_t { ascii, ebcdic, bcd }; ///< of the MTI

/// How a row is written that does not say it: [coding], length_coding and pad of a dialect file.
struct RowDefaults {
    std::array<Coding, field_kind_count> coding = built_in_codings(); ///< by kind
    LengthCoding length_coding = LengthCoding::ascii;
    Pad pad = Pad::left_0;

    [[nodiscard]] Coding coding_of(FieldKind kind) const { return coding[static_cast<std::size_t>(kind)]; }
    /// All text in ASCII, bytes raw.
    [[nodiscard]] static constexpr std::array<Coding, field_kind_count> built_in_codings()
    {
        std::array<Coding, field_kind_count> codings{};
        codings[static_cast<std::size_t>(FieldKind::nibbles)] = Coding::bcd;
        codings[static_cast<std::size_t>(FieldKind::binary)] = Coding::raw;
        return codings;
    }
};

/// How one network writes ISO 8583: a flat table that a file holds. Made from TOML, compiled, then read only.
struct Dialect {
    std::string name;
    DigitsForm mti = DigitsForm::ascii;
    BitmapRule bitmap;
    RowDefaults defaults;                       ///< of rows that a file adds which inherits from this one
    std::array<FieldSpec, de_max + 1> fields{}; ///< by number; a row that is not defined has kind none

    // Worked out by compile().
    std::array<FieldPlan, de_max + 1> plans{};
    Bitmap defined; ///< elements that have a row
};

/// Makes a dialect ready for decode() and encode(). To be called again when a row was changed.
void compile(Dialect& dialect);

/// A dialect file that cannot be used; what() is "file:line:column: what is wrong, what is expected".
struct DialectError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// throws   DialectError
[[nodiscard]] std::shared_ptr<const Dialect> parse_dialect(std::string_view toml, std::string_view file_name);
[[nodiscard]] std::shared_ptr<const Dialect> load_dialect_file(const std::filesystem::path& file);

/// "iso87-ascii", "iso87-bcd", ...; null when there is no such dialect.
[[nodiscard]] std::shared_ptr<const Dialect> find_built_in_dialect(std::string_view name);
[[nodiscard]] std::vector<std::string> built_in_dialect_names();

/// A built-in name, or else a file's path.
/// throws   DialectError, naming the built-in dialects when neither fits
[[nodiscard]] std::shared_ptr<const Dialect> dialect_named(std::string_view name_or_path);

} // namespace codec
