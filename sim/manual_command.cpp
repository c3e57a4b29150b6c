#include "sim/manual_command.hpp"

#include "sim/manual.hpp"

#include <CLI/CLI.hpp>

#include <ostream>

namespace sim {

CLI::App* add_completion(CLI::App& program, std::string& shell)
{
    CLI::App* const completion = program.add_subcommand("completion", "completions for a shell");
    completion->footer(
        "Example:\n"
        "  tollgate-sim completion bash > ~/.local/share/bash-completion/completions/tollgate-sim");
    completion->add_option("shell", shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
    return completion;
}

Exit run_completion(const CLI::App& program, const std::string& shell, std::ostream& out)
{
    out << (shell == "zsh" ? zsh_completion(program) : bash_completion(program)) << std::flush;
    return Exit::done;
}

CLI::App* add_man(CLI::App& program)
{
    CLI::App* const man = program.add_subcommand("man", "the manual page");
    man->footer("Example:\n  tollgate-sim man > tollgate-sim.1");
    return man;
}

Exit run_man(const CLI::App& program, std::ostream& out)
{
    out << man_page(program) << std::flush;
    return Exit::done;
}

} // namespace sim
