#pragma once

#include "codec/dialect.hpp"

#include <functional>
#include <string_view>

namespace codec {

/// Finds the dialect that a file inherits from.
/// throws   DialectError when there is none
using FindParent = std::function<std::shared_ptr<const Dialect>(std::string_view name_or_path)>;

/// Reads the text of a dialect file. The language: docs/wire_format.md, "Dialect files".
///
/// What a row does not say, it has from the first of these that says it: this file's [coding], length_coding
/// and pad; the inherited row; the defaults of the inherited dialect; all text in ASCII, nibbles packed,
/// bytes raw. A row that changes its kind starts anew in all that belongs to the kind. Parts of structures
/// change only where this file says so; those of a text are characters, too, and never take the file's
/// codings.
///
/// throws   DialectError; what() has a line for every mistake, in the order of the file
[[nodiscard]] Dialect read_dialect_file(std::string_view toml, std::string_view file_name,
                                        const FindParent& find);

} // namespace codec
