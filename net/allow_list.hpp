#pragma once

#include "net/link_config.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>
#include <span>
#include <stdexcept>
#include <vector>

namespace net {

/// A prefix that cannot be read; the text says which and why.
struct SubnetError : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

/// An IPv4 address inside an IPv6 one (::ffff:0:0/96) as what it is; any other as it is.
[[nodiscard]] boost::asio::ip::address without_mapping(const boost::asio::ip::address& address);

/// Who may connect to a link. An IPv4 peer is one on a socket of both families, too: it is matched by IPv4
/// prefixes, also when these are written as mapped ones, and never by "::/0".
class AllowList {
public:
    /// An empty list lets everybody in.
    /// throws   SubnetError
    explicit AllowList(std::span<const Subnet> subnets = {});

    [[nodiscard]] bool lets_in(const boost::asio::ip::address& peer) const;

private:
    using Bits = std::array<std::uint8_t, 16>; ///< of an address; IPv4: mapped

    struct Prefix {
        Bits bits{};
        unsigned length = 0; ///< in bits, of 128
    };

    static Bits bits_of(const boost::asio::ip::address& address);
    static Prefix prefix_of(const Subnet& subnet);
    static bool covers(const Prefix& prefix, const Bits& bits);

    std::vector<Prefix> prefixes_;
};

} // namespace net
