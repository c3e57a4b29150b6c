#include "net/connection.hpp"

#include "authz/test_build.hpp"
#include "net/gradual_drop.hpp"
#include "net/read_piece.hpp"
#include "net/tcp_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace net {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

Now now()
{
    return {std::chrono::steady_clock::now(),
            std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now())};
}

} // namespace

Connection::Connection(asio::ip::tcp::socket socket, std::shared_ptr<const ConnectionContext> context,
                       Admission::Place place, std::string_view dialled_host)
    : socket_(std::move(socket)), context_(std::move(context)), place_(std::move(place)),
      peer_(peer_of(socket_)),
      tls_(context_->tls ? std::make_unique<TlsSession>(*context_->tls, dialled_host) : nullptr),
      link_(context_->link, now()), outbox_(context_->outbox, context_->counters, link_.tap()),
      account_(std::chrono::steady_clock::now()), deadline_timer_(socket_.get_executor())
{
    set_options(socket_);
}

void Connection::start()
{
    context_->log->info("connection_opened", {{"link", context_->link->name}, {"peer", peer_}});
    context_->counters->connections_opened.add();
    TOLLGATE_CRASH_POINT("connection_started");
    const auto self = shared_from_this();
    const auto on_end = [self](const std::exception_ptr& failure) {
        if (failure) self->abandon("internal_error");
    };
    asio::co_spawn(
        socket_.get_executor(), [self] { return self->tls_ ? self->read_tls_loop() : self->read_loop(); },
        on_end);
    if (tls_)
        start_handshake();
    else
        open();
}

void Connection::open()
{
    is_open_ = true;
    place_.end_handshake();
    link_.opened(now());
    if (farewell_) link_.drain(now(), *farewell_);
    obey();
}

void Connection::abandon(std::string_view reason)
{
    if (is_closed_) return;
    if (!is_closing_) log_end(reason);
    TOLLGATE_CRASH_POINT("connection_abandoned");
    is_closing_ = is_closed_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
    place_.leave();
    deadline_timer_.cancel();
    drop_gradually(socket_.get_executor(), outbox_.release());
    link_.forget_all();
    context_->on_closed(shared_from_this());
}

void Connection::log_end(std::string_view reason, std::string_view why)
{
    context_->counters->closed(reason);
    if (link_.state() == LinkState::up) log_down(reason);
    if (!is_open_) context_->counters->handshakes_failed.add();
    const std::string& link = context_->link->name;
    if (why.empty())
        context_->log->info("connection_closed", {{"link", link}, {"peer", peer_}, {"reason", reason}});
    else
        context_->log->info("connection_closed",
                            {{"link", link}, {"peer", peer_}, {"reason", reason}, {"why", why}});
}

// --- in

asio::awaitable<void> Connection::read_loop()
{
    ReadPiece piece;
    while (!is_closed_) {
        const auto space = piece.of(link_.space());
        const asio::mutable_buffer buffer(space.data(), space.size());
        const auto [error, bytes] = co_await socket_.async_read_some(buffer, as_result);
        if (is_closed_) co_return;
        const Now arrival = moment_of_arrival();
        if (error || !has_credit()) {
            has_unseen_input_ = true;
            co_await context_->turns->next();
            has_unseen_input_ = false;
            if (is_closed_) co_return;
        }
        const IoTurns::Spell spell(account_);
        if (passes_over(error)) continue;
        context_->counters->bytes_received.add(bytes);
        piece.note(bytes, space);
        has_peer_ended_ = error == asio::error::eof;
        if (error && (!has_peer_ended_ || has_flushed_)) co_return abandon("peer_gone");
        if (hello_finder_.look_at(space.first(bytes)) == ClientHelloFinder::Verdict::is_hello)
            co_return abandon("tls_not_expected");
        if (has_peer_ended_)
            link_.peer_ended();
        else
            link_.received(bytes, arrival);
        obey();
        if (has_peer_ended_) co_return;
    }
}

/// Whoever is not let in yet has none.
bool Connection::has_credit()
{
    return is_open_ && account_.has_credit(std::chrono::steady_clock::now());
}

Now Connection::moment_of_arrival() const
{
    Now moment = now();
    moment.mono = context_->pulse->earliest_arrival(moment.mono);
    return moment;
}

// --- what the link says

void Connection::obey()
{
    if (!is_open_) return arm(MonoTime::max());
    bool has_looked = !farewell_;
    for (;;) {
        obey_actions();
        if (is_closed_) return submit_arrivals(); // an order is carried out, whoever has gone
        if (!arrivals_.empty()) {
            submit_arrivals(); // what was not taken is answered
        } else if (!std::exchange(has_looked, true)) {
            link_.end_if_at_rest(now(), unread());
        } else {
            break;
        }
    }
    const Link::Action wait = link_.next();
    arm(std::get<Link::Wait>(wait).deadline);
    if (has_output() || is_closing_) wake_writer();
    count_bytes();
}

void Connection::obey_actions()
{
    while (!is_closed_ && link_.has_actions()) {
        Link::Action action = link_.next();
        std::visit([this](auto& what) { act(what); }, action);
    }
}

void Connection::act(Link::Reply& reply)
{
    if (!outbox_.push({std::move(reply.frame), reply.cutoff, handover_, 0, reply.tag}))
        abandon("peer_does_not_read");
}

