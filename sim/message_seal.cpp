#include "sim/message_seal.hpp"

#include "codec/decode.hpp"
#include "codec/encode.hpp"

namespace sim {

Bytes MessageSeal::sealed(std::span<const std::uint8_t> message) const
{
    const Bytes as_it_is(message.begin(), message.end());
    auto decoded = codec::decode(*dialect_, message);
    if (!decoded || !covers(*decoded) || !mac_->seal(*decoded)) return as_it_is;
    Bytes bytes;
    return codec::encode(*dialect_, *decoded, bytes) ? bytes : as_it_is;
}

MessageSeal::Verdict MessageSeal::verify(std::span<const std::uint8_t> message) const
{
    const auto decoded = codec::decode(*dialect_, message);
    if (!decoded || !covers(*decoded)) return Verdict::without;
    return mac_->verify(message, *decoded) == codec::MacCheck::ok ? Verdict::good : Verdict::wrong;
}

} // namespace sim
