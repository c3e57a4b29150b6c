#pragma once

#include "tests/support/running_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// Hostile clients against a real server on loopback, while honest ones work beside them.
namespace hostile {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t slowness = 20; ///< what takes long is done less often
#else
constexpr std::size_t slowness = 1;
#endif

constexpr std::uint8_t hostile_source = 66; ///< 127.0.0.66

inline std::string stan_of(std::size_t number)
{
    const std::string digits = std::to_string(number % 1'000'000);
    return std::string(6 - digits.size(), '0') + digits;
}

/// One connection that sends a sale, waits for its answer, and so on, until it is told to end.
class HonestClient {
public:
    HonestClient(std::uint16_t port, std::size_t first_stan)
        : peer_(port), thread_([this, first_stan] { work(first_stan); })
    {
    }
    ~HonestClient() { finish(); }

    /// After one more answer at least.
    void finish()
    {
        is_ending_ = true;
        if (thread_.joinable()) thread_.join();
        peer_.close();
    }
    std::size_t sent() const { return sent_; }
    std::size_t approved() const { return approved_; }

private:
    void work(std::size_t stan)
    {
        bool is_last = false;
        while (!is_last && sent_ < sent_max) {
            is_last = is_ending_;
            ++sent_;
            if (peer_.code_of(wire::sale(stan_of(stan++))) != "00") return;
            ++approved_;
        }
        while (!is_ending_) std::this_thread::yield();
    }

    static constexpr std::size_t sent_max = 2'000; ///< what the account can pay

    Peer peer_;
    std::atomic<bool> is_ending_{false};
    std::atomic<std::size_t> sent_{0};
    std::atomic<std::size_t> approved_{0};
    std::thread thread_;
};

/// What an attack sees of the server.
struct Scene {
    RunningServer& server;
    std::uint16_t port; ///< of the link that is attacked

    [[nodiscard]] Peer client(int receive_buffer = 0) const
    {
        return Peer(port, receive_buffer, hostile_source);
    }
    /// One that may be turned away so quickly that it was never connected: nothing then.
    [[nodiscard]] std::unique_ptr<Peer> bold_client() const
    {
        try {
            return std::make_unique<Peer>(port, 0, hostile_source);
        } catch (const std::runtime_error&) {
            return nullptr;
        }
    }
};

/// One row of a table of attacks.
struct Attack {
    const char* name;
    void (*run)(const Scene& scene);           ///< ends when its connections have
    std::vector<std::string_view> told;        ///< what the log says of them, the close reason first
    void (*configure)(net::Config&) = nullptr; ///< links: the first is attacked, the second is not
};

inline net::Config config_of(const Attack& attack)
{
    net::Config config = RunningServer::good_config();
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

/// Honest clients of the attacked link and of another one lose nothing, the log tells how the hostile ones
/// ended, and nothing is left of any of them.
inline void withstand(const Attack& attack)
{
    CAPTURE(std::string(attack.name));
    const std::size_t descriptors = open_descriptors();
    {
        SharedBooks books;
        RunningServer server(books, config_of(attack));
        HonestClient beside(server.port(0), 100'000);
        HonestClient elsewhere(server.port(1), 200'000);
        attack.run({server, server.port(0)});
        for (const std::string_view text : attack.told) {
            CAPTURE(std::string(text));
            CHECK(server.comes_to_log(text));
        }
        CHECK(Peer(server.port(0)).code_of(wire::management("301")) == "00"); // newcomers get in
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
