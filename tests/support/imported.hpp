#pragma once

#include "sim/dialect_import.hpp"

#include <optional>
#include <sstream>
#include <string>

/// What `tollgate-sim dialect import` gave.
struct Imported {
    sim::Exit exit = sim::Exit::internal;
    std::string toml;
    std::string list; ///< of losses, as on stderr
};

inline Imported imported(const std::string& file, std::optional<sim::Origin> from = std::nullopt,
                         const std::string& name = "")
{
    std::ostringstream out;
    std::ostringstream err;
    const sim::Exit exit = sim::run_import({file, from, name}, out, err);
    return {exit, out.str(), err.str()};
}

inline std::string data_file(const std::string& name)
{
    return TOLLGATE_SOURCE_DIR "/tests/data/import/" + name;
}
