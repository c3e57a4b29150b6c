// Keys that came over a link to a running server: a new configuration, a slow disk. Keys are made up.
#include "tests/support/mac_keys.hpp"
#include "tests/support/reload.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>

using namespace mac_keys;
using namespace wire;
using reloading::reload;

namespace {

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

    [[nodiscard]] fs::path path(const char* name) const { return folder_ / name; }
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

} // namespace

TEST_CASE("reload: a key that came over a link stays its key, until its file has another one")
{
    const Files files(key(1));
    SharedBooks books;
    RunningServer server(books, files.config());
    const Peer before(server.port());
    CHECK(before.code_of(key_change("161", key(2))) == "00");
    CHECK(before.code_of(sealed(sale("000001"), key(2))) == "00");
    REQUIRE(reload(server, files.config()) == "");
    const Peer after(server.port());
    CHECK(after.code_of(sealed(sale("000002"), key(2))) == "00");
    CHECK(after.code_of(sealed(sale("000003"), key(1))) == "63"); // the file's is not good any more
    CHECK(after.code_of(key_change("161", key(3))) == "00");
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
    CHECK(before.code_of(key_change("161", key(2))) == "00");
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

TEST_CASE("keys: the answer to a new key leaves when the disk has it")
{
    const Files files(key(1));
    net::Config config = files.config();
    config.links.front().key_state_file = files.path("mac.state");
    SharedBooks books;
    RunningServer server(books, config);
    const Peer peer(server.port());
    CHECK(peer.code_of(key_change("161", key(2))) == "00");
    CHECK(fs::exists(files.path("mac.state")));
    CHECK(peer.code_of(sealed(sale("000001"), key(2))) == "00");
    CHECK(server.stop());
    RunningServer next(books, config);
    CHECK(Peer(next.port()).code_of(sealed(sale("000002"), key(2))) == "00");
}

TEST_CASE("keys: a disk that takes its time holds up the answer to a new key, and nothing else")
{
    const Files files(key(1));
    net::Config config = files.config();
    config.links.front().key_state_file = files.path("mac.state");
    const fs::path in_work = files.path("mac.state.new");
    REQUIRE(::mkfifo(in_work.c_str(), S_IRUSR | S_IWUSR) == 0); // who opens it to write waits for a reader
    SharedBooks books;
    RunningServer server(books, config);
    const Peer brings(server.port());
    const Peer other(server.port());
    CHECK(brings.send(key_change("161", key(2))));
    CHECK(server.comes_to_log("key_taken"));
    CHECK(brings.code_of(management("301")) == "00"); // in front of the answer to the key
    CHECK(other.code_of(sealed(sale("000001"), key(1))) == "00");
    const net::Descriptor disk(::open(in_work.c_str(), O_RDONLY));
    const auto answer = brings.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).get(70) == "161");
    CHECK(unframe(*answer).get(39) == "00");
    CHECK(server.logged("key_not_kept")); // no file: it cannot be made durable
}
