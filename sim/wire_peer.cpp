#include "sim/wire_peer.hpp"

#include <boost/asio/write.hpp>

#include <algorithm>

namespace sim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t ciphertext_bytes = 16 * 1024;

/// All of it when its header is none: then it will not decode.
std::span<const std::uint8_t> without_header(const WireForm& form, std::span<const std::uint8_t> bytes)
{
    const auto header = codec::read_header(form.header, bytes);
    return header ? bytes.subspan(header->size) : bytes;
}

} // namespace

WirePeer::WirePeer(tcp::socket socket, std::string on, const WireForm& form, const Reach& reach, Owner& owner)
    : socket_(std::move(socket)), limit_(socket_.get_executor()), on_(std::move(on)), form_(form),
      reach_(reach), owner_(owner), reader_(form.framing)
{
}

void WirePeer::dial(const tcp::endpoint& to, const std::string& host)
{
    watch_limit();
    socket_.async_connect(to, [self = shared_from_this(), host](error_code error) {
        if (!self->is_alive()) return;
        if (error) return self->end(error.message());
        self->begin(host);
    });
}

void WirePeer::take()
{
    side_ = Side::taken;
    if (reach_.tls) watch_limit();
    begin("");
}

void WirePeer::watch_limit()
{
    limit_.expires_after(reach_.limit);
    limit_.async_wait([self = shared_from_this()](error_code error) {
        if (!error) self->give_up_late();
    });
}

void WirePeer::begin(const std::string& host)
{
    stage_ = Stage::begun;
    has_connected_ = true;
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    if (reach_.tls) {
        tls_ = std::make_unique<net::TlsSession>(*reach_.tls, host);
        ciphertext_.resize(ciphertext_bytes);
        put_ciphertext();
    } else {
        agree();
    }
    if (is_alive()) read();
}

void WirePeer::agree()
{
    stage_ = Stage::agreed;
    if (side_ == Side::taken || !reach_.sign_on) return go_up();
    asked_ = reach_.sign_on->ask();
    put(framed(form_, asked_->request));
}

void WirePeer::go_up()
{
    stage_ = Stage::up;
    limit_.cancel();
    owner_.up(on_);
}

void WirePeer::give_up_late()
{
    if (is_up() || !is_alive()) return;
    end(std::string("no ") + awaited() + " within " + std::to_string(reach_.limit.count()) + " ms");
}

const char* WirePeer::awaited() const
{
    if (stage_ == Stage::dialling) return "connection";
    return stage_ == Stage::begun ? "TLS" : "answer to the sign-on";
}

void WirePeer::read()
{
    const std::span<std::uint8_t> space = tls_ ? std::span(ciphertext_) : reader_.space();
    socket_.async_read_some(
        asio::buffer(space.data(), space.size()),
        [self = shared_from_this()](error_code error, std::size_t bytes) { self->have_read(error, bytes); });
}

void WirePeer::have_read(error_code error, std::size_t bytes)
{
    if (!is_alive()) return;
    if (error) return end(end_of_stream());
    if (tls_) {
        take_ciphertext(std::span(ciphertext_).first(bytes));
    } else {
        reader_.received(bytes);
        take_messages();
    }
    if (is_up()) owner_.all_read(on_);
    if (is_alive()) read();
}

std::string WirePeer::end_of_stream() const
{
    if (stage_ == Stage::begun) return "the connection was closed before TLS was agreed on";
    return stage_ == Stage::agreed ? "the connection was closed instead of an answer to the sign-on" : "";
}

void WirePeer::take_ciphertext(std::span<const std::uint8_t> bytes)
{
    while (!bytes.empty() && is_alive()) {
        bytes = bytes.subspan(tls_->received(bytes));
        decrypt();
    }
    if (is_alive()) put_ciphertext();
}

void WirePeer::decrypt()
{
    while (is_alive()) {
        const std::size_t bytes = tls_->read(reader_.space());
        if (stage_ == Stage::begun && tls_->is_open()) agree();
        if (bytes == 0) break;
        reader_.received(bytes);
        take_messages();
    }
    tls_->ignore_input();
    if (!is_alive()) return;
    if (tls_->failure()) return end("TLS: " + tls_->failure_text());
    if (tls_->has_peer_closed()) end(end_of_stream());
}

void WirePeer::take_messages()
{
    using Status = codec::FrameReader::Status;
    for (auto next = reader_.next(); next.status != Status::need_more && is_alive(); next = reader_.next()) {
        if (next.status == Status::bad_length || next.status == Status::bad_frame)
            return end("what came is no frame: " + std::string(next.why)); // nothing behind it can be read
        if (next.status == Status::message) take_one(without_header(form_, next.message));
    }
}

/// While the sign-on is under way nothing but its answer counts.
void WirePeer::take_one(std::span<const std::uint8_t> message)
{
    if (is_up()) return owner_.message(on_, message);
    const auto code = asked_ ? reach_.sign_on->answered(*asked_, message) : std::nullopt;
    if (!code) return;
    asked_.reset();
    if (*code != "00") return end("the sign-on was refused: DE39 " + *code);
    go_up();
}

void WirePeer::write(Bytes bytes)
{
    if (is_up()) put(std::move(bytes));
}

void WirePeer::put(Bytes bytes)
{
    if (!tls_) return queue(std::move(bytes));
    for (std::span<const std::uint8_t> left(bytes); !left.empty();) {
        const auto record = left.first(std::min(left.size(), net::TlsSession::record_bytes_max));
        tls_->write(record);
        left = left.subspan(record.size());
    }
    put_ciphertext();
}

void WirePeer::put_ciphertext()
{
    const auto waiting = tls_->ciphertext();
    if (waiting.empty()) return;
    Bytes bytes(waiting.begin(), waiting.end());
    tls_->sent(bytes.size());
    queue(std::move(bytes));
}

void WirePeer::queue(Bytes bytes)
{
    outbox_.push_back(std::move(bytes));
    if (outbox_.size() == 1) write_next();
}

void WirePeer::write_next()
{
    asio::async_write(socket_, asio::buffer(outbox_.front()),
                      [self = shared_from_this()](error_code error, std::size_t) {
                          // A failed write is followed by a failed read, which reports it.
                          if (error || !self->is_alive()) return;
                          self->outbox_.pop_front();
                          if (!self->outbox_.empty()) self->write_next();
                      });
}

void WirePeer::stop()
{
    if (!is_alive()) return;
    stage_ = Stage::ended;
    limit_.cancel();
    error_code ignored;
    if (tls_ && outbox_.empty()) { // a farewell, or the alert that tells why: it is not waited for
        if (tls_->is_open()) tls_->close();
        const auto last = tls_->ciphertext();
        socket_.non_blocking(true, ignored);
        socket_.write_some(asio::buffer(last.data(), last.size()), ignored);
    }
    socket_.close(ignored);
}

void WirePeer::end(const std::string& why)
{
    stop();
    owner_.ended(on_, why);
}

} // namespace sim
