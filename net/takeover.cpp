#include "net/takeover.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstring>
#include <vector>

namespace net {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr timeval answer_max{10, 0}; ///< for the old process to give its sockets

/// Every descriptor of the packet has an owner at once.
std::vector<Descriptor> descriptors_in(msghdr& packet)
{
    std::vector<Descriptor> found;
    for (cmsghdr* header = CMSG_FIRSTHDR(&packet); header; header = CMSG_NXTHDR(&packet, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        std::vector<int> numbers((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        std::memcpy(numbers.data(), CMSG_DATA(header), numbers.size() * sizeof(int));
        for (const int number : numbers) found.emplace_back(number);
    }
    return found;
}

std::vector<std::string> lines_of(std::string_view text)
{
    std::vector<std::string> lines;
    for (;;) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return lines;
        text.remove_prefix(end + 1);
    }
}

/// returns  nothing when no process is there
Descriptor connection_to(const std::filesystem::path& path)
{
    Descriptor connection = handover::unix_socket();
    const sockaddr_un address = handover::address_of(path);
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) return {}; // a socket that a crash has left
        handover::fail(path, std::strerror(errno));
    }
    pid_t pid = 0;
    if (!handover::is_trusted(connection.get(), pid)) handover::fail(path, "belongs to another user");
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &answer_max, sizeof answer_max);
    return connection;
}

} // namespace

std::shared_ptr<Takeover> Takeover::from(const std::filesystem::path& path)
{
    const std::shared_ptr<Takeover> takeover(new Takeover);
    for (int tries = 2; tries > 0;
         --tries) { // when it dies before it has given, we look whether anybody is left
        takeover->connection_ = connection_to(path);
        if (!takeover->connection_) return nullptr;
        if (takeover->receive_sockets(path)) return takeover;
    }
    handover::fail(path, "the running process gives no sockets");
}

/// returns  false when the other process has ended the connection
bool Takeover::receive_sockets(const std::filesystem::path& path)
{
    std::vector<char> text(handover::packet_bytes_max);
    alignas(cmsghdr) handover::ControlBytes control{};
    iovec piece{text.data(), text.size()};
    msghdr packet{};
    packet.msg_iov = &piece;
    packet.msg_iovlen = 1;
    packet.msg_control = control.data();
    packet.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(connection_.get(), &packet, MSG_CMSG_CLOEXEC);
    if (size == 0 || (size < 0 && errno == ECONNRESET)) return false;
    if (size < 0) handover::fail(path, "the running process gives no sockets in time");
    std::vector<Descriptor> descriptors = descriptors_in(packet);
    const auto lines = lines_of({text.data(), static_cast<std::size_t>(size)});
    if (lines.front() != handover::greeting || lines.size() != descriptors.size() + 1)
        handover::fail(path, "the running process speaks another version");
    for (std::size_t i = 0; i < descriptors.size(); ++i)
        (void)sockets_.add(std::move(descriptors[i]), lines[i + 1]);
    return true;
}

void Takeover::say_ready(const asio::any_io_executor& executor, Calls calls)
{
    calls_ = std::move(calls);
    handover::tell(connection_.get(), handover::ready); // when nobody hears it, that is what we hear
    other_.emplace(executor, connection_.release());
    other_->non_blocking(true);
    asio::co_spawn(
        executor, [self = shared_from_this()] { return self->wait_for_word(); }, asio::detached);
}

asio::awaitable<void> Takeover::wait_for_word()
{
    const auto wait = asio::posix::stream_descriptor::wait_read;
    const auto [error] = co_await other_->async_wait(wait, as_result);
    if (error || !other_->is_open()) co_return;
    const std::string word = handover::heard(other_->native_handle());
    if (word == handover::no) co_return calls_.on_refused();
    const bool is_alive = word == handover::go && handover::tell(other_->native_handle(), handover::taken);
    calls_.on_ours();
    if (is_alive && other_->is_open()) co_await other_->async_wait(wait, as_result); // for its end
    if (other_->is_open()) calls_.on_alone();
}

void Takeover::stop()
{
    boost::system::error_code ignored;
    if (other_) other_->close(ignored);
    connection_ = Descriptor();
}

} // namespace net
