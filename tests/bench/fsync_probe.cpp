#include "tests/bench/fsync_probe.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t block_bytes = 8'192;
constexpr std::size_t blocks = 2'048; ///< 16 MiB, as a WAL segment

void expect(bool is_done, const char* what)
{
    if (!is_done) throw std::system_error(errno, std::generic_category(), what);
}

/// Gone from the folder at once, and from the disk with this object.
struct File {
    explicit File(const std::string& folder)
    {
        std::string name = folder + "/fsync-probe-XXXXXX";
        descriptor = ::mkstemp(name.data());
        expect(descriptor >= 0, "fsync probe: no file");
        ::unlink(name.c_str());
    }
    ~File() { ::close(descriptor); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    void write(std::size_t block) const
    {
        static const std::vector<char> bytes(block_bytes, 'x');
        const auto place = static_cast<off_t>(block % blocks * block_bytes);
        expect(::pwrite(descriptor, bytes.data(), bytes.size(), place) == static_cast<ssize_t>(bytes.size()),
               "fsync probe: write");
    }
    void sync() const { expect(::fdatasync(descriptor) == 0, "fsync probe: fdatasync"); }

    int descriptor = -1;
};

} // namespace

std::vector<double> fsync_times_ms(const std::string& folder, std::chrono::milliseconds how_long)
{
    const File file(folder);
    for (std::size_t block = 0; block < blocks; ++block) file.write(block);
    file.sync();
    std::vector<double> times;
    const auto end = Clock::now() + how_long;
    for (std::size_t block = 0; Clock::now() < end; ++block) {
        const auto begin = Clock::now();
        file.write(block);
        file.sync();
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    std::sort(times.begin(), times.end());
    return times;
}

double percentile(const std::vector<double>& ascending, double part)
{
    if (ascending.empty()) return 0;
    return ascending[static_cast<std::size_t>(part * static_cast<double>(ascending.size() - 1))];
}

} // namespace bench
