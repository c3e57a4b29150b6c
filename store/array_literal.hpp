#pragma once

#include "authz/key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace store {

/// The text of one PostgreSQL array, built element by element: how a batch reaches a set-based statement.
class ArrayLiteral {
public:
    void add(std::int64_t number);
    void add(std::string_view text);
    template <class Tag> void add(const authz::Id128<Tag>& id) { add_hex(id.bytes); }
    template <class T> void add(const std::optional<T>& value)
    {
        if (value)
            add(*value);
        else
            add_null();
    }
    void add_null();

    [[nodiscard]] bool empty() const { return text_.size() == 1; }
    /// The whole literal, for example {1,2,NULL}.
    [[nodiscard]] std::string str() const { return text_ + '}'; }

private:
    void add_hex(const std::array<std::uint8_t, 16>& bytes);
    void next()
    {
        if (!empty()) text_ += ',';
    }

    std::string text_ = "{";
};

/// Sixteen bytes as 32 hexadecimal digits; PostgreSQL reads them as a uuid.
[[nodiscard]] std::string hex(const std::array<std::uint8_t, 16>& bytes);
/// Back from a uuid with or without dashes; nothing when it is none.
[[nodiscard]] std::optional<std::array<std::uint8_t, 16>> bytes_of_hex(std::string_view text);

/// Neither zero nor beyond ASCII: a column takes it as it is.
[[nodiscard]] bool is_plain(std::string_view bytes);
/// Text as a message brought it, byte for byte, into a form that every UTF-8 column takes, and back.
/// Printable ASCII stays as it is; any other byte becomes the character of its number, and zero becomes
/// U+0100, because PostgreSQL stores no zero.
[[nodiscard]] std::string to_column(std::string_view bytes);
[[nodiscard]] std::string from_column(std::string_view text);

} // namespace store
