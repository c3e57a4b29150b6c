// The part of Connection that stands between the socket and the link of a TLS connection.
#include "net/connection.hpp"

#include "codec/wiped_bytes.hpp"
#include "net/read_piece.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace net {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t ciphertext_bytes = ReadPiece::usual_bytes;

} // namespace

std::span<std::uint8_t> TlsWorkspace::ciphertext()
{
    bytes_.resize(ciphertext_bytes + TlsSession::record_bytes_max);
    return std::span(bytes_).first(ciphertext_bytes);
}

std::span<std::uint8_t> TlsWorkspace::plaintext()
{
    bytes_.resize(ciphertext_bytes + TlsSession::record_bytes_max);
    return std::span(bytes_).subspan(ciphertext_bytes);
}

void Connection::start_handshake()
{
    tls_deadline_ = std::chrono::steady_clock::now() + context_->tls->config().handshake_timeout;
    arm(tls_deadline_);
    if (has_output()) wake_writer(); // who dials begins
}

/// Waits without a buffer, so that an idle connection holds none.
asio::awaitable<void> Connection::read_tls_loop()
{
    ReadPiece piece;
    bool has_begun = false; ///< to shake hands
    while (!is_closed_) {
        const auto [waited] = co_await socket_.async_wait(asio::socket_base::wait_read, as_result);
        if (is_closed_) co_return;
        const Now moment = moment_of_arrival();
        if (waited || !has_credit()) co_await context_->turns->next();
        if (is_closed_) co_return;
        boost::system::error_code error = waited;
        const auto buffer = piece.of(context_->workspace->ciphertext());
        const std::size_t bytes =
            error ? 0 : socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
        if (error == asio::error::would_block || error == asio::error::try_again) continue;
        if (passes_over(error)) continue;
        context_->counters->bytes_received.add(bytes);
        piece.note(bytes, buffer);
        if (error && (error != asio::error::eof || has_flushed_ || !is_open_)) co_return abandon("peer_gone");
        if (error) co_return end_tls_input();
        if (is_open_) {
            const IoTurns::Spell spell(account_);
            take_ciphertext(buffer.first(bytes), moment);
        } else if (!std::exchange(has_begun, true) && says_only_hello(buffer.first(bytes))) {
            co_return abandon("peer_gone");
        } else {
            std::vector<std::uint8_t> own(buffer.begin(),
                                          buffer.begin() + static_cast<std::ptrdiff_t>(bytes));
            co_await shake_hands(std::move(own), moment);
        }
        if (has_peer_ended_) co_return;
    }
}

/// Whoever sends no more behind its hello cannot end a handshake: nothing is calculated for it. Whatever else
/// comes first, an alert for example, may be all that it has to say.
bool Connection::says_only_hello(std::span<const std::uint8_t> first_bytes)
{
    if (ClientHelloFinder().look_at(first_bytes) != ClientHelloFinder::Verdict::is_hello) return false;
    std::uint8_t next = 0;
    boost::system::error_code error;
    (void)socket_.receive(asio::buffer(&next, 1), asio::socket_base::message_peek, error);
    return error == asio::error::eof;
}

/// The arithmetic is done elsewhere, and the session is there as long as it takes; what may happen to this
/// connection meanwhile is a deadline, or its end. What stands behind the handshake's end is read here.
asio::awaitable<void> Connection::shake_hands(std::vector<std::uint8_t> bytes, Now moment)
{
    std::span<const std::uint8_t> rest(bytes);
    while (!rest.empty() && !is_open_ && !is_closing_) {
        const MonoTime began = record_began_.value_or(moment.mono);
        rest = rest.subspan(tls_->received(rest));
        auto session = std::move(tls_);
        co_await context_->handshaker->go_on(*session, socket_.get_executor());
        if (is_closed_) co_return;
        tls_ = std::move(session);
        take_plaintext({began, moment.wall});
        note_record(began);
    }
    take_ciphertext(rest, moment);
}

/// Whatever is in a record counts from the record's first byte: until its last one has come nothing tells
/// what is in it.
void Connection::take_ciphertext(std::span<const std::uint8_t> bytes, Now moment)
{
    while (!bytes.empty() && !is_closing_ && !has_peer_ended_) {
        const MonoTime began = record_began_.value_or(moment.mono);
        bytes = bytes.subspan(tls_->received(bytes));
        take_plaintext({began, moment.wall});
        note_record(began);
    }
    if (has_output()) wake_writer();
}

void Connection::take_plaintext(Now moment)
{
    while (!is_closing_) {
        const auto space = link_.space();
        const std::size_t bytes = tls_->read(space);
        if (!is_open_ && tls_->is_open()) end_handshake();
        if (bytes == 0) break;
        link_.received(bytes, moment);
        obey();
    }
    tls_->ignore_input();
    if (is_closing_) return;
    if (tls_->failure()) return fail_tls(*tls_->failure(), tls_->failure_text());
    if (tls_->has_peer_closed()) end_tls_input();
}

void Connection::note_record(MonoTime began)
{
    if (!tls_->is_mid_record()) {
        record_began_.reset();
        if (is_open_) tls_deadline_ = MonoTime::max();
    } else if (!record_began_) {
        record_began_ = began;
        if (is_open_) tls_deadline_ = began + context_->link->frame_timeout;
        arm(tls_deadline_);
    }
}

void Connection::end_handshake()
{
    tls_deadline_ = MonoTime::max();
    context_->log->info("tls_opened", {{"link", context_->link->name},
                                       {"peer", peer_},
                                       {"version", tls_->version()},
                                       {"cipher", tls_->cipher()},
                                       {"name", tls_->peer_name()}});
    open();
}

/// What was asked is still answered: a frame says its own length, so a stream that somebody else has cut
/// short is no other message.
void Connection::end_tls_input()
{
    if (!tls_->has_peer_closed())
        context_->log->info("tls_truncated", {{"link", context_->link->name}, {"peer", peer_}});
    has_peer_ended_ = true;
    tls_deadline_ = MonoTime::max();
    link_.peer_ended();
    obey();
}

/// The peer still gets the alert that says why, where there is one.
void Connection::fail_tls(TlsFailure failure, std::string_view why)
{
    log_end(name_of(failure), why);
    is_open_ = false;
    is_closing_ = true;
    outbox_.clear();
    if (!has_output() || failure == TlsFailure::handshake_timeout) return abandon(name_of(failure));
    tls_deadline_ = MonoTime::max();
    stall_deadline_ = std::chrono::steady_clock::now() + context_->stall_max;
    arm(stall_deadline_);
    wake_writer();
}

/// Puts what waits into one record, whole frames as far as they go.
void Connection::seal()
{
    const auto room = context_->workspace->plaintext();
    std::size_t size = 0;
    for (const auto piece : outbox_.pieces()) {
        if (size > 0 && piece.size() > room.size() - size) break;
        const auto part = piece.first(std::min(piece.size(), room.size() - size));
        std::copy(part.begin(), part.end(), room.begin() + static_cast<std::ptrdiff_t>(size));
        size += part.size();
    }
    tls_->write(room.first(size));
    codec::overwrite(room.data(), size);
    outbox_.sealed(size);
}

void Connection::on_tls_deadline()
{
    if (is_open_) return abandon(name_of(CloseReason::frame_timeout));
    fail_tls(TlsFailure::handshake_timeout, "the handshake was not done in time");
}

} // namespace net
