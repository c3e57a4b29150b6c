/// `tollgate-sim man` and `tollgate-sim completion`: what the command line tells of itself.
#pragma once

#include "sim/report.hpp"

#include <iosfwd>
#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace sim {

CLI::App* add_completion(CLI::App& program, std::string& shell);
/// shell    "bash" or "zsh"
[[nodiscard]] Exit run_completion(const CLI::App& program, const std::string& shell, std::ostream& out);

CLI::App* add_man(CLI::App& program);
[[nodiscard]] Exit run_man(const CLI::App& program, std::ostream& out);

} // namespace sim
