#include "net/link_macs.hpp"

#include <utility>

namespace net {

LinkMacs::LinkMacs(std::shared_ptr<const codec::Dialect> dialect, MacProfile profile,
                   std::span<const std::uint8_t> key)
    : dialect_(std::move(dialect)), profile_(std::move(profile)), working_(dialect_, profile_.rule, key)
{
}

bool LinkMacs::covers(const codec::Message& message) const
{
    return profile_.covers_management || message.mti().message_class() != '8';
}

LinkMacs::Verdict LinkMacs::verify(std::span<const std::uint8_t> wire, const codec::Message& message)
{
    if (!covers(message)) return Verdict::good;
    const auto check = working_.verify(wire, message);
    if (check == codec::MacCheck::ok) return Verdict::good;
    if (check == codec::MacCheck::missing) return Verdict::missing;
    if (!next_ || next_->verify(wire, message) != codec::MacCheck::ok) return Verdict::wrong;
    working_ = std::move(*next_);
    next_.reset();
    return Verdict::key_changed;
}

codec::Result<void> LinkMacs::seal(codec::Message& message) const
{
    if (!covers(message)) return {};
    return working_.seal(message);
}

void LinkMacs::replace(std::span<const std::uint8_t> key)
{
    working_ = codec::MessageMac(dialect_, profile_.rule, key);
    next_.reset();
}

void LinkMacs::offer(std::span<const std::uint8_t> key)
{
    next_.emplace(dialect_, profile_.rule, key);
}

} // namespace net
