/// What a person, or a program, sees of a running load and does to it: a line per second, keys, Ctrl-C.
#pragma once

#include "sim/load_report.hpp"

#include <csignal>
#include <iosfwd>
#include <optional>
#include <string>

#include <termios.h>

namespace sim {

enum class LoadProgress : std::uint8_t {
    none,
    line,  ///< one line that is written over each second
    jsonl, ///< one JSON object per second, schema "tollgate/load-progress/1"
};

/// A line when stderr is a terminal, JSON lines otherwise.
[[nodiscard]] LoadProgress usual_progress();

/// While it lives, keys are read one by one when stdin is a terminal, and the first SIGINT or SIGTERM is
/// kept; the second ends the program at once.
class LoadConsole {
public:
    /// err      must outlive this
    LoadConsole(LoadProgress progress, std::ostream& err);
    ~LoadConsole();
    LoadConsole(const LoadConsole&) = delete;
    LoadConsole& operator=(const LoadConsole&) = delete;

    void show(const LoadRow& row, const std::string& stage);
    /// Something that a person should know, on a line of its own.
    void say(const std::string& text);

    /// The key that was pressed; nothing when none was.
    [[nodiscard]] std::optional<char> key();
    /// Somebody wants the end.
    [[nodiscard]] bool was_interrupted();

private:
    void give_back_terminal();
    void end_line();

    LoadProgress progress_;
    std::ostream& err_;
    bool has_line_ = false;
    bool was_interrupted_ = false;
    bool reads_keys_ = false;
    ::termios before_{};
    ::sigset_t kept_{};
    ::sigset_t mask_before_{};
};

} // namespace sim
