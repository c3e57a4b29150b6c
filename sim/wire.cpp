#include "sim/wire.hpp"

#include "sim/request_header.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <deque>
#include <map>

namespace sim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Address parse_address(std::string_view text)
{
    const Address address = parse_listen_address(text);
    if (address.port != 0) return address;
    throw std::invalid_argument("\"" + std::string(text) + "\" is no address: port 0 is nobody's");
}

Address parse_listen_address(std::string_view text)
{
    const std::size_t colon = text.rfind(':');
    Address address;
    if (colon != std::string_view::npos && colon > 0) {
        address.host = std::string(text.substr(0, colon));
        const std::string_view digits = text.substr(colon + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
        if (error == std::errc{} && end == digits.data() + digits.size()) return address;
    }
    throw std::invalid_argument("\"" + std::string(text) + "\" is no address: 127.0.0.1:8583 is");
}

std::string text_of(const Address& address)
{
    return address.host + ":" + std::to_string(address.port);
}

namespace {

Bytes in_frame(const codec::Framing& framing, std::span<const std::uint8_t> bytes)
{
    if (!codec::can_carry(framing, bytes))
        throw WireError("a message that framing \"" + std::string(framing.rule->name) + "\" cannot carry");
    Bytes frame;
    codec::append_frame(framing, bytes, frame);
    return frame;
}

/// One connection. Handlers hold it alive; after stop() they do nothing.
struct Peer : std::enable_shared_from_this<Peer> {
    Peer(tcp::socket connected, std::string name, const WireForm& around, const Wire::Events& to)
        : socket(std::move(connected)), on(std::move(name)), form(around), events(to), reader(around.framing)
    {
    }

    void read()
    {
        const auto space = reader.space();
        socket.async_read_some(asio::buffer(space.data(), space.size()),
                               [self = shared_from_this()](error_code error, std::size_t bytes) {
                                   self->have_read(error, bytes);
                               });
    }

    void have_read(error_code error, std::size_t bytes)
    {
        if (!is_open) return;
        if (error) return closed_by_peer();
        reader.received(bytes);
        using Status = codec::FrameReader::Status;
        for (auto next = reader.next(); next.status != Status::need_more && is_open; next = reader.next()) {
            if (next.status == Status::bad_length || next.status == Status::bad_frame) break;
            if (next.status == Status::message) events.message(on, without_header(next.message));
        }
        if (is_open && events.all_read) events.all_read(on);
        if (is_open) read();
    }

    /// All of it when its header is none: then it will not decode.
    std::span<const std::uint8_t> without_header(std::span<const std::uint8_t> bytes) const
    {
        const auto header = codec::read_header(form.header, bytes);
        return header ? bytes.subspan(header->size) : bytes;
    }

    void write(Bytes bytes)
    {
        if (!is_open) return;
        outbox.push_back(std::move(bytes));
        if (outbox.size() == 1) write_next();
    }

    void write_next()
    {
        asio::async_write(socket, asio::buffer(outbox.front()),
                          [self = shared_from_this()](error_code error, std::size_t) {
                              if (!self->is_open) return;
                              // A failed write is followed by a failed read, which reports it.
                              if (error) return;
                              self->outbox.pop_front();
                              if (!self->outbox.empty()) self->write_next();
                          });
    }

    void closed_by_peer()
    {
        stop();
        events.closed(on);
    }

    void stop()
    {
        is_open = false;
        error_code ignored;
        socket.close(ignored);
    }

    tcp::socket socket;
    std::string on;
    const WireForm& form;
    const Wire::Events& events;
    codec::FrameReader reader;
    std::deque<Bytes> outbox;
    bool is_open = false;
};

} // namespace

Bytes framed(const WireForm& form, std::span<const std::uint8_t> message)
{
    const auto header = request_header(form.header, message.size());
    if (!header) throw WireError("a message that is too long for its header");
    Bytes bytes(header->view().begin(), header->view().end());
    bytes.insert(bytes.end(), message.begin(), message.end());
    return in_frame(form.framing, bytes);
}

struct Wire::Impl {
    Impl(const WireForm& around, Events to)
        : form(around), events(std::move(to)), work(asio::make_work_guard(context))
    {
    }

    void accept(const std::string& on)
    {
        acceptors.at(on).async_accept([this, on](error_code error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (!error) adopt(on, std::move(socket));
            accept(on);
        });
    }

    void adopt(const std::string& on, tcp::socket socket)
    {
        if (const auto before = peers.find(on); before != peers.end() && before->second->is_open)
            before->second->closed_by_peer();
        start(on, std::move(socket));
        if (events.accepted) events.accepted(on);
    }

    void start(const std::string& on, tcp::socket socket)
    {
        auto peer = std::make_shared<Peer>(std::move(socket), on, form, events);
        error_code ignored;
        peer->socket.set_option(tcp::no_delay(true), ignored);
        peer->is_open = true;
        peer->read();
        peers[on] = std::move(peer);
    }

    WireForm form;
    Events events;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::map<std::string, std::shared_ptr<Peer>> peers;
    std::map<std::string, tcp::acceptor> acceptors;
};

Wire::Wire(WireForm form, Events events) : impl_(std::make_unique<Impl>(form, std::move(events))) {}

Wire::~Wire()
{
    for (auto& [on, peer] : impl_->peers) peer->stop();
}

void Wire::connect(const std::string& on, const Address& address)
{
    tcp::socket socket(impl_->context);
    error_code error;
    const auto host = asio::ip::make_address(address.host, error);
    if (!error) socket.connect(tcp::endpoint(host, address.port), error);
    if (error) throw WireError("cannot connect to " + text_of(address) + ": " + error.message());
    impl_->start(on, std::move(socket));
}

Address Wire::listen(const std::string& on, const Address& address)
{
    try {
        const tcp::endpoint endpoint(asio::ip::make_address(address.host), address.port);
        tcp::acceptor acceptor(impl_->context, endpoint);
        const Address where{address.host, acceptor.local_endpoint().port()};
        impl_->acceptors.erase(on);
        impl_->acceptors.emplace(on, std::move(acceptor));
        impl_->accept(on);
        return where;
    } catch (const boost::system::system_error& error) {
        throw WireError("cannot listen on " + text_of(address) + ": " + error.what());
    }
}

bool Wire::is_open(const std::string& on) const
{
    const auto found = impl_->peers.find(on);
    return found != impl_->peers.end() && found->second->is_open;
}

void Wire::close(const std::string& on)
{
    const auto found = impl_->peers.find(on);
    if (found != impl_->peers.end()) found->second->stop();
}

void Wire::send(const std::string& on, std::span<const std::uint8_t> message)
{
    send_bytes(on, framed(impl_->form, message));
}

void Wire::send_frame(const std::string& on, std::span<const std::uint8_t> bytes)
{
    send_bytes(on, in_frame(impl_->form.framing, bytes));
}

void Wire::send_bytes(const std::string& on, std::span<const std::uint8_t> bytes)
{
    const auto found = impl_->peers.find(on);
    if (found != impl_->peers.end()) found->second->write(Bytes(bytes.begin(), bytes.end()));
}

void Wire::after(Clock::duration delay, std::function<void()> then)
{
    auto timer = std::make_shared<asio::steady_timer>(impl_->context, delay);
    timer->async_wait([timer, then = std::move(then)](error_code error) {
        if (!error) then();
    });
}

bool Wire::run_until(const std::function<bool()>& done, Clock::time_point deadline)
{
    while (!done()) {
        if (Clock::now() >= deadline) return false;
        impl_->context.run_one_until(deadline);
    }
    return true;
}

} // namespace sim
