#include "net/tls_records.hpp"

#include <algorithm>

namespace net {

namespace {

// RFC 8446, 5.1 and 4.
constexpr std::uint8_t alert = 21;
constexpr std::uint8_t handshake = 22;
constexpr std::uint8_t client_hello = 1;
constexpr std::uint8_t major = 3;     ///< of every version from SSL 3.0 to TLS 1.3
constexpr std::uint8_t minor_max = 4; ///< as a record or a ClientHello can say it

} // namespace

std::size_t TlsRecords::take(std::span<const std::uint8_t> bytes)
{
    if (is_mid_record()) return take_record(bytes);
    std::size_t taken = 0;
    while (taken < bytes.size()) taken += take_record(bytes.subspan(taken));
    return taken;
}

std::size_t TlsRecords::take_record(std::span<const std::uint8_t> bytes)
{
    std::size_t taken = 0;
    while (head_ < head_bytes && taken < bytes.size()) take_head_byte(bytes[taken++]);
    if (head_ < head_bytes) return taken;
    const std::size_t part = std::min(body_, bytes.size() - taken);
    body_ -= part;
    if (body_ == 0) {
        head_ = 0;
        is_first_ = false;
    }
    return taken + part;
}

void TlsRecords::take_head_byte(std::uint8_t byte)
{
    if (is_first_ && ((head_ == 0 && byte != handshake && byte != alert) || (head_ == 1 && byte != major) ||
                      (head_ == 2 && byte > minor_max)))
        may_be_tls_ = false;
    if (head_ == 3) body_ = std::size_t{byte} << 8U;
    if (head_ == 4) body_ += byte;
    ++head_;
}

ClientHelloFinder::Verdict ClientHelloFinder::look_at(std::span<const std::uint8_t> bytes)
{
    for (const std::uint8_t byte : bytes) {
        if (verdict_ != Verdict::open) break;
        seen_[size_++] = byte;
        if (!fits(size_ - 1))
            verdict_ = Verdict::is_not;
        else if (size_ == seen_.size())
            verdict_ = Verdict::is_hello;
    }
    return verdict_;
}

/// The record's head, the message's head, and the version in the message.
bool ClientHelloFinder::fits(std::size_t at) const
{
    const std::uint8_t byte = seen_[at];
    switch (at) {
    case 0:
        return byte == handshake;
    case 1:
    case 9:
        return byte == major;
    case 2:
    case 10:
        return byte <= minor_max;
    case 5:
        return byte == client_hello;
    case 6:
        return byte == 0;
    case 8: // the record is as long as the message and its head
        return (seen_[3] << 8 | seen_[4]) == (seen_[7] << 8 | seen_[8]) + 4;
    default:
        return true;
    }
}

} // namespace net
