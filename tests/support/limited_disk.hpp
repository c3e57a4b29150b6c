/// A disk of a few megabytes that a test can fill: a file system in memory, which only this process and those
/// that it starts can see. It is gone with the last of them, however they end.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace test {

/// This machine does not let us mount anything; what() says why.
struct NoLimitedDisk : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class LimitedDisk {
public:
    /// folder   must exist and be empty; everyone may write into what is mounted there
    /// throws   NoLimitedDisk
    LimitedDisk(std::string folder, std::uint64_t bytes);
    ~LimitedDisk();
    LimitedDisk(const LimitedDisk&) = delete;
    LimitedDisk& operator=(const LimitedDisk&) = delete;

    /// Takes all that is free, with a file of its own.
    void fill();
    /// Gives back what fill() took.
    void make_room();

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] std::uint64_t free_bytes() const;

private:
    [[nodiscard]] std::string filler() const { return folder_ + "/filler"; }

    std::string folder_;
};

} // namespace test
