/// Certificates of a test, made when it runs: none has a date that some day has passed.
#pragma once

#include "net/link_config.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace test {

/// A folder for files of one test; gone with all that is in it.
class PemFolder {
public:
    PemFolder();
    ~PemFolder();
    PemFolder(const PemFolder&) = delete;
    PemFolder& operator=(const PemFolder&) = delete;
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// What a certificate says. Moments count from now.
struct Wish {
    std::string names =
        "DNS:tollgate.test"; ///< subject alternative names as OpenSSL writes them; may be none
    std::string subject = "a subject";
    std::chrono::seconds from = -std::chrono::hours{1};
    std::chrono::seconds until = std::chrono::hours{24};
};

/// A certificate with its key, as files.
struct Pair {
    std::filesystem::path certificate;
    std::filesystem::path key;
    long serial = 0;
};

/// A certification authority with its own root.
class Authority {
public:
    /// name   of its files, too
    Authority(const PemFolder& folder, std::string name);

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }
    /// Files NAME.crt and NAME.key; they are written over when they are there.
    Pair issue(const std::string& name, const Wish& wish = {});
    /// A list of what is revoked.
    /// until   when the list ends, from now
    std::filesystem::path revoke(const std::vector<long>& serials,
                                 std::chrono::seconds until = std::chrono::hours{24});

private:
    using Key = std::shared_ptr<evp_pkey_st>;
    using Certificate = std::shared_ptr<x509_st>;

    const PemFolder& folder_;
    std::string name_;
    std::filesystem::path root_;
    Key key_;
    Certificate certificate_;
    long next_serial_ = 2;
};

/// A network and we, each with a certificate of one authority.
struct Parties {
    PemFolder folder;
    Authority authority{folder, "ca"};
    Pair server = authority.issue("server", {.names = "DNS:tollgate.test,IP:127.0.0.1"});
    Pair client = authority.issue("client", {.names = "DNS:network.test"});

    /// Of our side of a link that listens.
    [[nodiscard]] net::TlsConfig server_config() const;
    /// Of our side of a link that dials, or of a network that dials us.
    [[nodiscard]] net::TlsConfig client_config() const;
    [[nodiscard]] net::TlsConfig config_of(const Pair& pair, const std::string& peer_name) const;
};

/// Those that all tests of a program share: keys take time to make.
Parties& parties();

} // namespace test
