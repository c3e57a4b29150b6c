#include "tests/bench/links_wire.hpp"

#include "tests/support/certificates.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

int connect_to(std::uint16_t port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

} // namespace

LinksWire::Context LinksWire::context_of(Transport transport)
{
    if (transport == Transport::plain) return nullptr;
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL's sockets raise it
    const net::TlsConfig config = test::parties().client_config();
    Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_use_certificate_chain_file(context.get(), config.certificate_file.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), config.private_key_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    return context;
}

LinksWire::LinksWire(std::uint16_t port, SSL_CTX* context) : fd_(connect_to(port))
{
    if (context == nullptr) return;
    tls_.reset(SSL_new(context));
    SSL_set_fd(tls_.get(), fd_);
    if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("a TLS handshake fails");
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
}

LinksWire::~LinksWire()
{
    ::close(fd_);
}

void LinksWire::write(std::span<const std::uint8_t> bytes)
{
    std::size_t written = 0;
    if (tls_)
        SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &written);
    else if (const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); sent > 0)
        written = static_cast<std::size_t>(sent);
    if (written != bytes.size()) throw std::runtime_error("a request cannot be sent");
}

std::size_t LinksWire::read(std::span<std::uint8_t> space)
{
    if (!tls_) {
        const auto got = ::recv(fd_, space.data(), space.size(), MSG_DONTWAIT);
        if (got <= 0) throw std::runtime_error("a connection has ended");
        return static_cast<std::size_t>(got);
    }
    std::size_t size = 0;
    std::size_t got = 0;
    int result = 1;
    while (size < space.size() && result == 1) {
        result = SSL_read_ex(tls_.get(), space.data() + size, space.size() - size, &got);
        if (result == 1) size += got;
    }
    if (result != 1 && SSL_get_error(tls_.get(), result) != SSL_ERROR_WANT_READ)
        throw std::runtime_error("a connection has ended");
    return size;
}

} // namespace bench
