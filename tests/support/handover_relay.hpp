/// Stands between two real processes that hand over (docs/restart.md), passes their words on, and kills one
/// of them at the moment that it was told.
#pragma once

#include "net/handover_protocol.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace test {

class HandoverRelay {
public:
    /// In the order in which they come.
    enum class Word : std::uint8_t { sockets, ready, go, taken };
    enum class Side : std::uint8_t { old_one, new_one };
    /// Whom it kills, and when: before anybody hears the word, or when it has been heard.
    struct Death {
        Word at;
        enum class When : std::uint8_t { unheard, heard } when;
        Side victim;
    };

    /// beside   where the new process asks
    /// behind   where the old one listens
    /// throws   net::HandoverError, std::runtime_error
    HandoverRelay(const std::string& beside, const std::string& behind, const Death& death)
        : path_(beside), old_(net::handover::unix_socket()), listening_(net::handover::unix_socket())
    {
        const sockaddr_un here = net::handover::address_of(beside);
        const sockaddr_un there = net::handover::address_of(behind);
        if (::connect(old_.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0 ||
            ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0 ||
            ::listen(listening_.get(), 1) != 0)
            throw std::runtime_error("relay: " + std::string(std::strerror(errno)));
        inode_ = inode_of(path_);
        thread_ = std::thread([this, death] {
            try {
                run(death);
            } catch (const std::exception& error) {
                failure_ = error.what();
            }
            new_ = {};
            old_ = {}; // who is left sees that the other one has ended
        });
    }
    ~HandoverRelay()
    {
        if (thread_.joinable()) thread_.join();
        if (inode_of(path_) == inode_) ::unlink(path_.c_str()); // else it is the new process's own by now
    }
    HandoverRelay(const HandoverRelay&) = delete;
    HandoverRelay& operator=(const HandoverRelay&) = delete;

    /// returns  what went wrong; empty: the victim is dead
    [[nodiscard]] std::string end()
    {
        thread_.join();
        return failure_;
    }

private:
    struct Packet {
        std::vector<char> text;
        std::vector<net::Descriptor> descriptors;
    };

    static constexpr int patience_ms = 60'000;

    static std::uint64_t inode_of(const std::string& path)
    {
        struct stat status {};
        return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
    }

    void run(const Death& death)
    {
        wait_for(listening_.get());
        new_ = net::Descriptor(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        listening_ = {};
        for (const Word word : {Word::sockets, Word::ready, Word::go, Word::taken}) {
            const bool is_old = word == Word::sockets || word == Word::go;
            const Packet packet = received(is_old ? old_.get() : new_.get());
            const bool is_last = word == death.at;
            if (!is_last || death.when == Death::When::heard) send(is_old ? new_.get() : old_.get(), packet);
            if (is_last) return kill(death.victim == Side::old_one ? old_.get() : new_.get());
        }
    }

    static void wait_for(int socket)
    {
        pollfd asked{socket, POLLIN, 0};
        if (::poll(&asked, 1, patience_ms) != 1) throw std::runtime_error("relay: nobody comes");
    }

    static Packet received(int socket)
    {
        wait_for(socket);
        Packet packet;
        packet.text.resize(net::handover::packet_bytes_max);
        alignas(cmsghdr) net::handover::ControlBytes control{};
        iovec piece{packet.text.data(), packet.text.size()};
        msghdr header{};
        header.msg_iov = &piece;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const ssize_t size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
        if (size <= 0) throw std::runtime_error("relay: a word is missing");
        packet.text.resize(static_cast<std::size_t>(size));
        for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
            std::vector<int> numbers((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            std::memcpy(numbers.data(), CMSG_DATA(part), numbers.size() * sizeof(int));
            for (const int number : numbers) packet.descriptors.emplace_back(number);
        }
        return packet;
    }

    static void send(int socket, const Packet& packet)
    {
        std::vector<int> numbers;
        for (const net::Descriptor& descriptor : packet.descriptors) numbers.push_back(descriptor.get());
        alignas(cmsghdr) net::handover::ControlBytes control{};
        iovec piece{const_cast<char*>(packet.text.data()), packet.text.size()};
        msghdr header{};
        header.msg_iov = &piece;
        header.msg_iovlen = 1;
        if (!numbers.empty()) {
            header.msg_control = control.data();
            header.msg_controllen = CMSG_SPACE(numbers.size() * sizeof(int));
            cmsghdr* const part = CMSG_FIRSTHDR(&header);
            part->cmsg_level = SOL_SOCKET;
            part->cmsg_type = SCM_RIGHTS;
            part->cmsg_len = CMSG_LEN(numbers.size() * sizeof(int));
            std::memcpy(CMSG_DATA(part), numbers.data(), numbers.size() * sizeof(int));
        }
        if (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0) throw std::runtime_error("relay: nobody hears");
    }

    /// Until its end of the connection is closed: then it is dead.
    static void kill(int socket)
    {
        ucred peer{};
        socklen_t size = sizeof peer;
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 1 ||
            ::kill(peer.pid, SIGKILL) != 0)
            throw std::runtime_error("relay: nobody to kill");
        char word[16];
        while (::recv(socket, word, sizeof word, 0) > 0) {
        }
    }

    std::string path_;
    std::uint64_t inode_ = 0;
    net::Descriptor old_;
    net::Descriptor new_;
    net::Descriptor listening_;
    std::string failure_;
    std::thread thread_;
};

} // namespace test
