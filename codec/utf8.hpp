#pragma once

#include <string_view>

namespace codec {

/// The bytes are UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes);

} // namespace codec
