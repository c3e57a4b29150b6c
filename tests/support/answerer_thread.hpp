/// A host that approves everything, on a thread of its own.
#pragma once

#include "sim/load_answerer.hpp"

#include <thread>

namespace test {

class AnswererThread {
public:
    explicit AnswererThread(const sim::NetworkModel& network, sim::LoadAnswerer::Settings settings = {})
        : answerer_(network, std::move(settings)), thread_([this] { answerer_.run(); })
    {
    }
    ~AnswererThread() { stop(); }
    AnswererThread(const AnswererThread&) = delete;
    AnswererThread& operator=(const AnswererThread&) = delete;

    [[nodiscard]] sim::Address address() const { return answerer_.address(); }
    /// What it has seen may be read afterwards.
    void stop()
    {
        answerer_.stop();
        if (thread_.joinable()) thread_.join();
    }

private:
    sim::LoadAnswerer answerer_;
    std::thread thread_;
};

} // namespace test
