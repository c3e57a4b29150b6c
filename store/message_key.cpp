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

} // namespace

authz::Key message_key(const authz::KeyFields& fields, std::string_view transmitted,
                       std::chrono::sys_seconds transmitted_at)
{
    std::string bytes;
    for (const std::string_view field :
         {std::string_view(fields.network), std::string_view(fields.mti_kind), std::string_view(fields.stan),
          transmitted, std::string_view(fields.terminal)}) {
        append_number(bytes, field.size());
        bytes += field;
    }
    const auto digest = sha256(bytes);
    authz::Key key;
    const auto second = static_cast<std::uint32_t>(transmitted_at.time_since_epoch().count());
    for (std::size_t i = 0; i < time_bytes; ++i)
        key.bytes[i] = static_cast<std::uint8_t>(second >> (8 * (time_bytes - 1 - i)));
    std::copy_n(digest.begin(), key.bytes.size() - time_bytes, key.bytes.begin() + time_bytes);
    return key;
}

} // namespace store
