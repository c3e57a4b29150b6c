#pragma once

#include "codec/dialect.hpp"
#include "sim/msg_command.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace tests {

/// What `tollgate-sim msg ...` did.
struct MsgRun {
    int exit = 0;
    std::string out;
    std::string talk; ///< standard error

    [[nodiscard]] bool says(std::string_view text) const
    {
        return out.find(text) != std::string::npos || talk.find(text) != std::string::npos;
    }
};

/// The message tools in this process.
/// words    behind `tollgate-sim msg`
inline MsgRun run_msg(std::vector<std::string> words, const std::string& standard_input = {})
{
    CLI::App program{"test"};
    program.require_subcommand(1);
    sim::MsgCommand msg(program);
    words.insert(words.begin(), "msg");
    std::reverse(words.begin(), words.end()); // as CLI11 wants them
    std::istringstream in(standard_input);
    std::ostringstream out;
    std::ostringstream talk;
    int exit = 0;
    try {
        program.parse(words);
        exit = static_cast<int>(msg.run(in, out, talk));
    } catch (const CLI::ParseError& error) {
        exit = program.exit(error, out, talk) == 0 ? 0 : 2;
    } catch (const sim::InputError& error) {
        talk << error.what();
        exit = 2;
    } catch (const codec::DialectError& error) {
        talk << error.what();
        exit = 2;
    }
    return {exit, out.str(), talk.str()};
}

} // namespace tests
