#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace bench {

/// What the disk itself takes to make 8 KiB durable: each is written over the next place of a file that has
/// its size already, as PostgreSQL writes its WAL, and followed by fdatasync.
/// folder    on the volume to be measured
/// returns   milliseconds, ascending
/// throws    std::system_error
[[nodiscard]] std::vector<double> fsync_times_ms(const std::string& folder,
                                                 std::chrono::milliseconds how_long);

/// Of ascending values; part between 0 and 1.
[[nodiscard]] double percentile(const std::vector<double>& ascending, double part);

} // namespace bench
