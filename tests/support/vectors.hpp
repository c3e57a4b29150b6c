#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vectors {

/// A value of tests/data/vectors/vectors.json: a text, or parts in the order of the file.
struct Value {
    std::string text;
    std::vector<std::pair<std::string, Value>> parts;

    [[nodiscard]] bool has_parts() const { return !parts.empty(); }
};

/// One published vector; see tests/data/vectors/README.md.
struct Vector {
    std::string id;
    std::string type;
    std::string dialect;
    int element = 0;
    std::vector<std::uint8_t> bytes;
    Value values;
};

/// The vectors of one type, in the order of the file.
/// throws   std::exception when the file is wrong or has none of this type
[[nodiscard]] std::vector<Vector> vectors_of_type(std::string_view type);

} // namespace vectors
