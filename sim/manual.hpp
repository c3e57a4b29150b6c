/// What the program's own command line tells: a manual page, and completions for two shells.
#pragma once

#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace sim {

/// In troff, man(7): all commands with their options and examples.
[[nodiscard]] std::string man_page(const CLI::App& program);
/// To be sourced by bash, or put into its folder of completions: commands, options, words of options, else
/// files.
[[nodiscard]] std::string bash_completion(const CLI::App& program);
/// The same for zsh, with what each command and option means.
[[nodiscard]] std::string zsh_completion(const CLI::App& program);

} // namespace sim
