#pragma once

#include "codec/mac.hpp"
#include "codec/mti.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace net {

/// Who signs off when Tollgate stops.
enum class SignOffBy : std::uint8_t {
    both,    ///< also towards who has dialled us and signed on
    dialler, ///< only where we have dialled
};

/// The part of a profile that says how a network manages its sessions (DOMAIN 2.8): [management].
struct ManagementProfile {
    /// Of the requests that we send.
    codec::Mti mti = codec::Mti::parse("0800").value();
    std::string sign_on = "001";  ///< DE70; empty: we send none, and a dialled connection is up at once
    std::string sign_off = "002"; ///< DE70; empty: we send none
    SignOffBy sign_off_by = SignOffBy::both;
    std::string echo = "301";                          ///< DE70
    std::vector<std::pair<int, std::string>> elements; ///< what else they carry, for example DE33
    /// DE70 of functions that are answered 00 and logged, and change nothing: 060, 065 ...
    std::vector<std::string> noted;
};

/// How MACs are used: [mac]. Without it no MAC is looked at and none is sent.
struct MacProfile {
    codec::MacRule rule;
    bool covers_management = false; ///< 0800 and its answers have one, too
    std::string wrong;              ///< DE39 of the answer to a request with a wrong MAC; empty: silence
};

enum class KeyForm : std::uint8_t { hex, raw };
enum class KeyWrap : std::uint8_t {
    tdes_ecb, ///< triple DES, block by block (ANSI X9.17)
    tdes_cbc, ///< triple DES in a chain, initial value zero
};

/// Where a message brings a new working key, wrapped under the zone key: [key_exchange].
struct KeyExchangeProfile {
    std::vector<std::string> mac_key; ///< DE70 of a new MAC key
    std::vector<std::string> pin_key; ///< DE70 of a new PIN key: checked and dropped, PINs are not served
    int de = 48;
    KeyForm form = KeyForm::hex;
    KeyWrap wrap = KeyWrap::tdes_ecb;
    std::size_t key_at = 1;     ///< first character (hex) or byte (raw) of the wrapped key, from 1
    std::size_t key_bytes = 16; ///< 16 or 24
    std::size_t check_at = 33;  ///< of the check value, likewise
    std::size_t check_bytes = 3;
};

/// All of it, as it stands in a profile.
struct SessionProfile {
    ManagementProfile management;
    std::optional<MacProfile> mac;
    std::optional<KeyExchangeProfile> key_exchange;
};

} // namespace net
