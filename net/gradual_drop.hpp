#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <utility>

namespace net {

/// Destroys the elements of a container, the first ones first, a few at a time between the other work of
/// their thread: to free twenty thousand frames at once held up every other connection for two milliseconds.
template <class Elements> void drop_gradually(boost::asio::any_io_executor executor, Elements elements)
{
    constexpr std::size_t at_once = 256;
    for (std::size_t i = 0; i < at_once && !elements.empty(); ++i) elements.pop_front();
    if (elements.empty()) return;
    boost::asio::post(executor, [executor, rest = std::move(elements)]() mutable {
        drop_gradually(std::move(executor), std::move(rest));
    });
}

} // namespace net
