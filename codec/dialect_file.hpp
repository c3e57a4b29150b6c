#pragma once

#include "codec/dialect.hpp"

#include <functional>
#include <string_view>

namespace codec {

/// Finds the dialect that a file inherits from. Throws DialectError when there is none.
using FindParent = std::function<std::shared_ptr<const Dialect>(std::string_view name_or_path)>;

/// Reads the text of a dialect file:
///     name = "my-network"              required
///     inherits = "iso87-ascii"         a built-in dialect or a file beside this one; optional
///     mti = "ascii"                    ascii, bcd
///     bitmap = "hex"                   hex, binary
///     length_coding = "ascii"          ascii, bcd: of the length prefix of this file's rows that say nothing
///     else [elements] 35 = { name = "track 2 data", kind = "track", max = 37, length = "ll", coding =
///     "ascii", log = "never" } 60 = false                       not in this dialect
/// Without inherits, mti, bitmap and all of a row's keys but log and length_coding are required. With it,
/// what is not said is as in the parent, also within a row. Numbers of elements are 2..64 and 66..128. throws
/// DialectError; what() has a line for every mistake, in the order of the file
[[nodiscard]] Dialect read_dialect_file(std::string_view toml, std::string_view file_name,
                                        const FindParent& find);

} // namespace codec
