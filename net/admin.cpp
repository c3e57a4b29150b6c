#include "net/admin.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <thread>

namespace net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds bind_pause{1};
constexpr std::chrono::milliseconds accept_pause{100}; ///< when the system has no descriptor left

using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

Response response_to(const Request& request, const Admin::Pages& pages)
{
    Response response{http::status::ok, request.version()};
    response.keep_alive(false);
    const bool is_head = request.method() == http::verb::head;
    if (request.method() != http::verb::get && !is_head) {
        response.result(http::status::method_not_allowed);
        response.set(http::field::allow, "GET, HEAD");
    } else if (auto page = pages({request.target().data(), request.target().size()})) {
        response.result(page->status);
        response.set(http::field::content_type, page->type);
        response.body() = std::move(page->body);
    } else {
        response.result(http::status::not_found);
    }
    response.prepare_payload();
    if (is_head) response.body().clear();
    return response;
}

} // namespace

struct Admin::Body {
    Body(const Endpoint& address, Pages some_pages, Log& a_log)
        : pages(std::move(some_pages)), log(a_log), acceptor(io), pause(io)
    {
        boost::system::error_code error;
        endpoint = {asio::ip::make_address(address.host, error), address.port};
        if (error) throw BadAddress("admin: \"" + address.host + "\" is not an address");
        bind();
        asio::co_spawn(
            io, [this] { return accept_loop(); }, asio::detached);
        thread = std::thread([this] { io.run(); });
    }

    ~Body()
    {
        io.stop();
        thread.join();
    }

    bool bind()
    {
        boost::system::error_code error;
        tcp::acceptor fresh(io);
        fresh.open(endpoint.protocol(), error);
        if (!error) fresh.set_option(asio::socket_base::reuse_address(true), error);
        if (!error) fresh.bind(endpoint, error);
        if (!error) fresh.listen(connections_max, error);
        if (error) {
            log.warning("admin_not_bound", {{"why", error.message()}});
            return false;
        }
        port = fresh.local_endpoint().port();
        acceptor = std::move(fresh);
        return true;
    }

    asio::awaitable<void> wait(std::chrono::milliseconds time)
    {
        pause.expires_after(time);
        co_await pause.async_wait(as_result);
    }

    asio::awaitable<void> accept_loop()
    {
        while (!acceptor.is_open()) {
            co_await wait(bind_pause);
            (void)bind();
        }
        for (;;) {
            auto [error, socket] = co_await acceptor.async_accept(as_result);
            if (error)
                co_await wait(accept_pause);
            else if (connections < connections_max)
                asio::co_spawn(
                    io,
                    [this, stream = std::make_shared<beast::tcp_stream>(std::move(socket))] {
                        return serve(stream);
                    },
                    asio::detached);
        }
    }

    asio::awaitable<void> serve(std::shared_ptr<beast::tcp_stream> stream)
    {
        const Share share(connections);
        beast::flat_buffer buffer(request_bytes_max);
        http::request_parser<http::empty_body> parser;
        parser.header_limit(request_bytes_max);
        stream->expires_after(exchange_max);
        const auto [unread, bytes] = co_await http::async_read(*stream, buffer, parser, as_result);
        if (unread) co_return;
        const Response response = response_to(parser.get(), pages);
        // The time that is left for the answer, too: a slow reader is cut off.
        const auto [unsent, sent] = co_await http::async_write(*stream, response, as_result);
        boost::system::error_code ignored;
        if (!unsent) stream->socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    /// Of the connections that may be open.
    struct Share {
        explicit Share(std::size_t& a_count) : count(a_count) { ++count; }
        ~Share() { --count; }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        std::size_t& count;
    };

    const Pages pages;
    Log& log;
    std::size_t connections = 0; // before io: what still runs there at the end gives its share back
    std::atomic<std::uint16_t> port{0};
    asio::io_context io{1};
    tcp::endpoint endpoint;
    tcp::acceptor acceptor;
    asio::steady_timer pause;
    std::thread thread;
};

Admin::Admin(const Endpoint& address, Pages pages, Log& log)
    : body_(std::make_unique<Body>(address, std::move(pages), log))
{
}

Admin::~Admin() = default;

std::uint16_t Admin::port() const
{
    return body_->port;
}

} // namespace net
