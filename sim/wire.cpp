#include "sim/wire.hpp"

#include "sim/accept_loop.hpp"
#include "sim/message_seal.hpp"
#include "sim/request_header.hpp"
#include "sim/wire_peer.hpp"

#include <boost/asio/io_context.hpp>

#include <charconv>
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

} // namespace

Bytes framed(const WireForm& form, std::span<const std::uint8_t> message)
{
    const auto header = request_header(form.header, message.size());
    if (!header) throw WireError("a message that is too long for its header");
    Bytes bytes(header->view().begin(), header->view().end());
    bytes.insert(bytes.end(), message.begin(), message.end());
    return in_frame(form.framing, bytes);
}

struct Wire::Impl final : WirePeer::Owner {
    Impl(const WireForm& around, Events to, Reach by)
        : form(around), events(std::move(to)), reach(std::move(by)), work(asio::make_work_guard(context))
    {
    }

    void adopt(const std::string& on, tcp::socket socket)
    {
        if (const auto before = peers.find(on); before != peers.end() && before->second->is_alive())
            before->second->end("");
        new_peer(on, std::move(socket))->take();
    }

    /// In the place of the one before.
    std::shared_ptr<WirePeer> new_peer(const std::string& on, tcp::socket socket)
    {
        if (const auto before = peers.find(on); before != peers.end()) before->second->stop();
        return peers[on] = std::make_shared<WirePeer>(std::move(socket), on, form, reach, *this);
    }

    void up(const std::string& on) override
    {
        if (!awaited.contains(on) && events.up) events.up(on);
    }

    void message(const std::string& on, std::span<const std::uint8_t> bytes) override
    {
        if (reach.seal && !has_good_mac(on, bytes)) return;
        has_heard = true;
        events.message(on, bytes);
    }

    /// Under a key that has proven right, a wrong MAC is a damaged message: it has never come.
    bool has_good_mac(const std::string& on, std::span<const std::uint8_t> bytes)
    {
        const MessageSeal::Verdict verdict = reach.seal->verify(bytes);
        if (verdict == MessageSeal::Verdict::good) is_key_proven = true;
        if (verdict == MessageSeal::Verdict::wrong && !is_key_proven)
            peers.at(on)->end("a message came with a wrong MAC, or without one: key and algorithm are not "
                              "those of the other side");
        return verdict != MessageSeal::Verdict::wrong;
    }

    void all_read(const std::string& on) override
    {
        if (events.all_read) events.all_read(on);
    }

    void ended(const std::string& on, const std::string& why) override
    {
        if (const auto found = awaited.find(on); found != awaited.end()) {
            if (!why.empty()) found->second = why;
            return;
        }
        if (!why.empty() && events.failed) events.failed(on, why);
        const bool was_there = peers.at(on)->has_connected();
        if (!why.empty() && !events.failed && !has_heard && was_there) throw WireError(why);
        events.closed(on);
    }

    /// Works until `on` is up, or is not.
    /// returns  why it is not
    std::string wait_for(const std::string& on)
    {
        const auto peer = peers.at(on);
        while (peer->is_alive() && !peer->is_up()) context.run_one(); // its limit ends it
        return peer->is_up() ? std::string() : awaited.at(on);
    }

    WireForm form;
    Events events;
    Reach reach;
    std::map<std::string, std::string> awaited; ///< connections that connect() waits for; why they are not up
    bool has_heard = false;
    bool is_key_proven = false;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::map<std::string, std::shared_ptr<WirePeer>> peers;
    std::map<std::string, AcceptLoop> acceptors;
};

Wire::Wire(WireForm form, Events events, Reach reach)
    : impl_(std::make_unique<Impl>(form, std::move(events), std::move(reach)))
{
}

Wire::~Wire()
{
    for (auto& [on, peer] : impl_->peers) peer->stop();
}

void Wire::dial(const std::string& on, const Address& address)
{
    error_code error;
    const auto host = asio::ip::make_address(address.host, error);
    if (error) throw WireError("cannot connect to " + text_of(address) + ": " + error.message());
    const std::string& name = impl_->reach.server_name;
    impl_->new_peer(on, tcp::socket(impl_->context))
        ->dial({host, address.port}, name.empty() ? address.host : name);
}

void Wire::connect(const std::string& on, const Address& address)
{
    const struct Awaited { // however it ends: handlers of other connections may throw
        Impl& impl;
        const std::string& on;
        ~Awaited() { impl.awaited.erase(on); }
    } awaited{*impl_, on};
    impl_->awaited[on] = "it was closed";
    dial(on, address);
    const std::string why_not = impl_->wait_for(on);
    if (!why_not.empty()) throw WireError("cannot connect to " + text_of(address) + ": " + why_not);
}

Address Wire::listen(const std::string& on, const Address& address)
{
    try {
        const tcp::endpoint endpoint(asio::ip::make_address(address.host), address.port);
        tcp::acceptor acceptor(impl_->context, endpoint);
        const Address where{address.host, acceptor.local_endpoint().port()};
        const auto adopt = [impl = impl_.get(), on](tcp::socket socket) {
            impl->adopt(on, std::move(socket));
        };
        impl_->acceptors.erase(on);
        impl_->acceptors.try_emplace(on, std::move(acceptor), AcceptLoop::Events{adopt});
        return where;
    } catch (const boost::system::system_error& error) {
        throw WireError("cannot listen on " + text_of(address) + ": " + error.what());
    }
}

bool Wire::is_open(const std::string& on) const
{
    const auto found = impl_->peers.find(on);
    return found != impl_->peers.end() && found->second->is_up();
}

void Wire::close(const std::string& on)
{
    const auto found = impl_->peers.find(on);
    if (found != impl_->peers.end()) found->second->stop();
}

void Wire::send(const std::string& on, std::span<const std::uint8_t> message)
{
    if (!impl_->reach.seal) return send_bytes(on, framed(impl_->form, message));
    const Bytes sealed = impl_->reach.seal->sealed(message);
    send_bytes(on, framed(impl_->form, sealed));
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
