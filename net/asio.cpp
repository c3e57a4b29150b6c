// Boost.Asio's and Boost.Beast's sources, once: whoever includes their headers compiles a quarter faster.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
