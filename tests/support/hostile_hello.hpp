#pragma once

#include "net/tls_session.hpp"
#include "tests/support/certificates.hpp"

#include <array>

/// Beginnings of TLS handshakes, for clients that go no further.
namespace hostile {

/// A ClientHello as it is on the wire: one record.
inline std::vector<std::uint8_t> client_hello()
{
    const net::TlsContext context(test::parties().client_config(), net::Role::connect);
    const net::TlsSession session(context, "tollgate.test");
    const auto bytes = session.ciphertext();
    return {bytes.begin(), bytes.end()};
}

/// The same in records of one byte, six bytes each.
inline std::vector<std::uint8_t> in_records_of_one(const std::vector<std::uint8_t>& record)
{
    constexpr std::size_t header = 5;
    std::vector<std::uint8_t> records;
    for (std::size_t i = header; i < record.size(); ++i)
        for (const std::uint8_t byte :
             {record[0], record[1], record[2], std::uint8_t{0}, std::uint8_t{1}, record[i]})
            records.push_back(byte);
    return records;
}

} // namespace hostile
