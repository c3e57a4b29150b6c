#include "tests/support/restart_shop.hpp"

#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "sim/network_model.hpp"
#include "tests/support/restart_session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

namespace test {

namespace asio = boost::asio;
using asio::ip::tcp;
using sim::Clock;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds tick{1};
constexpr std::chrono::milliseconds dial_pause{10};
constexpr std::chrono::seconds patience{60};

std::chrono::microseconds microseconds(Clock::duration time)
{
    return std::chrono::duration_cast<std::chrono::microseconds>(time);
}

} // namespace

struct RestartShop::Body {
    using Session = RestartSession;
    using State = RestartSession::State;
    using SessionPtr = std::shared_ptr<Session>;

    Body(RestartShop& a_shop, const sim::Load& a_load, const sim::NetworkModel& a_model, Settings some)
        : shop(a_shop), load(a_load), model(a_model), settings(std::move(some)),
          acceptor(io, {asio::ip::address_v4::loopback(), 0}), ticks(io)
    {
        for (std::size_t i = 0; i < load.messages().size(); ++i) by_stan[load.messages()[i].stan] = i;
    }

    // --- sessions

    void start(std::uint16_t port)
    {
        server = {asio::ip::address_v4::loopback(), port};
        began = last_answer = Clock::now();
        if (settings.role == Role::dials) {
            for (std::size_t i = 0; i < settings.sessions; ++i)
                asio::co_spawn(
                    io, [this] { return keep_up(); }, asio::detached);
        } else {
            asio::co_spawn(
                io, [this] { return accept_loop(); }, asio::detached);
        }
        asio::co_spawn(
            io, [this] { return sell(); }, asio::detached);
        thread = std::thread([this] { io.run(); });
    }

    asio::awaitable<void> keep_up()
    {
        asio::steady_timer pause(io);
        while (!is_over) {
            tcp::socket socket(io);
            const auto [error] = co_await socket.async_connect(server, as_result);
            if (error) {
                ++result.refused_connects;
                pause.expires_after(dial_pause);
                co_await pause.async_wait(as_result);
                continue;
            }
            const auto session = make(std::move(socket));
            co_await serve(session);
        }
    }

    asio::awaitable<void> accept_loop()
    {
        for (;;) {
            auto [error, socket] = co_await acceptor.async_accept(as_result);
            if (error) co_return;
            const auto session = make(std::move(socket));
            asio::co_spawn(
                io, [this, session] { return serve(session); }, asio::detached);
        }
    }

    SessionPtr make(tcp::socket socket)
    {
        socket.set_option(tcp::no_delay(true));
        return std::make_shared<Session>(std::move(socket), settings.tls.get(), model.wire_form().framing);
    }

    asio::awaitable<void> serve(SessionPtr session)
    {
        sessions.insert(session);
        bool is_open = true;
        if (session->tls) {
            const auto side = settings.role == Role::dials ? asio::ssl::stream_base::client
                                                           : asio::ssl::stream_base::server;
            const auto [error] = co_await session->tls->async_handshake(side, as_result);
            is_open = !error;
        }
        if (is_open && settings.role == Role::dials) ask(session, "001");
        while (is_open) {
            const auto space = session->reader.space();
            const asio::mutable_buffer buffer(space.data(), space.size());
            auto reading = session->use([&](auto& stream) {
                return stream.async_read_some(buffer, asio::as_tuple(asio::use_awaitable));
            });
            const auto [error, bytes] = co_await std::move(reading);
            is_open = !error;
            session->reader.received(bytes);
            for (auto frame = session->reader.next(); frame.status == codec::FrameReader::Status::message;
                 frame = session->reader.next())
                take(session, frame.message);
        }
        ended(session);
    }

