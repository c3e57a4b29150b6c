#include "sim/proxy_session.hpp"

#include <boost/asio/write.hpp>

namespace sim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Lane = ProxyLane;
using Piece = ProxyPiece;

namespace {

/// How long a swapped frame waits for one that may overtake it.
constexpr std::chrono::milliseconds swap_limit{100};

} // namespace

ProxySession::ProxySession(ProxyDesk& desk, tcp::socket client)
    : desk_(desk), number_(desk.connections++), client_(std::move(client)), server_(desk.context),
      requests_(Direction::request, client_, server_, desk.settings.framing),
      answers_(Direction::answer, server_, client_, desk.settings.framing)
{
}

template <class Function> void ProxySession::after(std::chrono::milliseconds delay, Function then)
{
    auto timer = std::make_shared<asio::steady_timer>(desk_.context, delay);
    timers_.insert(timer);
    timer->async_wait([self = shared_from_this(), timer, then = std::move(then)](error_code error) {
        self->timers_.erase(timer);
        if (!error && !self->is_cut_) then();
    });
}

void ProxySession::start(const tcp::endpoint& server, std::function<void(error_code)> connected)
{
    connected_ = std::move(connected);
    server_.async_connect(server,
                          [self = shared_from_this()](error_code error) { self->have_connected(error); });
    after(desk_.settings.connect_limit, [this] {
        if (connected_) have_connected(asio::error::timed_out);
    });
}

void ProxySession::have_connected(error_code error)
{
    if (is_cut_) return;
    std::exchange(connected_, nullptr)(error);
    if (error) return cut();
    error_code ignored;
    client_.set_option(tcp::no_delay(true), ignored);
    server_.set_option(tcp::no_delay(true), ignored);
    read(requests_);
    read(answers_);
}

void ProxySession::cut()
{
    if (std::exchange(is_cut_, true)) return;
    error_code ignored;
    for (tcp::socket* socket : {&client_, &server_}) {
        socket->set_option(asio::socket_base::linger(true, 0), ignored);
        socket->close(ignored);
    }
    forget_timers();
}

/// Both sides have said all that they had to say.
void ProxySession::close()
{
    is_cut_ = true;
    error_code ignored;
    client_.close(ignored);
    server_.close(ignored);
    forget_timers();
}

/// Each of them holds the session, and what it holds, alive.
void ProxySession::forget_timers()
{
    for (const auto& timer : timers_) timer->cancel();
}

void ProxySession::read_on(Lane& lane)
{
    if (lane.held <= desk_.settings.held_bytes_max) return read(lane);
    lane.is_full = true;
    ++desk_.sender_waits;
}

void ProxySession::read(Lane& lane)
{
    const auto space = lane.reader.space();
    lane.from.async_read_some(asio::buffer(space.data(), space.size()),
                              [self = shared_from_this(), &lane, space](error_code error, std::size_t bytes) {
                                  self->have_read(lane, error, space.first(bytes));
                              });
}

void ProxySession::have_read(Lane& lane, error_code error, std::span<const std::uint8_t> bytes)
{
    if (is_cut_) return;
    if (error == asio::error::eof && desk_.settings.at_end == Proxy::AtEnd::pass_on) return pass_end_on(lane);
    if (error) return source_ended(lane);
    lane.reader.received(bytes.size());
    if (lane.hello_finder.look_at(bytes) == net::ClientHelloFinder::Verdict::is_hello)
        return break_off(lane, BrokenStream::is_tls);
    using Status = codec::FrameReader::Status;
    for (auto next = lane.reader.next(); next.status != Status::need_more; next = lane.reader.next()) {
        if (next.status == Status::bad_length || next.status == Status::bad_frame)
            return break_off(lane, next.why);
        if (next.status == Status::message)
            take(lane, Bytes(next.message.begin(), next.message.end()));
        else
            push(lane, {Bytes(next.frame.begin(), next.frame.end())});
        if (is_cut_) return;
    }
    if (lane.pause.count() == 0) return read_on(lane);
    after(std::exchange(lane.pause, std::chrono::milliseconds{0}), [this, &lane] { read_on(lane); });
}

/// What was read before is still delivered.
void ProxySession::source_ended(Lane& lane)
{
    forward_swapped(lane);
    if (lane.outbox.empty()) return cut();
    lane.outbox.back().then = Piece::Then::cut;
}

/// Behind all that has come, also what a rule holds back.
void ProxySession::pass_end_on(Lane& lane)
{
    lane.has_ended = true;
    forward_swapped(lane);
    end_if_done(lane);
}

void ProxySession::end_if_done(Lane& lane)
{
    if (!lane.is_done()) return;
    shut(lane);
    if (requests_.is_done() && answers_.is_done()) close();
}

void ProxySession::shut(Lane& lane)
{
    error_code ignored;
    lane.to.shutdown(tcp::socket::shutdown_send, ignored);
}

void ProxySession::break_off(const Lane& lane, std::string_view why)
{
    if (desk_.settings.broken)
        desk_.settings.broken({lane.direction, number_, lane.reader.unread().size(), why});
    cut();
}

void ProxySession::take(Lane& lane, Bytes message)
{
    const Treatment treatment = desk_.treatment_of(lane.direction, number_, message);
    const bool is_lost = treatment.kind == Treatment::Kind::drop || lane.is_shut;
    if (lane.direction == Direction::answer || is_lost)
        record(lane, message, is_lost ? RecordedFrame::Fate::lost : RecordedFrame::Fate::whole);
    if (lane.is_shut) return;
    std::optional<Bytes> overtaken = std::exchange(lane.swapped, std::nullopt);
    treat(lane, std::move(message), treatment);
    if (!overtaken || is_cut_) return;
    const std::size_t weight = proxy_weight(overtaken->size());
    forward(lane, std::move(*overtaken));
    let_go(lane, weight);
}

