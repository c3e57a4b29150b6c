// Boost.JSON's sources, once: its library is a package of its own, and this file spares it.
#include <boost/json/src.hpp>
