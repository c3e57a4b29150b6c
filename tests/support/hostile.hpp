#pragma once

#include "tests/support/honest_client.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/running_server.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Hostile clients against a real server on loopback, while honest ones work beside them.
namespace hostile {

constexpr std::uint8_t hostile_source = 66; ///< 127.0.0.66

/// What an attack sees of the server.
struct Scene {
    RunningServer& server;
    std::uint16_t port; ///< of the link that is attacked

    [[nodiscard]] Peer client(int receive_buffer = 0) const
    {
        return Peer(port, receive_buffer, hostile_source);
    }
    /// One that may be turned away so quickly that it was never connected: nothing then.
    [[nodiscard]] std::unique_ptr<Peer> bold_client(std::uint8_t source = hostile_source) const
    {
        try {
            return std::make_unique<Peer>(port, 0, source);
        } catch (const std::runtime_error&) {
            return nullptr;
        }
    }
};

/// One row of a table of attacks.
struct Attack {
    const char* name;
    void (*run)(const Scene& scene);           ///< ends when its connections have
    const char* reason;                        ///< for which they end, or are refused
    std::vector<std::string_view> told{};      ///< what else the log says of them
    void (*configure)(net::Config&) = nullptr; ///< links: the first is attacked, the second is not
    Ask (*connect)(std::uint16_t) = over_tcp;  ///< how an honest client gets to the first
};

inline net::Config config_of(const Attack& attack)
{
    net::Config config = RunningServer::good_config();
    config.admin.address = net::Endpoint{"127.0.0.1", 0};
    config.links.push_back(config.links.front());
    config.links.back().name = "acq-b";
    if (attack.configure) attack.configure(config);
    return config;
}

inline std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// True once there are so many; false after half a minute.
inline bool descriptors_come_to(std::size_t count)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (open_descriptors() != count && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return open_descriptors() == count;
}

/// The log and the metrics name the reason.
inline void check_reason(RunningServer& server, const std::string& reason)
{
    CAPTURE(reason);
    CHECK(server.comes_to_log("\"reason\":\"" + reason + "\""));
    const std::string page = http_client::get(server.admin_port(), "/metrics").body;
    auto place = page.find("event=\"closed_" + reason + "\"");
    if (place == std::string::npos) place = page.find("event=\"refused\"");
    REQUIRE(place != std::string::npos);
    CHECK(std::stod(page.substr(page.find("} ", place) + 2)) > 0);
}

/// Honest clients of the attacked link and of another one lose nothing, log and metrics tell how the hostile
/// ones ended, and nothing is left of any of them.
inline void withstand(const Attack& attack)
{
    CAPTURE(std::string(attack.name));
    const std::size_t descriptors = open_descriptors();
    {
        SharedBooks books;
        RunningServer server(books, config_of(attack));
        HonestClient beside(attack.connect(server.port(0)), 100'000);
        HonestClient elsewhere(over_tcp(server.port(1)), 200'000);
        REQUIRE(server.comes_to(2));
        const std::size_t descriptors_before = open_descriptors();
        attack.run({server, server.port(0)});
        CHECK(attack.connect(server.port(0))(wire::management("301")) == "00"); // newcomers get in
        check_reason(server, attack.reason);
        for (const std::string_view text : attack.told) {
            CAPTURE(std::string(text));
            CHECK(server.comes_to_log(text));
        }
        CHECK(server.comes_to(2)); // the honest ones
        CHECK(descriptors_come_to(descriptors_before));
        CHECK(server.server().totals().handshakes == 0);
        for (HonestClient* honest : {&beside, &elsewhere}) {
            honest->finish();
            CHECK(honest->sent() > 0);
            CHECK(honest->approved() == honest->sent());
        }
        CHECK(server.comes_to());
        CHECK(server.stop());
    }
    CHECK(open_descriptors() == descriptors);
}

} // namespace hostile
