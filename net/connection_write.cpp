// The part of Connection that writes.
#include "net/connection.hpp"

#include "authz/test_build.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

namespace net {

namespace asio = boost::asio;

/// Everything that is handled before the writer has its turn leaves together.
void Connection::wake_writer()
{
    if (is_closed_ || std::exchange(is_writing_, true)) return;
    auto turn = [self = shared_from_this()] { self->write(); };
    if (has_credit())
        asio::post(socket_.get_executor(), std::move(turn));
    else
        context_->turns->add(std::move(turn));
}

void Connection::write()
{
    const IoTurns::Spell spell(account_);
    try {
        write_all();
    } catch (...) {
        abandon("internal_error");
    }
}

/// Until nothing is left, or the kernel takes no more. The cut-offs are looked at again after every wait.
void Connection::write_all()
{
    while (!is_closed_) {
        const auto moment = std::chrono::steady_clock::now();
        if (const auto late = outbox_.drop_late(moment); late > 0)
            context_->log->warning("approval_too_late", {{"link", context_->link->name},
                                                         {"count", static_cast<std::int64_t>(late)}});
        if (outbox_.is_record_late(moment)) return abandon("peer_does_not_read");
        if (has_output()) {
            const Written written = write_some();
            if (written == Written::failed) return abandon("peer_gone");
            if (written == Written::nothing_yet) return;
        } else if (!is_closing_) {
            is_writing_ = false;
            return;
        } else if (tls_ && tls_->is_open() && !tls_->has_closed()) {
            tls_->close();
        } else {
            return end_output();
        }
    }
}

/// Hands over what the kernel takes without waiting; if that is nothing, write() comes back when it takes
/// more.
Connection::Written Connection::write_some()
{
    auto buffers = next_buffers();
    if (tls_ && tls_->failure() && !is_closing_) return Written::failed;
    TOLLGATE_BEFORE_CRASH("connection_first_byte_written",
                          buffers.assign(1, asio::buffer(buffers.front(), 1)));
    TOLLGATE_CRASH_POINT("connection_before_write");
    boost::system::error_code error;
    const std::size_t bytes = socket_.write_some(buffers, error);
    took(bytes);
    count_bytes();
    if (bytes > 0) TOLLGATE_CRASH_POINT("connection_first_byte_written");
    if (bytes > 0 && outbox_.empty()) TOLLGATE_CRASH_POINT("connection_answers_written");
    if (error == asio::error::would_block || error == asio::error::try_again) {
        if (stall_deadline_ == MonoTime::max())
            stall_deadline_ = std::chrono::steady_clock::now() + context_->stall_max;
        arm(stall_deadline_);
        socket_.async_wait(asio::socket_base::wait_write,
                           [self = shared_from_this()](const boost::system::error_code& failed) {
                               if (failed) return self->abandon("peer_gone");
                               self->context_->turns->add([self] { self->write(); });
                           });
        return Written::nothing_yet;
    }
    stall_deadline_ = MonoTime::max();
    return error ? Written::failed : Written::some;
}

bool Connection::has_output() const
{
    if (!tls_) return !outbox_.empty();
    return !tls_->ciphertext().empty() || (tls_->is_open() && !outbox_.empty());
}

/// A record is made when none waits, so that what is in it can leave at once.
std::vector<asio::const_buffer> Connection::next_buffers()
{
    std::vector<asio::const_buffer> buffers;
    if (tls_) {
        if (tls_->ciphertext().empty()) seal();
        buffers.emplace_back(tls_->ciphertext().data(), tls_->ciphertext().size());
    } else {
        for (const auto piece : outbox_.pieces()) buffers.emplace_back(piece.data(), piece.size());
    }
    return buffers;
}

/// The kernel has taken so many bytes of these.
void Connection::took(std::size_t bytes)
{
    if (!tls_) return outbox_.sent(bytes);
    tls_->sent(bytes);
    if (tls_->ciphertext().empty()) outbox_.record_left();
}

} // namespace net
