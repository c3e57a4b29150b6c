#include "store/binary_array.hpp"

#include "store/array_literal.hpp"

namespace store {

namespace {

using namespace std::chrono;

// PostgreSQL counts days and microseconds from here.
constexpr sys_days epoch{January / 1 / 2000};
constexpr std::size_t count_at = 12; ///< of the number of elements, in the array's head

} // namespace

BinaryArray::BinaryArray(TypeId element)
{
    append_int4(1); // dimensions
    append_int4(0); // no element is null
    append_int4(element);
    append_int4(0); // number of elements, counted later
    append_int4(1); // lowest index
}

void BinaryArray::set_int4(std::size_t at, std::uint32_t number)
{
    for (std::size_t i = 0; i < 4; ++i) bytes_[at + i] = static_cast<char>(number >> (24 - 8 * i) & 0xffU);
}

void BinaryArray::count_element()
{
    set_int4(count_at, ++count_);
}

void BinaryArray::add(std::int64_t number)
{
    count_element();
    append_int4(8);
    append_big_endian(static_cast<std::uint64_t>(number), 8);
}

void BinaryArray::add_bytes(const std::array<std::uint8_t, 16>& bytes)
{
    count_element();
    append_int4(16);
    append_bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

RowArray& RowArray::begin_row()
{
    count_element();
    row_start_ = size();
    append_int4(0); // the row's length, known at its end
    append_int4(columns_);
    return *this;
}

void RowArray::end_row()
{
    set_int4(row_start_, static_cast<std::uint32_t>(size() - row_start_ - 4));
}

void RowArray::column(TypeId type, std::uint32_t size)
{
    append_big_endian(std::uint64_t{type} << 32U | size, 8); // two int4
}

RowArray& RowArray::null(TypeId type)
{
    column(type, 0xffffffffU);
    return *this;
}

RowArray& RowArray::bytes16(const std::array<std::uint8_t, 16>& bytes)
{
    column(type_id::uuid, 16);
    append_bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return *this;
}

RowArray& RowArray::int8(std::int64_t number)
{
    column(type_id::int8, 8);
    append_big_endian(static_cast<std::uint64_t>(number), 8);
    return *this;
}

RowArray& RowArray::int4(std::int32_t number)
{
    column(type_id::int4, 4);
    append_int4(static_cast<std::uint32_t>(number));
    return *this;
}

RowArray& RowArray::int2(std::int16_t number)
{
    column(type_id::int2, 2);
    append_big_endian(static_cast<std::uint16_t>(number), 2);
    return *this;
}

RowArray& RowArray::text(std::string_view bytes)
{
    if (is_plain(bytes)) {
        column(type_id::text, static_cast<std::uint32_t>(bytes.size()));
        append_bytes(bytes.data(), bytes.size());
    } else {
        const std::string mapped = to_column(bytes);
        column(type_id::text, static_cast<std::uint32_t>(mapped.size()));
        append_bytes(mapped.data(), mapped.size());
    }
    return *this;
}

RowArray& RowArray::date(sys_days day)
{
    column(type_id::date, 4);
    append_int4(static_cast<std::uint32_t>((day - epoch).count()));
    return *this;
}

RowArray& RowArray::moment(authz::Time time)
{
    column(type_id::timestamptz, 8);
    append_big_endian(static_cast<std::uint64_t>((time - epoch).count()), 8);
    return *this;
}

} // namespace store
