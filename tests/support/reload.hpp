#pragma once

#include "tests/support/running_server.hpp"

#include <future>
#include <string>

namespace reloading {

/// Another configuration for the running server.
/// returns  why it was not taken; empty: it was
inline std::string reload(RunningServer& server, const net::Config& config)
{
    std::promise<std::string> why;
    server.server().post([&] {
        try {
            server.server().reload(config);
            why.set_value("");
        } catch (const std::exception& error) {
            why.set_value(error.what());
        }
    });
    return why.get_future().get();
}

} // namespace reloading
