#pragma once

#include "authz/request.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

/// Arrays in PostgreSQL's binary form: how a batch reaches its set-based statements. Half of what reading
/// them as text would cost is saved on both sides.
namespace store {

/// Number of a type in the database; row types differ from database to database.
using TypeId = std::uint32_t;

namespace type_id {
inline constexpr TypeId int8 = 20;
inline constexpr TypeId int2 = 21;
inline constexpr TypeId int4 = 23;
inline constexpr TypeId text = 25;
inline constexpr TypeId date = 1082;
inline constexpr TypeId timestamptz = 1184;
inline constexpr TypeId uuid = 2950;
} // namespace type_id

/// An array that is built element by element.
class BinaryArray {
public:
    explicit BinaryArray(TypeId element);

    void add(std::int64_t number); ///< of type_id::int8
    template <class Tag> void add(const authz::Id128<Tag>& id) { add_bytes(id.bytes); }

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

protected:
    void count_element();
    void append_int4(std::uint32_t number) { append_big_endian(number, 4); }
    /// size   1 to 8 bytes, the lower ones of the number
    void append_big_endian(std::uint64_t number, unsigned size)
    {
        static_assert(std::endian::native == std::endian::little);
        const std::uint64_t turned = __builtin_bswap64(number << (64U - 8U * size));
        char bytes[sizeof turned];
        std::memcpy(bytes, &turned, sizeof turned);
        bytes_.append(bytes, size);
    }
    void append_bytes(const char* bytes, std::size_t size) { bytes_.append(bytes, size); }
    void set_int4(std::size_t at, std::uint32_t number);
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

private:
    void add_bytes(const std::array<std::uint8_t, 16>& bytes);

    std::string bytes_;
    std::uint32_t count_ = 0;
};

/// An array of rows of one table or composite type. The columns follow each other in the type's own order;
/// each carries its type, so the server refuses a row that has another shape.
class RowArray : private BinaryArray {
public:
    /// columns   of each row
    RowArray(TypeId row, std::uint32_t columns) : BinaryArray(row), columns_(columns) {}

    RowArray& begin_row();
    void end_row();

    template <class Tag> RowArray& uuid(const authz::Id128<Tag>& id) { return bytes16(id.bytes); }
    template <class Tag> RowArray& uuid(const std::optional<authz::Id128<Tag>>& id)
    {
        return id ? uuid(*id) : null(type_id::uuid);
    }
    RowArray& int8(std::int64_t number);
    RowArray& int8(std::optional<std::int64_t> number)
    {
        return number ? int8(*number) : null(type_id::int8);
    }
    RowArray& int4(std::int32_t number);
    RowArray& int2(std::int16_t number);
    RowArray& text(std::string_view bytes); ///< any bytes; see to_column()
    RowArray& maybe_text(const std::optional<std::string_view>& bytes)
    {
        return bytes ? text(*bytes) : null(type_id::text);
    }
    RowArray& date(std::chrono::sys_days day);
    RowArray& moment(authz::Time time);

    using BinaryArray::bytes;

private:
    RowArray& bytes16(const std::array<std::uint8_t, 16>& bytes);
    RowArray& null(TypeId type);
    void column(TypeId type, std::uint32_t size);

    std::uint32_t columns_;
    std::size_t row_start_ = 0;
};

/// One value of type uuid.
template <class Tag> std::string binary_uuid(const authz::Id128<Tag>& id)
{
    return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

} // namespace store
