#pragma once

#include "tests/support/hostile_bytes.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/sanitizer.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

/// Who works as it should, beside hostile clients.
namespace hostile {

constexpr std::size_t slowness = test::has_sanitizer ? 20 : 1; ///< what takes long is done less often

/// Asks over a connection of its own, open as long as this lives.
/// returns  DE39 of the answer; empty when there was none in ten seconds
using Ask = std::function<std::string(const codec::Message&)>;

inline Ask over_tcp(std::uint16_t port)
{
    return [peer = std::make_shared<Peer>(port)](const codec::Message& m) { return peer->code_of(m); };
}

/// One connection that sends a sale every few milliseconds and waits for its answer, until it is told to end.
class HonestClient {
public:
    HonestClient(Ask ask, std::size_t first_stan)
        : ask_(std::move(ask)), thread_([this, first_stan] { work(first_stan); })
    {
    }
    ~HonestClient() { finish(); }

    /// After one more answer at least.
    void finish()
    {
        {
            const std::lock_guard lock(mutex_);
            is_ending_ = true;
        }
        changed_.notify_all();
        if (thread_.joinable()) thread_.join();
        ask_ = nullptr;
    }
    std::size_t sent() const { return sent_; }
    std::size_t approved() const { return approved_; }

private:
    void work(std::size_t stan)
    {
        auto next = std::chrono::steady_clock::now();
        for (bool is_over = false; !is_over; is_over = is_told_to_end_by(next += interval)) {
            ++sent_;
            if (ask_(small_sale(stan++)) != "00") return;
            ++approved_;
        }
        ++sent_;
        if (ask_(small_sale(stan)) == "00") ++approved_;
    }
    bool is_told_to_end_by(std::chrono::steady_clock::time_point moment)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_until(lock, moment, [this] { return is_ending_; });
    }

    static constexpr std::chrono::milliseconds interval{slowness > 1 ? 20 : 5};

    Ask ask_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_ending_ = false;
    std::atomic<std::size_t> sent_{0};
    std::atomic<std::size_t> approved_{0};
    std::thread thread_;
};

} // namespace hostile
