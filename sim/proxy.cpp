#include "sim/proxy.hpp"
#include "sim/proxy_lane.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <set>
#include <thread>
#include <vector>

namespace sim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Desk = ProxyDesk;
using Lane = ProxyLane;
using Piece = ProxyPiece;

namespace {

/// How long a swapped frame waits for one that may overtake it.
constexpr std::chrono::milliseconds swap_limit{100};
/// How exactly the proxy knows when it was last awake.
constexpr std::chrono::milliseconds beat{5};

/// A client's connection and the server's behind it. Handlers hold it alive.
class Session : public std::enable_shared_from_this<Session> {
public:
    Session(Desk& desk, tcp::socket client)
        : desk_(desk), number_(desk.connections++), client_(std::move(client)), server_(desk.context),
          requests_(Direction::request, client_, server_, desk.settings.framing),
          answers_(Direction::answer, server_, client_, desk.settings.framing)
    {
    }

    void start(const Address& server)
    {
        error_code error;
        const auto host = asio::ip::make_address(server.host, error);
        if (error) return cut();
        server_.async_connect(tcp::endpoint(host, server.port),
                              [self = shared_from_this()](error_code failed) {
                                  if (failed || self->is_cut_) return self->cut();
                                  error_code ignored;
                                  self->client_.set_option(tcp::no_delay(true), ignored);
                                  self->server_.set_option(tcp::no_delay(true), ignored);
                                  self->read(self->requests_);
                                  self->read(self->answers_);
                              });
    }

    /// Without a farewell: what is under way is lost on both sides.
    void cut()
    {
        if (std::exchange(is_cut_, true)) return;
        error_code ignored;
        for (tcp::socket* socket : {&client_, &server_}) {
            socket->set_option(asio::socket_base::linger(true, 0), ignored);
            socket->close(ignored);
        }
    }

    /// Both sides have said all that they had to say.
    void close()
    {
        is_cut_ = true;
        error_code ignored;
        client_.close(ignored);
        server_.close(ignored);
    }

    [[nodiscard]] bool is_cut() const { return is_cut_; }

private:
    void read(Lane& lane)
    {
        const auto space = lane.reader.space();
        lane.from.async_read_some(
            asio::buffer(space.data(), space.size()),
            [self = shared_from_this(), &lane, space](error_code error, std::size_t bytes) {
                self->have_read(lane, error, space.first(bytes));
            });
    }

    void have_read(Lane& lane, error_code error, std::span<const std::uint8_t> bytes)
    {
        if (is_cut_) return;
        if (error == asio::error::eof && desk_.settings.at_end == Proxy::AtEnd::pass_on)
            return pass_end_on(lane);
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
        if (lane.pause.count() == 0) return read(lane);
        after(std::exchange(lane.pause, std::chrono::milliseconds{0}), [this, &lane] { read(lane); });
    }

    /// What was read before is still delivered.
    void source_ended(Lane& lane)
    {
        if (lane.swapped) forward(lane, *std::exchange(lane.swapped, std::nullopt));
        if (lane.outbox.empty()) return cut();
        lane.outbox.back().then = Piece::Then::cut;
    }

    void pass_end_on(Lane& lane)
    {
        lane.has_ended = true;
        if (lane.outbox.empty()) return shut(lane);
        lane.outbox.back().then = Piece::Then::shut;
    }

    void shut(Lane& lane)
    {
        error_code ignored;
        lane.to.shutdown(tcp::socket::shutdown_send, ignored);
        if (requests_.has_ended && answers_.has_ended && requests_.outbox.empty() && answers_.outbox.empty())
            close();
    }

    void break_off(const Lane& lane, std::string_view why)
    {
        if (desk_.settings.broken)
            desk_.settings.broken({lane.direction, number_, lane.reader.unread().size(), why});
        cut();
    }

    void take(Lane& lane, Bytes message)
    {
        const Treatment treatment = desk_.treatment_of(lane.direction, number_, message);
        const bool is_lost = treatment.kind == Treatment::Kind::drop || lane.is_shut;
        if (lane.direction == Direction::answer || is_lost)
            record(lane, message, is_lost ? RecordedFrame::Fate::lost : RecordedFrame::Fate::whole);
        if (lane.is_shut) return;
        std::optional<Bytes> overtaken = std::exchange(lane.swapped, std::nullopt);
        treat(lane, std::move(message), treatment);
        if (overtaken && !is_cut_) forward(lane, std::move(*overtaken));
    }

    void treat(Lane& lane, Bytes message, const Treatment& treatment)
    {
        switch (treatment.kind) {
        case Treatment::Kind::drop:
            return;
        case Treatment::Kind::delay:
            return after(treatment.wait, [this, &lane, late = std::move(message)] { forward(lane, late); });
        case Treatment::Kind::twice:
            forward(lane, message);
            return forward(lane, std::move(message));
        case Treatment::Kind::swap:
            lane.swapped = std::move(message);
            return after(swap_limit, [this, &lane] {
                if (lane.swapped) forward(lane, *std::exchange(lane.swapped, std::nullopt));
            });
        case Treatment::Kind::cut:
            return tear(lane, std::move(message), treatment.bytes);
        case Treatment::Kind::half_close:
            push(lane, {framed(message), message, RecordedFrame::Fate::whole, Piece::Then::shut});
            lane.is_shut = true;
            return;
        case Treatment::Kind::flip:
            return damage(lane, std::move(message), treatment.bytes);
        case Treatment::Kind::hold:
            return push(lane, {framed(message), message, RecordedFrame::Fate::whole, Piece::Then::go_on,
                               treatment.wait});
        case Treatment::Kind::pause:
            lane.pause = treatment.wait;
            break;
        case Treatment::Kind::pass:
            break;
        }
        forward(lane, std::move(message));
    }

