#include "sim/load_answerer.hpp"

#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/frame_header.hpp"
#include "sim/accept_loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <optional>
#include <utility>

namespace sim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct LoadAnswerer::Impl {
    struct Session;

    Impl(const NetworkModel& of, Settings given) : network(of), settings(std::move(given)), stalled(context)
    {
        const tcp::endpoint where(asio::ip::address_v4::loopback(), settings.port);
        tcp::acceptor acceptor(context);
        error_code error;
        acceptor.open(where.protocol(), error);
        if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor.bind(where, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error) throw WireError("cannot listen: " + error.message());
        approved = network.code_of("approved");
        refused = network.code_of("insufficient_funds");
        loop.emplace(std::move(acceptor),
                     AcceptLoop::Events{[this](tcp::socket socket) { take(std::move(socket)); }});
    }

    void take(tcp::socket socket);
    /// Nothing when this one gets no answer.
    void answer(std::span<const std::uint8_t> request, Bytes& out);
    [[nodiscard]] bool is_stalling() const { return stalled.expiry() > Clock::now(); }

    const NetworkModel& network;
    Settings settings;
    std::string approved;
    std::string refused;
    asio::io_context context{1};
    std::optional<AcceptLoop> loop;
    asio::steady_timer stalled;
    std::uint64_t requests = 0;
    std::size_t sessions = 0;
    codec::Message request;
    codec::Message reply;
};

/// One connection. Its handlers hold it alive. It reads on when its answers have been written.
struct LoadAnswerer::Impl::Session : std::enable_shared_from_this<Session> {
    Session(Impl& owner, tcp::socket accepted, std::size_t count)
        : host(owner), socket(std::move(accepted)), number(count), reader(owner.network.wire_form().framing)
    {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
    }

    void read()
    {
        const auto space = reader.space();
        socket.async_read_some(asio::buffer(space.data(), space.size()),
                               [self = shared_from_this()](error_code error, std::size_t bytes) {
                                   if (error) return;
                                   self->reader.received(bytes);
                                   self->go_on();
                               });
    }

    void go_on()
    {
        using Status = codec::FrameReader::Status;
        while (!host.is_stalling()) {
            const auto next = reader.next();
            if (next.status == Status::need_more) return write();
            if (next.status != Status::message) return socket.close();
            take(next.message);
        }
        host.stalled.async_wait([self = shared_from_this()](error_code error) {
            if (!error) self->go_on();
        });
    }

    void take(std::span<const std::uint8_t> bytes)
    {
        const auto header = codec::read_header(host.network.wire_form().header, bytes);
        if (!header) return;
        const auto asked = bytes.subspan(header->size);
        if (host.settings.seen) host.settings.seen(number, asked);
        if (++host.requests == host.settings.stall_at) host.stalled.expires_after(host.settings.stall);
        host.answer(asked, leaving);
    }

    void write()
    {
        if (leaving.empty()) return read();
        asio::async_write(socket, asio::buffer(leaving),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              self->leaving.clear();
                              if (!error) self->read();
                          });
    }

    Impl& host;
    tcp::socket socket;
    std::size_t number;
    codec::FrameReader reader;
    Bytes leaving;
};

void LoadAnswerer::Impl::take(tcp::socket socket)
{
    std::make_shared<Session>(*this, std::move(socket), sessions++)->read();
}

void LoadAnswerer::Impl::answer(std::span<const std::uint8_t> bytes, Bytes& out)
{
    const auto is_turn = [&](std::uint64_t every) { return every > 0 && requests % every == 0; };
    if (is_turn(settings.silent_every)) return;
    if (!codec::decode(network.dialect(), bytes, request) || request.mti().is_answer()) return;
    reply.clear();
    reply.set_mti(codec::answer_to(request.mti()));
    for (const int de : {2, 3, 4, 7, 11, 32, 37, 41, 49, 70, 90}) reply.echo(de, request);
    reply.set(39, is_turn(settings.refuse_every) ? refused : approved);
    Bytes message;
    if (!codec::encode(network.dialect(), reply, message)) return;
    const Bytes frame = framed(network.wire_form(), message);
    out.insert(out.end(), frame.begin(), frame.end());
}

LoadAnswerer::LoadAnswerer(const NetworkModel& network, Settings settings)
    : impl_(std::make_unique<Impl>(network, std::move(settings)))
{
}

LoadAnswerer::~LoadAnswerer() = default;

Address LoadAnswerer::address() const
{
    return {"127.0.0.1", impl_->loop->acceptor().local_endpoint().port()};
}

void LoadAnswerer::run()
{
    impl_->context.run();
}

void LoadAnswerer::stop()
{
    impl_->context.stop();
}

} // namespace sim
