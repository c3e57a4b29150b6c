/// `tollgate-sim dialect import`: dialect files from the specifications that jPOS and moov-io/iso8583 read.
#pragma once

#include "codec/structure.hpp"
#include "sim/dialect_writer.hpp"
#include "sim/report.hpp"
#include "sim/toml_reader.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI { // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace sim {

enum class Origin : std::uint8_t {
    jpos, ///< the XML of jPOS's GenericPackager
    moov, ///< the JSON of moov-io/iso8583's specification builder
};

struct Import {
    codec::Dialect dialect;
    std::vector<Loss> losses; ///< in the order of the file

    void lose(std::string path, int line, std::string what)
    {
        losses.push_back({std::move(path), line, std::move(what)});
    }
};

/// No specification is larger.
inline constexpr std::size_t specification_bytes_max = 1U << 20U;

/// The first character that is no space tells. throws FileError when it is neither < nor {.
[[nodiscard]] Origin origin_of(std::string_view text, const std::string& file_name);

/// Reads a specification. Its name is the dialect's, where it has one.
/// throws   FileError, with line and column, when the text is not of this format at all
[[nodiscard]] Import import_jpos(std::string_view xml, const std::string& file_name);
[[nodiscard]] Import import_moov(std::string_view json, const std::string& file_name);

struct ImportOptions {
    std::string file;
    std::optional<Origin> from; ///< nothing: as the file looks
    std::string name;           ///< of the dialect; empty: the specification's own, or the file's
};

/// Adds `dialect import` to a program.
/// options  where its words go; lives longer than the program
/// returns  the sub-command `import`
[[nodiscard]] CLI::App* add_import(CLI::App& program, ImportOptions& options);

/// Writes the dialect file to `out` and what was lost to `err`; the file ends with the same list as comments.
/// returns  differs when something was lost, or when our own reader refuses the file
/// throws   FileError, and writes no dialect, when it is no specification or nothing of it can be carried
/// over
[[nodiscard]] Exit run_import(const ImportOptions& options, std::ostream& out, std::ostream& err);

// --- what both readers need

/// Line and column of an offset in a text.
[[nodiscard]] Place place_at(std::string_view text, std::size_t offset, const std::string& file_name);

/// What a log may show of an element: as in the built-in 1987 dialect, since specifications do not say;
/// nothing of what only a network knows.
[[nodiscard]] codec::LogRule log_rule_of(int de);

/// Whether the built-in 1987 dialect has digits there.
[[nodiscard]] bool is_number_in_1987(int de);

/// Puts an element's row in, or says why it does not fit. It is never shown where a log would show a card
/// number that it masks in the built-in row: bytes or digits where there is text, or longer ones.
void put_element(Import& import, int de, codec::FieldSpec spec, int line);

/// A row and where it comes from.
struct RowPlace {
    const std::string& path;
    int line = 0;
};

/// Gives a row its parts, without those whose tags ours cannot have or that are there twice; says so, and
/// says why when they do not fit at all. Positional parts get numbers from 1 where they have others.
void put_parts(Import& import, const RowPlace& place, codec::FieldSpec& spec, codec::Structure structure);

/// "a b C" becomes "a-b-c": the name of a dialect.
[[nodiscard]] std::string dialect_name_from(std::string_view words);

/// Decimal; nothing when it is no number or above 65,535.
[[nodiscard]] std::optional<int> small_number(std::string_view digits);
/// The same of a length; what is longer than any message becomes 65,535.
[[nodiscard]] std::optional<std::uint16_t> length_of(std::string_view digits);

} // namespace sim
