/// Other programs: the server under test, and tollgatectl with its input and output. They die with this
/// process, however it ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace sim {

/// A program that cannot be started, or that ended when it should not.
struct ChildError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A running program whose standard output is read line by line. Killed and waited for by the destructor.
class ChildProcess {
public:
    /// arguments        the first is the program's path
    /// stderr_file      where its log goes, appended
    /// throws   ChildError
    ChildProcess(const std::vector<std::string>& arguments, const std::string& stderr_file);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// The next line without its end; nothing when the output ends or nothing comes within `limit`.
    [[nodiscard]] std::optional<std::string> read_line(std::chrono::milliseconds limit);

    void signal(int number) const;
    /// Waits for its end.
    /// returns  exit status, or 128 + signal number
    int wait();
    [[nodiscard]] bool is_running();
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_ = -1;
    int out_ = -1;
    std::string buffered_;
    std::optional<int> status_;
};

struct Finished {
    int status = 0; ///< exit status, or 128 + signal number
    std::string out;
    std::string err;
};

/// Runs a program to its end with `input` as its standard input.
/// throws   ChildError when it cannot be started
[[nodiscard]] Finished run_program(const std::vector<std::string>& arguments, const std::string& input);

} // namespace sim
