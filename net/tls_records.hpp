/// Where TLS records begin and end in a stream; what is in them is OpenSSL's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace net {

/// Follows the records of one direction.
class TlsRecords {
public:
    /// Takes bytes up to the end of a record that began in earlier ones; all of them when there is none.
    /// returns  how many
    std::size_t take(std::span<const std::uint8_t> bytes);

    /// The first byte of a record has come and its last has not.
    [[nodiscard]] bool is_mid_record() const { return head_ > 0; }
    /// False once the first record has begun as none does that begins a TLS connection.
    [[nodiscard]] bool may_be_tls() const { return may_be_tls_; }

private:
    void take_head_byte(std::uint8_t byte);
    std::size_t take_record(std::span<const std::uint8_t> bytes);

    static constexpr std::size_t head_bytes = 5; ///< type, version (2), length (2)

    std::size_t head_ = 0; ///< bytes of the record's head that have come
    std::size_t body_ = 0; ///< bytes of its body that are still to come
    bool is_first_ = true;
    bool may_be_tls_ = true;
};

/// Finds a client that speaks TLS where none is spoken, by its first bytes: a ClientHello in one record.
class ClientHelloFinder {
public:
    enum class Verdict : std::uint8_t { open, is_hello, is_not };

    /// bytes    the next ones of the stream
    Verdict look_at(std::span<const std::uint8_t> bytes);

private:
    [[nodiscard]] bool fits(std::size_t at) const;

    std::array<std::uint8_t, 11> seen_{}; ///< as much as nothing else begins with
    std::size_t size_ = 0;
    Verdict verdict_ = Verdict::open;
};

} // namespace net
