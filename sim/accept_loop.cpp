#include "sim/accept_loop.hpp"

#include <utility>

namespace sim {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// What is missing is not there again at once.
constexpr std::chrono::milliseconds accept_pause{200};

} // namespace

AcceptLoop::AcceptLoop(tcp::acceptor acceptor, Events events)
    : acceptor_(std::move(acceptor)), pause_(acceptor_.get_executor()), events_(std::move(events))
{
    accept();
}

void AcceptLoop::accept()
{
    acceptor_.async_accept([this](const Error& error, tcp::socket client) {
        if (error == asio::error::operation_aborted) return; // there is no loop any more
        if (error) return pause(error);
        if (std::exchange(is_paused_, false) && events_.goes_on) events_.goes_on();
        events_.taken(std::move(client));
        accept();
    });
}

void AcceptLoop::pause(const Error& why)
{
    if (!std::exchange(is_paused_, true) && events_.paused) events_.paused(why);
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](const Error& ended) {
        if (!ended) accept();
    });
}

} // namespace sim
