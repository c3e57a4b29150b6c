#include "authz/test_build.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

// Each case runs in a child, because what is tested ends the process, and reads its environment only once.

namespace build = authz::test_build;

namespace {

constexpr std::size_t decoded = build::point_named("link_decoded");

struct Environment {
    const char* crash_point = "";
    const char* planted = "";
    std::string counters = {};
};

pid_t start(const Environment& environment, const std::function<int()>& work)
{
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::setenv("TOLLGATE_CRASH_POINT", environment.crash_point, 1);
    ::setenv("TOLLGATE_CRASH_COUNTERS", environment.counters.c_str(), 1);
    ::setenv("TOLLGATE_PLANTED", environment.planted, 1);
    std::_Exit(work());
}

int wait_for(pid_t child, int options = 0)
{
    int status = 0;
    REQUIRE(::waitpid(child, &status, options) == child);
    return status;
}

int run(const Environment& environment, const std::function<int()>& work)
{
    return wait_for(start(environment, work));
}

int reach_ten_times()
{
    for (int i = 0; i < 10; ++i) TOLLGATE_CRASH_POINT("link_decoded");
    return 0;
}

/// The file's name is free when the object is made and when it is gone.
struct CounterFile {
    CounterFile() { std::filesystem::remove(path); }
    ~CounterFile() { std::filesystem::remove(path); }

    std::vector<std::string> lines() const
    {
        std::ifstream file(path);
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }
    std::string path =
        std::filesystem::temp_directory_path() / ("tollgate-counters-" + std::to_string(::getpid()));
};

} // namespace

TEST_CASE("test build: the n-th time that a point is reached ends the process, and what was counted stays")
{
    const CounterFile file;
    const int status = run({.crash_point = "link_decoded:3", .counters = file.path}, reach_ten_times);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    const auto lines = file.lines();
    REQUIRE(lines.size() == std::size(build::crash_points));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string name(build::crash_points[i]);
        const std::string count = i == decoded ? "00000000000000000003" : "00000000000000000000";
        CHECK(lines[i] == name + std::string(43 - name.size(), ' ') + count);
    }
}

TEST_CASE("test build: who counts anew begins at zero")
{
    const CounterFile file;
    CHECK(run({.counters = file.path}, reach_ten_times) == 0);
    CHECK(run({.counters = file.path}, reach_ten_times) == 0);
    CHECK(file.lines().at(decoded).ends_with(" 00000000000000000010"));
}

TEST_CASE("test build: a point that other threads reach as well is counted each time")
{
    const CounterFile file;
    const auto reach_in_threads = [] {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([] {
                for (int n = 0; n < 100; ++n) (void)reach_ten_times();
            });
        return 0;
    };
    CHECK(run({.counters = file.path}, reach_in_threads) == 0);
    CHECK(file.lines().at(decoded).ends_with(" 00000000000000004000"));
}

TEST_CASE("test build: who finds the file in use does not count into it")
{
    const CounterFile file;
    const int descriptor = ::open(file.path.c_str(), O_RDWR | O_CREAT, 0600);
    REQUIRE(::flock(descriptor, LOCK_EX) == 0);
    const int status = run({.counters = file.path}, reach_ten_times);
    ::close(descriptor);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 2);
    CHECK(file.lines().empty());
}

TEST_CASE("test build: a point may stop the process, and it goes on when it is continued")
{
    const pid_t child = start({.crash_point = "link_decoded:10:stop"}, reach_ten_times);
    const int stopped = wait_for(child, WUNTRACED);
    CHECK(WIFSTOPPED(stopped));
    CHECK(::kill(child, SIGCONT) == 0);
    CHECK(wait_for(child) == 0);
}

TEST_CASE("test build: what is to be done before the end is done before that time only")
{
    const auto work = [] {
        int done = 0;
        for (int i = 0; i < 2; ++i) {
            TOLLGATE_BEFORE_CRASH("link_decoded", ++done);
            TOLLGATE_CRASH_POINT("link_decoded");
        }
        TOLLGATE_BEFORE_CRASH("link_decoded", ++done);
        return done; // the third time would end the process
    };
    const int status = run({.crash_point = "link_decoded:3"}, work);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
}

TEST_CASE("test build: an order that cannot be understood is refused")
{
    for (const char* order : {"link_decode:1", "link_decoded", "link_decoded:", "link_decoded:0",
                              "link_decoded:x", "link_decoded:1:sleep", ":1"}) {
        CAPTURE(order);
        const int status = run({.crash_point = order}, reach_ten_times);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 2);
    }
}

TEST_CASE("test build: only the planted bug is there")
{
    const auto work = [] { return (TOLLGATE_PLANTED("one") ? 1 : 0) + (TOLLGATE_PLANTED("other") ? 2 : 0); };
    CHECK(WEXITSTATUS(run({}, work)) == 0);
    CHECK(WEXITSTATUS(run({.planted = "one"}, work)) == 1);
    CHECK(WEXITSTATUS(run({.planted = "other"}, work)) == 2);
}