/// Of all buffers; one that would have to give back can only be closed.
void Connection::count_bytes()
{
    const std::size_t sealed = tls_ ? tls_->ciphertext().size() : 0;
    if (!place_.hold_bytes(link_.buffer_bytes() + outbox_.bytes() + sealed)) abandon("buffers_full");
}

void Connection::act(Link::Authorize& authorize)
{
    Ticket& ticket = *authorize.ticket;
    ticket.owner = weak_from_this();
    ticket.sink = context_->inbox;
    ticket.mark = context_->deliveries->mark();
    if (ticket.is_order())
        place_.begin_order();
    else if (!place_.begin_request())
        return link_.not_taken(ticket.slot);
    arrivals_.push_back(std::move(authorize.ticket));
}

/// All that one read has brought.
void Connection::submit_arrivals()
{
    const auto tickets = std::exchange(arrivals_, {});
    const auto queue = context_->queue.lock();
    if (!queue) return;
    const auto submission = queue->submit(std::span(tickets));
    if (submission.must_wake)
        asio::post(socket_.get_executor(), [context = context_] { // behind the reads of other connections
            if (const auto alive = context->queue.lock()) alive->wake();
            context->turns->let_others_run();
        });
    for (std::size_t i = 0; i < tickets.size(); ++i) {
        if (submission.each[i] == LedgerQueue::Submitted::taken) continue;
        place_.end_requests();
        link_.not_taken(tickets[i]->slot);
    }
}

void Connection::act(const Link::Expire& expire)
{
    if (const auto queue = context_->queue.lock()) queue->expire(*expire.ticket);
}

void Connection::act(const Link::GiveUp& give_up)
{
    const auto queue = context_->queue.lock();
    const std::uint64_t slot = give_up.ticket->slot;
    if (!queue || !link_.is_waiting_for(slot)) return;
    if (!queue->give_up(*give_up.ticket)) return; // its end is on the way
    place_.end_requests();
    link_.gave_up(slot);
}

void Connection::act(const Link::Close& close)
{
    is_closing_ = true;
    log_end(name_of(close.reason));
    if (close.reason == CloseReason::garbage || close.reason == CloseReason::frame_timeout)
        context_->log->warning("bad_peer", {{"link", context_->link->name}, {"peer", peer_}});
    stall_deadline_ = std::chrono::steady_clock::now() + context_->stall_max;
    arm(stall_deadline_);
}

void Connection::act(Link::Keep& keep)
{
    const auto writer = context_->key_writer.lock();
    if (!writer) return link_.kept(keep, Kept::no);
    writer->write(keep.keys, [weak = weak_from_this(), keep](Kept how) {
        const auto self = weak.lock();
        if (!self) return;
        self->link_.kept(keep, how);
        if (!self->is_closed_) self->obey();
    });
}

void Connection::act(const Link::Note& note)
{
    context_->log->info(note.event,
                        {{"link", context_->link->name}, {"peer", peer_}, {"detail", note.detail}});
}

void Connection::act(const Link::Changed& change)
{
    if (change.now == LinkState::up) {
        context_->counters->sessions_up.add();
        context_->log->info("link_up", {{"link", context_->link->name}, {"peer", peer_}});
    } else if (change.before == LinkState::up) {
        log_down(change.reason);
    } else {
        const auto state = name_of(change.now);
        context_->log->debug("link_state",
                             {{"link", context_->link->name}, {"peer", peer_}, {"state", state}});
    }
}

void Connection::log_down(std::string_view reason)
{
    context_->counters->sessions_down.add();
    context_->log->info("link_down", {{"link", context_->link->name}, {"peer", peer_}, {"reason", reason}});
}

void Connection::ended(std::span<const TicketPtr> tickets)
{
    const IoTurns::Spell spell(account_);
    const auto moment = std::chrono::steady_clock::now();
    for (const TicketPtr& ticket : tickets) {
        handover_ = std::make_shared<Handover>(context_->queue, ticket);
        TOLLGATE_CRASH_POINT("connection_outcome_taken");
        if (!is_closing_ && link_.is_waiting_for(ticket->slot)) {
            place_.end_requests();
            if (ticket->ending == Ending::decided)
                link_.decided(ticket->slot, ticket->outcome.answer, moment);
            else
                link_.failed(ticket->slot);
            if (is_open_) obey_actions();
        }
        handover_.reset();
    }
    if (!is_closed_) obey();
}

// --- one timer for all deadlines

/// An earlier deadline than the armed one moves the timer; a later one is found when it fires.
void Connection::arm(MonoTime deadline)
{
    deadline = std::min({deadline, stall_deadline_, tls_deadline_});
    if (is_closed_ || deadline >= armed_) return;
    armed_ = deadline;
    deadline_timer_.expires_at(deadline);
    deadline_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self) self->on_timer();
    });
}

void Connection::on_timer()
{
    armed_ = MonoTime::max();
    const auto moment = std::chrono::steady_clock::now();
    if (stall_deadline_ <= moment) return abandon("peer_does_not_read");
    if (tls_deadline_ <= moment) return on_tls_deadline();
    link_.tick(now());
    obey();
}

} // namespace net