    Bytes framed(const Bytes& message) const
    {
        Bytes frame;
        codec::append_frame(desk_.settings.framing, message, frame);
        return frame;
    }

    void forward(Lane& lane, Bytes message)
    {
        Bytes frame = framed(message);
        push(lane, {std::move(frame), std::move(message)});
    }

    /// A message that has no such byte goes on as it is.
    void damage(Lane& lane, Bytes message, std::size_t at)
    {
        if (at >= message.size()) return forward(lane, std::move(message));
        Bytes damaged = message;
        damaged.at(at) ^= 0x80U;
        push(lane, {framed(damaged), std::move(message), RecordedFrame::Fate::damaged});
    }

    void tear(Lane& lane, Bytes message, std::size_t bytes)
    {
        Bytes frame = framed(message);
        const bool is_whole = bytes >= frame.size();
        frame.resize(std::min(bytes, frame.size()));
        push(lane, {std::move(frame), std::move(message),
                    is_whole ? RecordedFrame::Fate::whole : RecordedFrame::Fate::torn, Piece::Then::cut});
    }

    /// What was held back may come when its direction has ended.
    void push(Lane& lane, Piece piece)
    {
        if (lane.is_shut) {
            if (lane.direction == Direction::request && !piece.message.empty())
                record(lane, piece.message, RecordedFrame::Fate::lost);
            return;
        }
        lane.outbox.push_back(std::move(piece));
        if (lane.outbox.size() == 1) write_next(lane);
    }

    void write_next(Lane& lane)
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

    void have_written(Lane& lane, error_code error)
    {
        if (is_cut_) return;
        const Piece::Then then = lane.outbox.front().then;
        if (error || then == Piece::Then::cut) return cut();
        lane.outbox.pop_front();
        if (then == Piece::Then::shut) shut(lane);
        if (!lane.outbox.empty()) write_next(lane);
    }

    void record(const Lane& lane, const Bytes& message, RecordedFrame::Fate fate)
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

    template <class Function> void after(std::chrono::milliseconds delay, Function then)
    {
        auto timer = std::make_shared<asio::steady_timer>(desk_.context, delay);
        timer->async_wait([self = shared_from_this(), timer, then = std::move(then)](error_code error) {
            if (!error && !self->is_cut_) then();
        });
    }

    Desk& desk_;
    std::uint32_t number_;
    tcp::socket client_;
    tcp::socket server_;
    Lane requests_;
    Lane answers_;
    bool is_cut_ = false;
};

tcp::endpoint endpoint_of(const std::optional<Address>& listen)
{
    if (!listen) return {asio::ip::address_v4::loopback(), 0};
    return {asio::ip::make_address(listen->host), listen->port};
}

struct Door {
    Door(asio::io_context& context, const std::optional<Address>& listen)
        : acceptor(context, endpoint_of(listen))
    {
    }
    tcp::acceptor acceptor;
    const Address address{acceptor.local_endpoint().address().to_string(), acceptor.local_endpoint().port()};
    std::optional<Address> server;
};

} // namespace

struct Proxy::Impl {
    Impl(Settings settings, Recording* recording)
        : desk{.settings = std::move(settings), .recording = recording}
    {
        for (std::size_t i = 0; i < desk.settings.doors; ++i) {
            doors.push_back(
                std::make_unique<Door>(desk.context, i == 0 ? desk.settings.listen : std::nullopt));
            accept(*doors.back());
        }
        keep_awake();
        thread = std::thread([this] { desk.context.run(); });
    }

    ~Impl()
    {
        asio::post(desk.context, [this] {
            cut_all();
            desk.context.stop();
        });
        thread.join();
    }

    void accept(Door& door)
    {
        door.acceptor.async_accept([this, &door](error_code error, tcp::socket client) {
            if (error) return;
            std::erase_if(sessions, [](const auto& session) { return session->is_cut(); });
            if (door.server) {
                sessions.push_back(std::make_shared<Session>(desk, std::move(client)));
                sessions.back()->start(*door.server);
            }
            accept(door);
        });
    }

    void keep_awake()
    {
        desk.awake = Clock::now();
        beat_timer.expires_after(beat);
        beat_timer.async_wait([this](error_code error) {
            if (!error) keep_awake();
        });
    }

    void cut_all()
    {
        for (const auto& session : sessions) session->cut();
        sessions.clear();
    }

    Desk desk;
    asio::steady_timer beat_timer{desk.context};
    std::vector<std::unique_ptr<Door>> doors;
    std::vector<std::shared_ptr<Session>> sessions;
    std::thread thread;
};

Proxy::Proxy(Settings settings, Recording& recording) : Proxy(std::move(settings), &recording) {}

Proxy::Proxy(Settings settings) : Proxy(std::move(settings), nullptr) {}

Proxy::Proxy(Settings settings, Recording* recording)
{
    try {
        impl_ = std::make_unique<Impl>(std::move(settings), recording);
    } catch (const boost::system::system_error& error) {
        throw WireError(std::string("the proxy cannot listen: ") + error.what());
    }
}

Proxy::~Proxy() = default;

Address Proxy::door(std::size_t number) const
{
    return impl_->doors.at(number)->address;
}

void Proxy::lead(std::size_t door, std::optional<Address> server)
{
    asio::post(impl_->desk.context,
               [this, door, server = std::move(server)] { impl_->doors.at(door)->server = server; });
}

void Proxy::cut_all()
{
    asio::post(impl_->desk.context, [this] { impl_->cut_all(); });
}

} // namespace sim
