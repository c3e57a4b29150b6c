#include "net/process_metrics.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace net {

namespace {

/// When the machine was started, seconds since 1970.
double boot_time()
{
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    return 0;
}

/// The fields of /proc/self/stat behind the program's name, which may hold blanks: the first is number 3 of
/// proc(5).
void read_stat(ProcessFigures& figures)
{
    std::ifstream file("/proc/self/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return;
    std::istringstream fields(text.substr(name_end + 1));
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::string field;
    for (int number = 3; fields >> field && number <= 24; ++number) {
        if (number == 14 || number == 15) figures.cpu_seconds += std::stod(field) / ticks;
        if (number == 22) figures.start_time_seconds = boot_time() + std::stod(field) / ticks;
        if (number == 24)
            figures.resident_bytes = std::stoull(field) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
}

} // namespace

ProcessFigures process_figures()
{
    ProcessFigures figures;
    read_stat(figures);
    std::error_code ignored;
    for (std::filesystem::directory_iterator each("/proc/self/fd", ignored), end; !ignored && each != end;
         each.increment(ignored))
        ++figures.open_fds;
    if (figures.open_fds > 0) --figures.open_fds; // the one that reads the folder
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_fds = limit.rlim_cur;
    return figures;
}

} // namespace net