void ProxySession::treat(Lane& lane, Bytes message, const Treatment& treatment)
{
    switch (treatment.kind) {
    case Treatment::Kind::drop:
        return;
    case Treatment::Kind::delay:
        return postpone(lane, std::move(message), treatment.wait);
    case Treatment::Kind::twice:
        forward(lane, message);
        return forward(lane, std::move(message));
    case Treatment::Kind::swap:
        return swap(lane, std::move(message));
    case Treatment::Kind::cut:
        return tear(lane, std::move(message), treatment.bytes);
    case Treatment::Kind::half_close:
        push(lane, {framed(message), message, RecordedFrame::Fate::whole, Piece::Then::shut});
        lane.is_shut = true;
        return;
    case Treatment::Kind::flip:
        return damage(lane, std::move(message), treatment.bytes);
    case Treatment::Kind::hold:
        return push(
            lane, {framed(message), message, RecordedFrame::Fate::whole, Piece::Then::go_on, treatment.wait});
    case Treatment::Kind::pause:
        lane.pause = treatment.wait;
        break;
    case Treatment::Kind::pass:
        break;
    }
    forward(lane, std::move(message));
}

/// Others overtake it.
void ProxySession::postpone(Lane& lane, Bytes message, std::chrono::milliseconds wait)
{
    lane.held += proxy_weight(message.size());
    after(wait, [this, &lane, late = std::move(message)] {
        forward(lane, late);
        let_go(lane, proxy_weight(late.size()));
    });
}

void ProxySession::swap(Lane& lane, Bytes message)
{
    lane.held += proxy_weight(message.size());
    lane.swapped = std::move(message);
    after(swap_limit, [this, &lane] { forward_swapped(lane); });
}

void ProxySession::forward_swapped(Lane& lane)
{
    if (!lane.swapped) return;
    const std::size_t weight = proxy_weight(lane.swapped->size());
    forward(lane, *std::exchange(lane.swapped, std::nullopt));
    let_go(lane, weight);
}

Bytes ProxySession::framed(const Bytes& message) const
{
    Bytes frame;
    codec::append_frame(desk_.settings.framing, message, frame);
    return frame;
}

void ProxySession::forward(Lane& lane, Bytes message)
{
    Bytes frame = framed(message);
    push(lane, {std::move(frame), std::move(message)});
}

/// A message that has no such byte goes on as it is.
void ProxySession::damage(Lane& lane, Bytes message, std::size_t at)
{
    if (at >= message.size()) return forward(lane, std::move(message));
    Bytes damaged = message;
    damaged.at(at) ^= 0x80U;
    push(lane, {framed(damaged), std::move(message), RecordedFrame::Fate::damaged});
}

void ProxySession::tear(Lane& lane, Bytes message, std::size_t bytes)
{
    Bytes frame = framed(message);
    const bool is_whole = bytes >= frame.size();
    frame.resize(std::min(bytes, frame.size()));
    push(lane, {std::move(frame), std::move(message),
                is_whole ? RecordedFrame::Fate::whole : RecordedFrame::Fate::torn, Piece::Then::cut});
}

/// What was held back may come when its direction has ended.
void ProxySession::push(Lane& lane, Piece piece)
{
    if (lane.is_shut) {
        if (lane.direction == Direction::request && !piece.message.empty())
            record(lane, piece.message, RecordedFrame::Fate::lost);
        return;
    }
    lane.held += piece.weight();
    lane.outbox.push_back(std::move(piece));
    if (lane.outbox.size() == 1) write_next(lane);
}

void ProxySession::write_next(Lane& lane)
{
    Piece& piece = lane.outbox.front();
    if (const auto wait = std::exchange(piece.wait, {}); wait.count() > 0)
        return after(wait, [this, &lane] { write_next(lane); });
    if (lane.direction == Direction::request && !piece.message.empty())
        record(lane, piece.message, piece.fate);
    asio::async_write(lane.to, asio::buffer(piece.bytes),
                      [self = shared_from_this(), &lane](error_code error, std::size_t) {
                          self->have_written(lane, error);
                      });
}

void ProxySession::have_written(Lane& lane, error_code error)
{
    if (is_cut_) return;
    const Piece::Then then = lane.outbox.front().then;
    if (error || then == Piece::Then::cut) return cut();
    const std::size_t weight = lane.outbox.front().weight();
    lane.outbox.pop_front();
    if (then == Piece::Then::shut) shut(lane);
    if (!lane.outbox.empty()) write_next(lane);
    let_go(lane, weight);
}

/// Something has gone on: its place may be somebody else's.
void ProxySession::let_go(Lane& lane, std::size_t weight)
{
    lane.held -= weight;
    if (is_cut_) return;
    end_if_done(lane);
    if (!lane.is_full || lane.held > desk_.settings.held_bytes_max) return;
    lane.is_full = false;
    read(lane);
}

void ProxySession::record(const Lane& lane, const Bytes& message, RecordedFrame::Fate fate)
{
    if (desk_.recording == nullptr) return;
    RecordedFrame frame;
    frame.at = Clock::now();
    // While this thread did not run, an answer waited in the socket: nobody knows since when.
    frame.at_least = lane.direction == Direction::answer ? desk_.awake : frame.at;
    frame.connection = number_;
    frame.direction = lane.direction;
    frame.fate = fate;
    desk_.recording->add(frame, message);
}

} // namespace sim
