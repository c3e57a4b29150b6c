#include "net/dialer.hpp"

#include "net/admission.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds connect_max{5}; ///< for one address until it has accepted

std::string text_of(const Endpoint& place)
{
    return place.host + ":" + std::to_string(place.port);
}

} // namespace

/// One of the connections that are kept up.
struct Dialer::Session {
    Session(const asio::any_io_executor& executor, const BackOff& rule)
        : back_off(rule), resolver(executor), timer(executor), turn(executor)
    {
    }

    /// Ends whatever it waits for.
    void wake()
    {
        boost::system::error_code ignored;
        resolver.cancel();
        timer.cancel();
        if (socket) socket->close(ignored);
    }

    BackOff back_off;
    tcp::resolver resolver;
    asio::steady_timer timer;               ///< a pause, or for ever while the connection stands
    asio::steady_timer turn;                ///< until it begins its end
    std::vector<tcp::endpoint> found;       ///< what the name in hand stands for
    std::shared_ptr<tcp::socket> socket;    ///< while it is being connected
    boost::system::error_code why;          ///< the last attempt failed
    std::shared_ptr<Connection> connection; ///< while it stands
    std::chrono::milliseconds was_up{0};    ///< the last one
};

Dialer::Dialer(const asio::any_io_executor& executor, const LinkConfig& link, ConnectionContext context,
               std::shared_ptr<Admission> admission)
    : executor_(executor), addresses_(link.addresses),
      context_(std::make_shared<ConnectionContext>(std::move(context))), admission_(std::move(admission))
{
    for (std::size_t i = 0; i < link.sessions; ++i)
        sessions_.push_back(
            std::make_shared<Session>(executor_, BackOff(link.reconnect, addresses_.size(), i)));
}

Dialer::~Dialer() = default;

void Dialer::start()
{
    context_->on_closed = [weak = weak_from_this()](const std::shared_ptr<Connection>& connection) {
        if (const auto self = weak.lock()) self->closed(connection);
    };
    for (const auto& session : sessions_)
        asio::co_spawn(
            executor_, [self = shared_from_this(), session] { return self->keep_up(session); },
            asio::detached);
}

asio::awaitable<void> Dialer::keep_up(std::shared_ptr<Session> session)
{
    std::uniform_real_distribution<double> random(0.0, 1.0);
    while (!is_draining_) {
        auto socket = co_await dial(*session);
        if (is_draining_) co_return;
        session->was_up = {};
        if (socket) co_await serve(*session, *socket);
        if (is_draining_) co_return;
        const auto pause = session->back_off.ended(session->was_up, random(dice_));
        if (pause.count() == 0) continue;
        session->timer.expires_after(pause);
        co_await session->timer.async_wait(as_result);
    }
}

/// One attempt at the address whose turn it is; nothing when it failed.
asio::awaitable<std::optional<tcp::socket>> Dialer::dial(Session& session)
{
    const Endpoint& place = addresses_[session.back_off.address()];
    co_await find(session, place);
    for (const tcp::endpoint& endpoint : std::exchange(session.found, {})) {
        if (is_draining_) co_return std::nullopt;
        co_await connect(session, endpoint);
        const auto socket = std::exchange(session.socket, nullptr);
        if (!session.why && !is_draining_) co_return std::move(*socket);
    }
    if (!is_draining_) log_failure(session, session.why.message());
    co_return std::nullopt;
}

void Dialer::log_failure(const Session& session, std::string_view why)
{
    const std::string at = text_of(addresses_[session.back_off.address()]);
    context_->log->warning("dial_failed", {{"link", context_->link->name}, {"address", at}, {"why", why}});
}

/// What an address, or a name, stands for.
asio::awaitable<void> Dialer::find(Session& session, const Endpoint& place)
{
    session.why = {};
    boost::system::error_code is_name;
    const auto address = asio::ip::make_address(place.host, is_name);
    if (!is_name) {
        session.found.emplace_back(address, place.port);
        co_return;
    }
    const std::string port = std::to_string(place.port);
    const auto [error, results] = co_await session.resolver.async_resolve(place.host, port, as_result);
    session.why = error;
    if (error) co_return;
    for (const auto& entry : results) session.found.push_back(entry.endpoint());
}

/// The outcome is in session.why, the socket in session.socket.
asio::awaitable<void> Dialer::connect(Session& session, tcp::endpoint endpoint)
{
    const auto socket = std::make_shared<tcp::socket>(executor_);
    session.socket = socket;
    asio::steady_timer limit(executor_, connect_max);
    limit.async_wait([socket](const boost::system::error_code& error) {
        boost::system::error_code ignored;
        if (!error) socket->close(ignored); // when it is late and was moved from, there is nothing to close
    });
    const auto [error] = co_await socket->async_connect(endpoint, as_result);
    session.why = error == asio::error::operation_aborted ? asio::error::timed_out : error;
}

/// Nobody stands behind keep_up() to whom an exception could go: one would end the session for ever.
void Dialer::open(Session& session, tcp::socket& socket)
{
    const std::string& host = addresses_[session.back_off.address()].host;
    Admission::Place place = admission_ ? admission_->dialled() : Admission::Place{};
    try {
        session.connection =
            std::make_shared<Connection>(std::move(socket), context_, std::move(place), host);
        session.connection->start();
    } catch (const TlsError& error) {
        context_->counters->handshakes_failed.add();
        log_failure(session, error.what());
    } catch (const std::exception& error) {
        session.connection = nullptr;
        log_failure(session, error.what());
    }
}

/// Until the connection has ended.
asio::awaitable<void> Dialer::serve(Session& session, tcp::socket& socket)
{
    open(session, socket);
    while (session.connection) {
        session.timer.expires_at(asio::steady_timer::time_point::max());
        co_await session.timer.async_wait(as_result);
    }
}

void Dialer::closed(const std::shared_ptr<Connection>& connection)
{
    const auto session = std::find_if(sessions_.begin(), sessions_.end(),
                                      [&](const auto& each) { return each->connection == connection; });
    if (session == sessions_.end()) return;
    if (const auto since = connection->link().up_since())
        (*session)->was_up =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - *since);
    (*session)->connection = nullptr;
    (*session)->timer.cancel();
    (*session)->turn.cancel();
    say_if_empty();
}

void Dialer::say_if_empty()
{
    const bool is_empty =
        std::none_of(sessions_.begin(), sessions_.end(), [](const auto& each) { return each->connection; });
    if (is_empty && on_empty_) std::exchange(on_empty_, nullptr)();
}

void Dialer::drain(const Farewell& farewell, std::function<void()> on_empty)
{
    is_draining_ = true;
    on_empty_ = std::move(on_empty);
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        // Held: a connection with nothing in flight may end at once.
        const auto connection = sessions_[i]->connection;
        if (!connection)
            sessions_[i]->wake();
        else if (farewell.spread.count() > 0)
            drain_later(sessions_[i], farewell, farewell.spread * (i + 1) / sessions_.size());
        else
            connection->drain(farewell);
    }
    say_if_empty();
}

/// By then the next process has a session of its own up.
void Dialer::drain_later(const std::shared_ptr<Session>& session, const Farewell& farewell,
                         std::chrono::milliseconds pause)
{
    session->turn.expires_after(pause);
    session->turn.async_wait([session, farewell](const boost::system::error_code&) {
        if (const auto connection = session->connection) connection->drain(farewell);
    });
}

void Dialer::abandon()
{
    is_draining_ = true;
    for (const auto& session : sessions_) {
        if (const auto connection = session->connection) connection->abandon("drain_timeout");
        session->wake();
    }
}

} // namespace net
