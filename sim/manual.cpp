#include "sim/manual.hpp"

#include "sim/text_parts.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <sstream>
#include <vector>

namespace sim {

namespace {

/// A command with its names from the program's on: {"tollgate-sim", "msg", "doctor"}.
struct Command {
    const CLI::App* app = nullptr;
    std::vector<std::string> path;
};

std::string joined(const std::vector<std::string>& words, const std::string& between)
{
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

/// Those that --help shows.
std::vector<const CLI::App*> commands_of(const CLI::App& app)
{
    std::vector<const CLI::App*> shown;
    for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!one->get_group().empty()) shown.push_back(one);
    return shown;
}
std::vector<const CLI::Option*> options_of(const CLI::App& app)
{
    std::vector<const CLI::Option*> shown;
    for (const CLI::Option* one : app.get_options([](const CLI::Option*) { return true; }))
        if (!one->get_group().empty()) shown.push_back(one);
    return shown;
}
bool is_positional(const CLI::Option& option)
{
    return option.get_lnames().empty() && option.get_snames().empty();
}

void collect(const Command& command, std::vector<Command>& all)
{
    all.push_back(command);
    for (const CLI::App* one : commands_of(*command.app)) {
        Command below{one, command.path};
        below.path.push_back(one->get_name());
        collect(below, all);
    }
}
std::vector<Command> all_commands(const CLI::App& program)
{
    std::vector<Command> all;
    collect({&program, {program.get_name()}}, all);
    return all;
}

std::vector<std::string> names_of(const CLI::Option& option)
{
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames()) names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
    return names;
}
bool takes_value(const CLI::Option& option)
{
    return option.get_items_expected_max() > 0;
}
/// Of a check for membership: CLI11 says them in the type, as "{auto,line,none}".
std::vector<std::string> words_of(const CLI::Option& option)
{
    const std::string type = option.get_type_name();
    const auto begin = type.find('{');
    const auto end = type.find('}');
    if (begin == std::string::npos || end == std::string::npos) return {};
    return parts_of(std::string_view(type).substr(begin + 1, end - begin - 1), ',');
}

// --- man

/// A backslash, and a dot or quote that begins a line, mean something to troff.
std::string troff(const std::string& text)
{
    std::string safe;
    for (const char c : text) {
        const bool begins = safe.empty() || safe.back() == '\n';
        if (c == '\\')
            safe += "\\e";
        else if (c == '-')
            safe += "\\-";
        else
            safe += begins && (c == '.' || c == '\'') ? std::string("\\&") + c : std::string(1, c);
    }
    return safe;
}

std::string value_name(const CLI::Option& option)
{
    const auto words = words_of(option);
    if (!words.empty()) return joined(words, "|");
    const std::string type = option.get_type_name();
    const std::string first = type.substr(0, type.find(':'));
    return first.empty() ? "VALUE" : first;
}

void man_option(std::ostream& out, const CLI::Option& option)
{
    out << ".TP\n";
    if (is_positional(option))
        out << ".I " << troff(option.get_name()) << "\n";
    else
        out << "\\fB" << troff(joined(names_of(option), ", ")) << "\\fR"
            << (takes_value(option) ? " \\fI" + troff(value_name(option)) + "\\fR" : "") << "\n";
    out << troff(option.get_description()) << "\n";
}

/// Its lines as they are.
void man_example(std::ostream& out, const std::string& text)
{
    out << ".PP\n.nf\n" << troff(text) << "\n.fi\n";
}

void man_command(std::ostream& out, const Command& command)
{
    out << (command.path.size() == 1 ? ".SH OPTIONS\n" : ".SS " + troff(joined(command.path, " ")) + "\n");
    if (command.path.size() > 1) out << ".nf\n" << troff(command.app->get_description()) << "\n.fi\n";
    for (const CLI::Option* option : options_of(*command.app)) man_option(out, *option);
    if (const std::string footer = command.app->get_footer(); !footer.empty()) man_example(out, footer);
}

// --- shells

std::string quoted(const std::string& text)
{
    std::string safe = "'";
    for (const char c : text) safe += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return safe + "'";
}

/// First line, without what zsh's _arguments and _describe read as a mark.
std::string short_text(const std::string& text)
{
    std::string safe;
    for (const char c : text.substr(0, text.find('\n')))
        if (c != '[' && c != ']' && c != ':' && c != '\\') safe += c;
    return safe;
}

std::string function_name(const Command& command)
{
    std::string name = "_" + joined(command.path, "_");
    for (char& c : name) c = c == '-' ? '_' : c;
    return name;
}

void zsh_command(std::ostream& out, const Command& command)
{
    const auto below = commands_of(*command.app);
    out << function_name(command) << "() {\n    local context state line\n    _arguments -C";
    for (const CLI::Option* option : options_of(*command.app)) {
        if (is_positional(*option)) continue;
        const auto words = words_of(*option);
        const std::string value = words.empty() ? "_files" : "(" + joined(words, " ") + ")";
        for (const std::string& name : names_of(*option))
            out << " \\\n        "
                << quoted("*" + name + "[" + short_text(option->get_description()) + "]" +
                          (takes_value(*option) ? ":value:" + value : ""));
    }
    out << (below.empty() ? " \\\n        '*:file:_files'\n"
                          : " \\\n        '1: :->command' \\\n        '*:: :->below'\n");
    if (!below.empty()) {
        out << "    case $state in\n    command)\n        local -a commands=(\n";
        for (const CLI::App* one : below)
            out << "            " << quoted(one->get_name() + ":" + short_text(one->get_description()))
                << "\n";
        out << "        )\n        _describe command commands\n        ;;\n    below)\n        case $line[1] "
               "in\n";
        for (const CLI::App* one : below) {
            Command next{one, command.path};
            next.path.push_back(one->get_name());
            out << "        " << one->get_name() << ") " << function_name(next) << " ;;\n";
        }
        out << "        esac\n        ;;\n    esac\n";
    }
    out << "}\n\n";
}

/// What may stand behind a command: its commands and options; and behind an option: its words.
void bash_cases(std::ostream& out, const Command& command)
{
    std::vector<std::string> next;
    for (const CLI::App* one : commands_of(*command.app)) next.push_back(one->get_name());
    std::ostringstream values;
    for (const CLI::Option* option : options_of(*command.app)) {
        if (is_positional(*option)) continue;
        const auto names = names_of(*option);
        next.insert(next.end(), names.begin(), names.end());
        if (const auto words = words_of(*option); !words.empty())
            values << "        " << joined(names, "|") << ") words=" << quoted(joined(words, " ")) << " ;;\n";
        else if (takes_value(*option))
            values << "        " << joined(names, "|") << ") words='' ;;\n";
    }
    out << "    " << quoted(joined(command.path, " ")) << ")\n        words=" << quoted(joined(next, " "))
        << "\n        case $before in\n"
        << values.str() << "        esac\n        ;;\n";
}

} // namespace

