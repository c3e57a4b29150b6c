#pragma once

#include "codec/hex.hpp"
#include "codec/mac.hpp"
#include "net/key_exchange.hpp"
#include "tests/support/wire.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <unistd.h>

/// Keys of a link, the messages that bring them, and messages under them. All made up.
namespace mac_keys {

namespace fs = std::filesystem;
using wire::Bytes;
using wire::management;
using wire::with;

inline const Bytes working_key(16, 0x5A);
inline const Bytes new_key{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
inline const Bytes zone_key{0x31, 0x41, 0x59, 0x26, 0x53, 0x58, 0x97, 0x93,
                            0x23, 0x84, 0x62, 0x64, 0x33, 0x83, 0x27, 0x95};

inline std::shared_ptr<const codec::Dialect> dialect()
{
    static const auto shared = codec::dialect_named("iso87-ascii");
    return shared;
}

inline net::SessionProfile good_session()
{
    net::SessionProfile session;
    session.mac.emplace();
    session.mac->rule.algorithm = codec::MacAlgorithm::retail;
    session.key_exchange.emplace();
    session.key_exchange->mac_key = {"161"};
    session.key_exchange->pin_key = {"162"};
    return session;
}

inline std::shared_ptr<net::LinkSettings> settings_with(const net::SessionProfile& session = good_session())
{
    auto settings = wire::link_settings();
    auto profile = std::make_shared<net::Profile>(settings->translator->profile());
    profile->session = session;
    settings->translator = std::make_shared<net::Translator>(net::TranslatorSettings{
        "net-a", profile, std::make_shared<authz::Policy>(), {"400000"}, wire::token_of});
    if (session.mac)
        settings->macs = std::make_shared<net::LinkMacs>(settings->dialect, *session.mac, working_key);
    settings->key_exchange =
        std::make_shared<net::KeyExchange>(*session.key_exchange, zone_key, settings->macs);
    return settings;
}

inline codec::MessageMac mac_under(const Bytes& key)
{
    return {dialect(), good_session().mac->rule, key};
}
inline codec::Message sealed(codec::Message message, const Bytes& key = working_key)
{
    REQUIRE(mac_under(key).seal(message).has_value());
    return message;
}
inline bool verifies(const net::Link::Reply& reply, const Bytes& key)
{
    const std::span wire = std::span(reply.frame).subspan(2);
    return mac_under(key).verify(wire, codec::decode(*dialect(), wire).value()) == codec::MacCheck::ok;
}

/// Triple DES of one block, by way of a MAC of one block.
inline std::string encrypted(const Bytes& key, std::span<const std::uint8_t> block)
{
    return codec::MacKey(codec::MacAlgorithm::cbc_3des, key).mac_of(block, codec::MacPadding::method_1);
}
inline std::string wrapped(const Bytes& key, net::KeyWrap wrap = net::KeyWrap::tdes_ecb)
{
    std::string all;
    Bytes block(8);
    for (std::size_t at = 0; at < key.size(); at += 8) {
        for (std::size_t i = 0; i < 8; ++i)
            block[i] =
                static_cast<std::uint8_t>(key[at + i] ^ (wrap == net::KeyWrap::tdes_cbc ? block[i] : 0));
        const auto out = encrypted(zone_key, block);
        block.assign(out.begin(), out.end());
        all += out;
    }
    return all;
}
inline std::string check_value(const Bytes& key)
{
    return encrypted(key, Bytes(8, 0)).substr(0, 3);
}
inline codec::Message brings(const std::string& function, const std::string& de48)
{
    return with(management(function), {{48, de48}});
}
inline codec::Message key_change(const std::string& function = "161", const Bytes& key = new_key)
{
    return brings(function, codec::hex_of(wrapped(key) + check_value(key)));
}

inline std::string hex(const Bytes& bytes)
{
    return codec::hex_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

struct KeyFile {
    explicit KeyFile(const std::string& text,
                     fs::perms perms = fs::perms::owner_read | fs::perms::owner_write)
        : path(fs::temp_directory_path() /
               ("tollgate_key_" + std::to_string(::getpid()) + "_" + std::to_string(++made)))
    {
        std::ofstream(path) << text;
        fs::permissions(path, perms);
    }
    ~KeyFile() { fs::remove(path); }
    static inline int made = 0;
    fs::path path;
};

} // namespace mac_keys
