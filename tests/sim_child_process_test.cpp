#include "sim/child_process.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <optional>
#include <thread>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using sim::ChildError;
using sim::ChildProcess;
using sim::run_program;

TEST_CASE("child process: it dies with its parent, also when that is killed")
{
    // Whoever loses its parent becomes a child of this process.
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    const pid_t parent = ::fork();
    REQUIRE(parent >= 0);
    if (parent == 0) {
        const ChildProcess child({"/bin/sleep", "1000"}, "/dev/null");
        ::kill(::getpid(), SIGKILL);
        ::_exit(0); // not reached
    }
    int raw = 0;
    REQUIRE(::waitpid(parent, &raw, 0) == parent);
    REQUIRE(WIFSIGNALED(raw));
    REQUIRE(::waitpid(-1, &raw, 0) > 0); // the child: without a parent that cares it would sleep on
    CHECK(WIFSIGNALED(raw));
    CHECK(WTERMSIG(raw) == SIGKILL);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("child process: it outlives the thread that has started it")
{
    std::optional<ChildProcess> child;
    std::thread([&] { child.emplace(std::vector<std::string>{"/bin/sleep", "1000"}, "/dev/null"); }).join();
    CHECK(run_program({"/bin/sleep", "0.1"}, "").status == 0); // time in which it would have been told to end
    CHECK(child->is_running());
}

TEST_CASE("child process: one that is not there is told by its name")
{
    CHECK_THROWS_WITH_AS((void)run_program({"/nowhere/program"}, ""),
                         "cannot start /nowhere/program: No such file or directory", ChildError);
}

TEST_CASE("child process: its streams are those that it was given, and no other descriptor is open")
{
    const auto echoed = run_program({"/bin/cat"}, "a line\n");
    CHECK(echoed.status == 0);
    CHECK(echoed.out == "a line\n");
    const auto listed = run_program({"/bin/ls", "/proc/self/fd"}, "");
    CHECK(listed.out == "0\n1\n2\n3\n"); // the last is the folder that it lists
    CHECK(run_program({"/bin/sh", "-c", "echo err >&2"}, "").err == "err\n");
    CHECK(run_program({"/bin/sh", "-c", "exit 7"}, "").status == 7);
    CHECK(run_program({"/bin/sh", "-c", "kill -TERM $$"}, "").status == 128 + SIGTERM);
}