std::string man_page(const CLI::App& program)
{
    std::ostringstream out;
    const std::string name = program.get_name();
    const std::string about = program.get_description();
    out << ".TH " << troff(name) << " 1\n.SH NAME\n"
        << troff(name) << " \\- " << troff(about.substr(0, about.find_first_of(".\n")))
        << "\n.SH SYNOPSIS\n.B " << troff(name)
        << "\n\\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n.nf\n"
        << troff(about) << "\n.fi\n";
    const auto all = all_commands(program);
    man_command(out, all.front());
    out << ".SH COMMANDS\n";
    for (std::size_t i = 1; i < all.size(); ++i) man_command(out, all[i]);
    return std::move(out).str();
}

std::string bash_completion(const CLI::App& program)
{
    std::ostringstream out;
    const std::string name = program.get_name();
    const auto all = all_commands(program);
    out << "# Completion of " << name << " for bash. Made by: " << name << " completion bash\n"
        << function_name(all.front()) << "()\n{\n"
        << "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path=" << quoted(name)
        << " words='' i\n"
           "    for ((i = 1; i < COMP_CWORD; ++i)); do\n"
           "        case \"$path ${COMP_WORDS[i]}\" in\n";
    for (std::size_t i = 1; i < all.size(); ++i)
        out << "        " << quoted(joined(all[i].path, " ")) << ") path+=\" ${COMP_WORDS[i]}\" ;;\n";
    out << "        esac\n    done\n    case $path in\n";
    for (const Command& command : all) bash_cases(out, command);
    out << "    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
        << "    ((${#COMPREPLY[@]})) || COMPREPLY=($(compgen -f -- \"$word\"))\n}\ncomplete -o filenames -F "
        << function_name(all.front()) << ' ' << name << "\n";
    return std::move(out).str();
}

std::string zsh_completion(const CLI::App& program)
{
    std::ostringstream out;
    const auto all = all_commands(program);
    out << "#compdef " << program.get_name() << "\n# Made by: " << program.get_name() << " completion zsh > _"
        << program.get_name() << "\n\n";
    for (const Command& command : all) zsh_command(out, command);
    out << "if [ \"$funcstack[1]\" = " << quoted(function_name(all.front())) << " ]; then\n    "
        << function_name(all.front()) << " \"$@\"\nelse\n    compdef " << function_name(all.front()) << ' '
        << program.get_name() << "\nfi\n";
    return std::move(out).str();
}

} // namespace sim
