// Keys that came over a link, and a new configuration. Keys are made up.
#include "codec/hex.hpp"
#include "codec/mac.hpp"
#include "tests/support/running_server.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <future>

using namespace wire;

namespace {

namespace fs = std::filesystem;

const Bytes zone_key{0x31, 0x41, 0x59, 0x26, 0x53, 0x58, 0x97, 0x93,
                     0x23, 0x84, 0x62, 0x64, 0x33, 0x83, 0x27, 0x95};

Bytes key(std::uint8_t first)
{
    Bytes bytes(16);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(first + 16 * i);
    return bytes;
}

const std::string profile = R"(name = "with-macs"
[mac]
algorithm = "retail"
wrong = "63"
[key_exchange]
mac_key = ["161"]
[[message]]
mti = "0200"
operation = "sale"
required = [2, 3, 4, 7, 11, 41, 42, 49]
)";

std::string hex(const Bytes& bytes)
{
    return codec::hex_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// The files of a link with MACs, in a folder of their own.
class Files {
public:
    explicit Files(const Bytes& mac_key)
    {
        std::string name = (fs::temp_directory_path() / "tollgate-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
        write("profile.toml", profile);
        write("zone.key", hex(zone_key));
        set_mac_key(mac_key);
    }
    ~Files() { fs::remove_all(folder_); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    void set_mac_key(const Bytes& key) const { write("mac.key", hex(key)); }
    net::Config config() const
    {
        net::Config config = RunningServer::good_config();
        config.links.front().profile = (folder_ / "profile.toml").string();
        config.links.front().zone_key_file = folder_ / "zone.key";
        config.links.front().mac_key_file = folder_ / "mac.key";
        return config;
    }

private:
    void write(const char* name, const std::string& text) const
    {
        std::ofstream(folder_ / name) << text;
        fs::permissions(folder_ / name, fs::perms::owner_read | fs::perms::owner_write);
    }

    fs::path folder_;
};

codec::Message sealed(codec::Message message, const Bytes& key)
{
    codec::MacRule rule;
    rule.algorithm = codec::MacAlgorithm::retail;
    REQUIRE(codec::MessageMac(codec::dialect_named("iso87-ascii"), rule, key).seal(message).has_value());
    return message;
}

/// Triple DES of one block, by way of a MAC of one block.
std::string encrypted(const Bytes& key, std::span<const std::uint8_t> block)
{
    return codec::MacKey(codec::MacAlgorithm::cbc_3des, key).mac_of(block, codec::MacPadding::method_1);
}
codec::Message brings(const Bytes& key)
{
    const auto halves = std::span(key);
    const std::string wrapped = encrypted(zone_key, halves.first(8)) + encrypted(zone_key, halves.last(8));
    const std::string check = encrypted(key, Bytes(8, 0)).substr(0, 3);
    return with(management("161"), {{48, codec::hex_of(wrapped + check)}});
}

/// returns  why it was not taken; empty: it was
std::string reload(RunningServer& server, const net::Config& config)
{
    std::promise<std::string> why;
    server.server().post([&] {
        try {
            server.server().reload(config);
            why.set_value("");
        } catch (const net::BindError& error) {
            why.set_value(error.what());
        }
    });
    return why.get_future().get();
}

} // namespace

TEST_CASE("reload: a key that came over a link stays its key, until its file has another one")
{
    const Files files(key(1));
    SharedBooks books;
    RunningServer server(books, files.config());
    const Peer before(server.port());
    CHECK(before.code_of(brings(key(2))) == "00");
    CHECK(before.code_of(sealed(sale("000001"), key(2))) == "00");
    REQUIRE(reload(server, files.config()) == "");
    const Peer after(server.port());
    CHECK(after.code_of(sealed(sale("000002"), key(2))) == "00");
    CHECK(after.code_of(sealed(sale("000003"), key(1))) == "63"); // the file's is not good any more
    CHECK(after.code_of(brings(key(3))) == "00");
    CHECK(before.code_of(sealed(sale("000004"), key(3))) == "00"); // keys are the link's
    files.set_mac_key(key(4));
    REQUIRE(reload(server, files.config()) == "");
    CHECK(Peer(server.port()).code_of(sealed(sale("000005"), key(4))) == "00");
}

TEST_CASE("reload: one that is refused takes no key away")
{
    const Files files(key(1));
    SharedBooks books;
    RunningServer server(books, files.config());
    const Peer before(server.port());
    CHECK(before.code_of(brings(key(2))) == "00");
    CHECK(before.code_of(sealed(sale("000001"), key(2))) == "00");
    files.set_mac_key(key(4));
    net::Config wrong = files.config();
    wrong.links.push_back(wrong.links.front());
    wrong.links.back().name = "nowhere";
    wrong.links.back().addresses.front().host = "nowhere";
    CHECK(reload(server, wrong) != "");
    files.set_mac_key(key(1));
    REQUIRE(reload(server, files.config()) == "");
    CHECK(Peer(server.port()).code_of(sealed(sale("000002"), key(2))) == "00");
}
