#include "store/message_key.hpp"

#include "store/digest.hpp"

#include <algorithm>
#include <string>

namespace store {

namespace {

constexpr std::size_t time_bytes = 4;

void append_number(std::string& bytes, std::uint64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFFU);
}

void append_field(std::string& bytes, std::string_view field)
{
    append_number(bytes, field.size());
    bytes += field;
}

/// Behind the bytes of the time, a digest.
void fill(authz::Key& key, const std::string& bytes)
{
    const auto digest = sha256(bytes);
    std::copy_n(digest.begin(), key.bytes.size() - time_bytes, key.bytes.begin() + time_bytes);
}

} // namespace

authz::Key message_key(const authz::KeyFields& fields, std::string_view transmitted,
                       std::chrono::sys_seconds transmitted_at)
{
    std::string bytes;
    for (const std::string_view field :
         {std::string_view(fields.network), std::string_view(fields.mti_kind), std::string_view(fields.stan),
          transmitted, std::string_view(fields.terminal)})
        append_field(bytes, field);
    authz::Key key;
    const auto second = static_cast<std::uint32_t>(transmitted_at.time_since_epoch().count());
    for (std::size_t i = 0; i < time_bytes; ++i)
        key.bytes[i] = static_cast<std::uint8_t>(second >> (8 * (time_bytes - 1 - i)));
    fill(key, bytes);
    return key;
}

authz::Key undo_key(const authz::Key& target, std::uint64_t delivery)
{
    std::string bytes;
    append_field(bytes, "own undo");
    append_field(bytes, {reinterpret_cast<const char*>(target.bytes.data()), target.bytes.size()});
    append_number(bytes, delivery);
    authz::Key key = target; // of the same second
    fill(key, bytes);
    return key;
}

} // namespace store
