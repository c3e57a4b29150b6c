#include "authz/test_build.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

namespace authz::test_build {

namespace {

constexpr std::size_t points = std::size(crash_points);
constexpr std::size_t name_width = 43;
constexpr std::size_t count_width = 20;
constexpr std::size_t line_bytes = name_width + count_width + 1;

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    return value ? value : "";
}

[[noreturn]] void refuse(const std::string& what)
{
    std::fprintf(stderr, "test build: %s\n", what.c_str());
    std::_Exit(2);
}

/// The file with one line per point, mapped, so that what was counted stays when the process is killed.
/// It is made anew by each process, and locked as long as that lives.
char* map_counters(const std::string& path)
{
    if (path.empty()) return nullptr;
    const int file =
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); // never closed: it holds the lock
    if (file < 0) refuse(path + ": " + std::strerror(errno));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) refuse(path + " is counted into by another process");
    std::string text;
    for (const std::string_view name : crash_points) {
        text += std::string(name) + std::string(name_width - name.size(), ' ');
        text += std::string(count_width, '0') + '\n';
    }
    if (::ftruncate(file, 0) != 0 || ::pwrite(file, text.data(), text.size(), 0) != std::ssize(text))
        refuse(path + ": " + std::strerror(errno));
    void* mapped = ::mmap(nullptr, text.size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) refuse(path + ": " + std::strerror(errno));
    return static_cast<char*>(mapped);
}

struct Death {
    std::size_t point = 0;
    std::uint64_t count = 0;
    int signal = SIGKILL;
};

/// "NAME:N" or "NAME:N:stop"
std::optional<Death> read_death(const std::string& text)
{
    if (text.empty()) return std::nullopt;
    const std::string name = text.substr(0, text.find(':'));
    Death death;
    while (death.point < points && crash_points[death.point] != name) ++death.point;
    const char* const end = text.data() + text.size();
    const auto [rest, error] =
        std::from_chars(text.data() + std::min(name.size() + 1, text.size()), end, death.count);
    const std::string_view mode(rest, static_cast<std::size_t>(end - rest));
    if (mode == ":stop") death.signal = SIGSTOP;
    if (death.point == points || error != std::errc{} || death.count == 0 ||
        (!mode.empty() && mode != ":stop"))
        refuse("TOLLGATE_CRASH_POINT=" + text + " is not NAME:N or NAME:N:stop with a known name");
    return death;
}

/// What the environment asked for, and what was counted so far.
class State {
public:
    State()
        : lines_(map_counters(environment("TOLLGATE_CRASH_COUNTERS"))),
          death_(read_death(environment("TOLLGATE_CRASH_POINT")))
    {
    }

    void count(std::size_t point)
    {
        const std::uint64_t count = counts_[point].fetch_add(1) + 1;
        if (lines_) show(point);
        if (!death_ || death_->point != point || death_->count != count) return;
        ::kill(::getpid(), death_->signal);
        while (death_->signal == SIGKILL) ::pause(); // the signal may find another thread first
    }

    bool is_next(std::size_t point) const
    {
        return death_ && death_->point == point && counts_[point].load() + 1 == death_->count;
    }

private:
    /// Two threads may write one line: whoever holds it writes what is newest then.
    void show(std::size_t point)
    {
        while (shown_[point].test_and_set(std::memory_order_acquire)) {
        }
        char digits[count_width];
        std::uint64_t rest = counts_[point].load();
        for (std::size_t i = count_width; i-- > 0; rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
        std::memcpy(lines_ + point * line_bytes + name_width, digits, count_width);
        shown_[point].clear(std::memory_order_release);
    }

    char* lines_;
    std::optional<Death> death_;
    std::array<std::atomic<std::uint64_t>, points> counts_{};
    std::array<std::atomic_flag, points> shown_{};
};

State& state()
{
    static State the_state;
    return the_state;
}

} // namespace

void reached(std::size_t point)
{
    state().count(point);
}

bool is_next_to_die(std::size_t point)
{
    return state().is_next(point);
}

void list_crash_points()
{
    for (const std::string_view name : crash_points) std::printf("%s\n", name.data());
    std::exit(0);
}

bool is_planted(std::string_view bug)
{
    static const std::string planted = environment("TOLLGATE_PLANTED");
    return !planted.empty() && planted == bug;
}

const char* planted_sql()
{
    static const std::string sql = environment("TOLLGATE_PLANTED_SQL");
    return sql.c_str();
}

} // namespace authz::test_build
