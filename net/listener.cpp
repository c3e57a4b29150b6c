#include "net/listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>
#include <vector>

#include <sys/socket.h>

namespace net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds failure_pause{100};
constexpr std::chrono::seconds descriptor_pause{1}; ///< unless one of ours is free earlier

/// The system, or this process, has nothing left to make a connection of. The peer waits in the queue.
bool is_shortage(const boost::system::error_code& error)
{
    namespace errc = boost::system::errc;
    return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
           error == errc::no_buffer_space || error == errc::not_enough_memory;
}

std::string text_of(const tcp::endpoint& peer)
{
    return peer.address().to_string() + ":" + std::to_string(peer.port());
}

} // namespace

Listener::Listener(tcp::acceptor acceptor, ListenerSettings settings, ConnectionContext context,
                   std::shared_ptr<Admission> admission)
    : acceptor_(std::move(acceptor)), pause_(acceptor_.get_executor()), turn_(acceptor_.get_executor()),
      settings_(std::move(settings)), context_(std::make_shared<const ConnectionContext>(std::move(context))),
      admission_(std::move(admission))
{
}

void Listener::start()
{
    change(std::move(settings_), *context_);
    asio::co_spawn(
        acceptor_.get_executor(), [self = shared_from_this()] { return self->accept_loop(); },
        asio::detached);
}

void Listener::change(ListenerSettings settings, ConnectionContext context)
{
    context.on_closed = [weak = weak_from_this()](const std::shared_ptr<Connection>& connection) {
        if (const auto self = weak.lock()) self->closed(connection);
    };
    settings_ = std::move(settings);
    context_ = std::make_shared<const ConnectionContext>(std::move(context));
}

bool Listener::is_listening()
{
    int listens = 0;
    socklen_t size = sizeof listens;
    return acceptor_.is_open() &&
           ::getsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
           listens != 0;
}

void Listener::wake()
{
    if (is_out_of_descriptors_) pause_.cancel();
}

// --- accepting
// -------------------------------------------------------------------------------------------------------

asio::awaitable<void> Listener::accept_loop()
{
    while (acceptor_.is_open()) {
        std::string failure;
        try {
            co_await accept_one();
        } catch (const std::exception& error) { // no memory, for example: the next one may fare better
            failure = error.what();
        }
        if (!failure.empty()) log_failure(failure);
        say_if_empty();
    }
}

asio::awaitable<void> Listener::accept_one()
{
    auto [error, socket] = co_await acceptor_.async_accept(peer_, as_result);
    if (error) {
        if (acceptor_.is_open()) co_await pause(error);
        co_return;
    }
    is_at_the_door_ = true;
    co_await context_->turns->next(); // those who are there come first
    is_at_the_door_ = false;
    if (is_over_) co_return;
    const bool is_taken = take(std::move(socket)); // also when we have just stopped: it is a connection
    Handshaker* const handshaker = context_->handshaker;
    if (is_taken && handshaker != nullptr && handshaker->is_behind())
        co_await handshaker->catch_up(acceptor_.get_executor());
}

void Listener::log_failure(std::string_view why)
{
    context_->log->error("accept_failed", {{"link", context_->link->name}, {"why", why}});
}

asio::awaitable<void> Listener::pause(const boost::system::error_code& error)
{
    const std::string why = error.message();
    if (!is_shortage(error))
        log_failure(why);
    else if (!std::exchange(is_out_of_descriptors_, true))
        context_->log->error("accept_paused", {{"link", context_->link->name}, {"why", why}});
    pause_.expires_after(is_shortage(error) ? std::chrono::milliseconds(descriptor_pause) : failure_pause);
    co_await pause_.async_wait(as_result);
}

bool Listener::take(tcp::socket socket)
{
    if (std::exchange(is_out_of_descriptors_, false))
        context_->log->info("accept_resumed", {{"link", context_->link->name}});
    Admission::Arrival arrival;
    arrival.peer = peer_.address();
    arrival.is_on_allow_list = settings_.allow.lets_in(arrival.peer);
    arrival.is_tls = settings_.is_tls;
    arrival.link_connections = connections_.size();
    arrival.link_connections_max = settings_.connections_max;
    auto verdict = admission_->admit(arrival, std::chrono::steady_clock::now());
    if (const auto* refusal = std::get_if<Admission::Refusal>(&verdict)) {
        refuse(socket, *refusal);
        return false;
    }
    const auto connection = std::make_shared<Connection>(std::move(socket), context_,
                                                         std::move(std::get<Admission::Place>(verdict)));
    connections_.insert(connection);
    try {
        connection->start();
        if (farewell_) connection->drain(*farewell_);
    } catch (...) {
        connection->abandon("internal_error");
        throw;
    }
    return true;
}

/// At once and with a reset, so that nothing of it stays in the kernel.
void Listener::refuse(tcp::socket& socket, Admission::Refusal refusal)
{
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
    context_->counters->connections_refused.add();
    const std::string peer = text_of(peer_);
    context_->log->warning(
        "connection_refused",
        {{"link", context_->link->name}, {"peer", peer}, {"reason", Admission::name_of(refusal)}});
}

// --- the end
// ---------------------------------------------------------------------------------------------------------

void Listener::closed(const std::shared_ptr<Connection>& connection)
{
    connections_.erase(connection);
    say_if_empty();
}

void Listener::say_if_empty()
{
    if (!connections_.empty() || is_at_the_door_) return;
    turn_.cancel();
    if (on_empty_) std::exchange(on_empty_, nullptr)();
}

/// A copy: a connection with nothing in flight may end at once.
std::vector<std::shared_ptr<Connection>> Listener::all() const
{
    return {connections_.begin(), connections_.end()};
}

void Listener::drain(const Farewell& farewell, std::function<void()> on_empty)
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    farewell_ = farewell;
    on_empty_ = std::move(on_empty);
    if (farewell.spread.count() > 0)
        asio::co_spawn(
            acceptor_.get_executor(), [self = shared_from_this()] { return self->drain_in_turn(); },
            asio::detached);
    else
        for (const auto& connection : all()) connection->drain(farewell);
    say_if_empty();
}

asio::awaitable<void> Listener::drain_in_turn()
{
    const auto begin = std::chrono::steady_clock::now();
    const auto in_turn = all();
    for (std::size_t i = 0; i < in_turn.size() && !connections_.empty(); ++i) {
        const auto due = begin + farewell_->spread * static_cast<int>(i) / static_cast<int>(in_turn.size());
        if (due > std::chrono::steady_clock::now()) {
            turn_.expires_at(due);
            co_await turn_.async_wait(as_result);
        }
        in_turn[i]->drain(*farewell_);
    }
}

void Listener::abandon(std::string_view reason)
{
    is_over_ = true;
    for (const auto& connection : all()) connection->abandon(reason);
}

} // namespace net