    /// What is still outstanding is asked for again over another one.
    void ended(const SessionPtr& session)
    {
        boost::system::error_code ignored;
        if (!session->is_writing) session->socket.close(ignored);
        sessions.erase(session);
        if (session->state == State::signing_on && !is_over) ++result.refused_connects;
        session->state = State::ended;
        result.lost += session->outstanding.size();
        for (const std::size_t sale : std::exchange(session->outstanding, {})) again.push_back(sale);
    }

    void flush(const SessionPtr& session)
    {
        if (std::exchange(session->is_writing, true)) return;
        asio::co_spawn(
            io, [this, session] { return write_loop(session); }, asio::detached);
    }

    asio::awaitable<void> write_loop(SessionPtr session)
    {
        boost::system::error_code failure;
        while (!failure && !session->output.empty()) {
            session->leaving = std::exchange(session->output, {});
            const asio::const_buffer buffer(session->leaving.data(), session->leaving.size());
            auto writing = session->use([&](auto& stream) {
                return asio::async_write(stream, buffer, asio::as_tuple(asio::use_awaitable));
            });
            const auto [error, bytes] = co_await std::move(writing);
            failure = error;
        }
        if (!failure && session->is_done()) {
            session->state = State::ended;
            if (session->tls) co_await session->tls->async_shutdown(as_result);
            session->socket.shutdown(tcp::socket::shutdown_send, failure);
        }
        session->is_writing = false;
        if (!sessions.contains(session)) session->socket.close(failure);
    }

    // --- messages

    void put(const SessionPtr& session, const codec::Message& message)
    {
        sim::Bytes wire;
        if (!codec::encode(model.dialect(), message, wire)) return;
        const sim::Bytes frame = sim::framed(model.wire_form(), wire);
        session->output.insert(session->output.end(), frame.begin(), frame.end());
        flush(session);
    }

    void ask(const SessionPtr& session, const std::string& function)
    {
        codec::Message request(codec::Mti::parse("0800").value());
        request.set(7, "1122120000");
        request.set(11, std::to_string(100'000 + ++asked % 900'000));
        request.set(70, function);
        put(session, request);
    }

    void take(const SessionPtr& session, std::span<const std::uint8_t> wire)
    {
        const auto decoded = codec::decode(model.dialect(), wire);
        if (!decoded) return;
        const std::string mti(decoded->mti().text());
        if (mti == "0800")
            take_request(session, *decoded);
        else if (mti == "0810" && session->state == State::signing_on && decoded->get(39) == "00")
            go_up(session);
        else if (mti == "0210")
            take_answer(session, *decoded);
    }

    void go_up(const SessionPtr& session)
    {
        session->state = State::up;
        ++result.sessions;
    }

    void take_request(const SessionPtr& session, const codec::Message& request)
    {
        codec::Message answer(codec::Mti::parse("0810").value());
        for (const int de : {7, 11, 70}) answer.set(de, request.get(de));
        answer.set(39, "00");
        if (request.get(70) == "001") go_up(session);
        if (request.get(70) == "002") {
            session->state = State::leaving;
            ++result.sign_offs;
        }
        put(session, answer);
    }

    void take_answer(const SessionPtr& session, const codec::Message& answer)
    {
        const auto sale = by_stan.find(std::string(answer.get(11)));
        if (sale == by_stan.end()) return;
        session->outstanding.erase(sale->second);
        if (session->is_done()) flush(session);
        const auto due = open.find(sale->second);
        if (due == open.end()) return; // asked for twice, answered twice
        const auto now = Clock::now();
        times.push_back(static_cast<std::uint32_t>(microseconds(now - due->second).count()));
        result.longest_silence = std::max(result.longest_silence, microseconds(now - last_answer));
        last_answer = now;
        open.erase(due);
        if (answer.get(39) == "00")
            ++shop.approved_;
        else
            ++result.not_approved;
    }

    // --- selling

    asio::awaitable<void> sell()
    {
        while (!is_over) {
            sell_what_is_due();
            ticks.expires_after(tick);
            co_await ticks.async_wait(as_result);
            if (is_ending && open.empty()) is_over = true;
            if (is_ending && Clock::now() > give_up) is_over = true;
        }
        result.unanswered = open.size();
        io.stop();
    }

