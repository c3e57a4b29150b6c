#include "tests/support/limited_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

namespace test {

namespace {

[[noreturn]] void give_up(const std::string& what)
{
    throw NoLimitedDisk(what + ": " + std::strerror(errno));
}

void write_own(const std::string& name, const std::string& text)
{
    std::ofstream out("/proc/self/" + name);
    out << text << std::flush;
    if (!out) give_up("cannot write /proc/self/" + name);
}

/// Root needs mounts of its own only; anybody else also a user namespace, in which mounting is allowed.
void leave_common_mounts()
{
    if (::unshare(CLONE_NEWNS) != 0) {
        const std::string user = std::to_string(::geteuid());
        const std::string group = std::to_string(::getegid());
        const bool is_bound_root = ::geteuid() == 0; // PostgreSQL's user would not exist in the namespace
        if (is_bound_root || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
            give_up("no mounts of one's own here");
        write_own("setgroups", "deny");
        write_own("uid_map", user + " " + user + " 1\n");
        write_own("gid_map", group + " " + group + " 1\n");
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        give_up("mounts cannot be made private");
}

/// Once per process.
void have_own_mounts()
{
    static bool has_own = false;
    if (!has_own) leave_common_mounts();
    has_own = true;
}

} // namespace

LimitedDisk::LimitedDisk(std::string folder, std::uint64_t bytes) : folder_(std::move(folder))
{
    have_own_mounts();
    const std::string options = "mode=1777,size=" + std::to_string(bytes);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0)
        give_up("cannot mount a tmpfs on " + folder_);
}

LimitedDisk::~LimitedDisk()
{
    ::umount2(folder_.c_str(), MNT_DETACH);
}

void LimitedDisk::fill()
{
    const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) throw std::runtime_error("cannot write " + filler() + ": " + std::strerror(errno));
    const std::vector<char> block(64 * 1024);
    for (std::size_t bytes = block.size(); bytes > 0;)
        if (::write(file, block.data(), bytes) < 0) bytes = errno == EINTR ? bytes : bytes / 2;
    ::close(file);
}

void LimitedDisk::make_room()
{
    std::filesystem::remove(filler());
}

std::uint64_t LimitedDisk::free_bytes() const
{
    return std::filesystem::space(folder_).available;
}

} // namespace test
