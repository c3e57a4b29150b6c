#pragma once

#include "net/descriptor.hpp"
#include "net/log.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace net {

/// The unix socket cannot be made.
struct ControlError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Takes a line over a unix socket and answers with one, for this user and root alone. On a thread of its
/// own, so that an answer may wait for a disk: one client after the other.
class ControlSocket {
public:
    using Answer = std::function<std::string(std::string_view line)>; ///< without line ends

    static constexpr std::size_t line_bytes_max = 4'096;

    /// Makes the socket beside `path` (mode 0600); start() puts it there.
    /// answer   on the thread of the socket; throws nothing
    /// throws   ControlError
    ControlSocket(std::filesystem::path path, Answer answer, Log& log);
    /// As stop().
    ~ControlSocket();
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;

    /// From now on a client finds this process, and no longer the one before or what a crash has left.
    void start();
    /// When it returns nobody is answered any more.
    void stop();

private:
    enum class Wait : std::uint8_t { readable, timed_out, stopping };

    void serve();
    void serve(const Descriptor& client);
    [[nodiscard]] Wait wait_for(int descriptor, int timeout_ms) const;
    void remove_own() const;

    std::filesystem::path path_;
    std::filesystem::path hidden_; ///< until start()
    Answer answer_;
    Log& log_;
    Descriptor listening_;
    Descriptor stopping_;     ///< an eventfd: readable when the thread shall end
    std::uint64_t inode_ = 0; ///< tells our socket from that of a later process
    std::thread thread_;
};

} // namespace net
