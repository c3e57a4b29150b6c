#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace codec {

/// How a message authentication code is computed (DOMAIN 6).
enum class MacAlgorithm : std::uint8_t {
    retail,      ///< ISO 9797-1 algorithm 3, ANSI X9.19: single DES, triple DES for the last block. Key of 16
                 ///< bytes
    cbc_3des,    ///< ISO 9797-1 algorithm 1 with triple DES. Key of 16 (two keys) or 24 bytes
    aes_cmac,    ///< RFC 4493. Key of 16, 24 or 32 bytes
    hmac_sha256, ///< RFC 2104. Key of at least 16 bytes
};

/// What the DES algorithms put behind the data up to a whole block of 8 bytes (ISO 9797-1). The others need
/// none.
enum class MacPadding : std::uint8_t {
    method_1, ///< zero bytes; none behind whole blocks. Data that differ in zeros at the end have one MAC
    method_2, ///< 0x80, then zero bytes: always at least one byte
};

/// Bytes of the whole MAC: 8 of the DES algorithms, 16 of AES-CMAC, 32 of HMAC.
[[nodiscard]] std::size_t mac_bytes_of(MacAlgorithm algorithm);

/// A key, ready for use with one algorithm. Only OpenSSL's copy is kept, in memory that is wiped at the end.
/// May be used by several threads at a time.
class MacKey {
public:
    /// throws   std::invalid_argument when the algorithm takes no key of this size: its text tells sizes, never the key
    /// throws   std::runtime_error when OpenSSL does not offer the algorithm
    MacKey(MacAlgorithm algorithm, std::span<const std::uint8_t> key);
    MacKey(MacKey&&) noexcept;
    MacKey& operator=(MacKey&&) noexcept;
    ~MacKey();

    [[nodiscard]] MacAlgorithm algorithm() const { return algorithm_; }

    /// The whole MAC of `data`: mac_bytes_of() raw bytes, of which the first may be used alone.
    /// throws   std::runtime_error when OpenSSL fails
    [[nodiscard]] std::string mac_of(std::span<const std::uint8_t> data, MacPadding padding) const;

private:
    struct Prepared;

    MacAlgorithm algorithm_;
    std::unique_ptr<const Prepared> prepared_;
};

/// Compares in a time that depends on nothing but the sizes.
[[nodiscard]] bool macs_are_equal(std::string_view a, std::string_view b);

} // namespace codec
