#include "net/allow_list.hpp"

#include <algorithm>

namespace net {

namespace ip = boost::asio::ip;

namespace {

constexpr unsigned mapped_bits = 96; ///< of an IPv4 address inside an IPv6 one, before its own

} // namespace

ip::address without_mapping(const ip::address& address)
{
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

AllowList::AllowList(std::span<const Subnet> subnets)
{
    for (const Subnet& subnet : subnets) prefixes_.push_back(prefix_of(subnet));
}

bool AllowList::lets_in(const ip::address& peer) const
{
    const Bits bits = bits_of(peer);
    return prefixes_.empty() ||
           std::ranges::any_of(prefixes_, [&](const Prefix& prefix) { return covers(prefix, bits); });
}

AllowList::Bits AllowList::bits_of(const ip::address& address)
{
    const auto v6 = address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
    return v6.to_bytes();
}

AllowList::Prefix AllowList::prefix_of(const Subnet& subnet)
{
    const std::string text = subnet.address + "/" + std::to_string(subnet.prefix_length);
    boost::system::error_code error;
    const auto address = ip::make_address(subnet.address, error);
    if (error) throw SubnetError(text + ": no IPv4 or IPv6 address");
    if (subnet.prefix_length > (address.is_v4() ? 32U : 128U)) throw SubnetError(text + ": prefix too long");
    return {bits_of(address), subnet.prefix_length + (address.is_v4() ? mapped_bits : 0U)};
}

bool AllowList::covers(const Prefix& prefix, const Bits& bits)
{
    static constexpr std::uint8_t mapping[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const bool is_v4 = std::equal(std::begin(mapping), std::end(mapping), bits.begin());
    if (is_v4 && prefix.length < mapped_bits) return false; // of IPv6 only
    const unsigned whole = prefix.length / 8;
    const unsigned rest = prefix.length % 8;
    if (!std::equal(bits.begin(), bits.begin() + whole, prefix.bits.begin())) return false;
    const auto mask = static_cast<std::uint8_t>(0xFF00U >> rest);
    return rest == 0 || ((bits[whole] ^ prefix.bits[whole]) & mask) == 0;
}

} // namespace net