    void sell_what_is_due()
    {
        const std::chrono::duration<double> since = Clock::now() - began;
        const auto due =
            std::min(load.messages().size(), static_cast<std::size_t>(since.count() * settings.per_second));
        while (!is_ending && offered < due) {
            open[offered] = began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                        static_cast<double>(offered) / settings.per_second));
            waiting.push_back(offered++);
        }
        if (offered == load.messages().size()) shop.has_sold_out_ = true;
        waiting.insert(waiting.begin(), again.begin(), again.end());
        again.clear();
        while (!waiting.empty()) {
            const SessionPtr session = next_session();
            if (!session) return; // they wait for one, and their time counts
            const std::size_t sale = waiting.front();
            waiting.pop_front();
            const auto& bytes = load.messages()[sale].bytes;
            session->output.insert(session->output.end(), bytes.begin(), bytes.end());
            session->outstanding.insert(sale);
            flush(session);
        }
    }

    /// In turn, of those that are up; null when none is.
    SessionPtr next_session()
    {
        std::vector<SessionPtr> up;
        for (const auto& session : sessions)
            if (session->state == State::up) up.push_back(session);
        return up.empty() ? nullptr : up[++turn % up.size()];
    }

    void finish()
    {
        asio::post(io, [this] {
            is_ending = true;
            give_up = Clock::now() + patience;
        });
        if (thread.joinable()) thread.join();
        std::sort(times.begin(), times.end());
        result.sent = offered;
        result.approved = shop.approved_;
        if (times.empty()) return;
        result.p99 = std::chrono::microseconds{times[times.size() * 99 / 100]};
        result.longest = std::chrono::microseconds{times.back()};
    }

    RestartShop& shop;
    const sim::Load& load;
    const sim::NetworkModel& model;
    Settings settings;
    std::map<std::string, std::size_t> by_stan;
    tcp::endpoint server;
    std::map<std::size_t, Clock::time_point> open; ///< sales without an answer, and when they were due
    std::deque<std::size_t> waiting;               ///< for a session
    std::vector<std::size_t> again;
    std::vector<std::uint32_t> times; ///< of answers, in microseconds
    std::size_t offered = 0;
    std::size_t turn = 0;
    std::size_t asked = 0;
    bool is_ending = false;
    bool is_over = false;
    Clock::time_point began;
    Clock::time_point last_answer;
    Clock::time_point give_up;
    Result result;
    asio::io_context io{1};
    tcp::acceptor acceptor;
    asio::steady_timer ticks;
    std::set<SessionPtr> sessions;
    std::thread thread;
};

RestartShop::RestartShop(const sim::Load& load, const sim::NetworkModel& model, Settings settings)
    : body_(std::make_unique<Body>(*this, load, model, std::move(settings)))
{
}

RestartShop::~RestartShop()
{
    finish();
}

std::uint16_t RestartShop::port() const
{
    return body_->acceptor.local_endpoint().port();
}

void RestartShop::open(std::uint16_t port)
{
    body_->start(port);
}

void RestartShop::finish()
{
    body_->finish();
}

const RestartShop::Result& RestartShop::result() const
{
    return body_->result;
}

std::string text_of(const RestartShop::Result& result)
{
    const auto ms = [](std::chrono::microseconds time) { return static_cast<double>(time.count()) / 1'000; };
    std::ostringstream text;
    text << result.sent << " sales, " << result.approved << " approved, lost answers " << result.lost
         << ", refused connects " << result.refused_connects << ", sessions " << result.sessions
         << ", sign-offs " << result.sign_offs << "; due to answer: p99 " << ms(result.p99) << " ms, longest "
         << ms(result.longest) << " ms; longest silence " << ms(result.longest_silence) << " ms";
    return text.str();
}

} // namespace test
