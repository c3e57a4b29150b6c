// Boost.Asio's and Boost.Beast's sources, once: every file that includes their headers compiles in three quarters
// of the time.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
