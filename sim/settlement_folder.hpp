/// Where a network's settlement files go. A day that cannot be written is kept, and tried again.
#pragma once

#include "sim/settlement.hpp"

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

namespace sim {

/// The disk is full, the folder has gone, ...; what() names the file and says why.
struct SettlementNotWritten : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Writes settlement-NETWORK-DATE-N.csv, N from 1 on and never one that is there, whoever else writes into
/// the folder. It appears whole and on the disk or not at all, and only its owner can read it.
/// throws   SettlementNotWritten
[[nodiscard]] std::filesystem::path write_settlement(const std::filesystem::path& folder,
                                                     const SettlementDay& day);

/// Does all that writing a file takes, and leaves nothing behind but the folder.
/// throws   SettlementNotWritten
void check_settlement_folder(const std::filesystem::path& folder);

/// The days of one network.
class SettlementDays {
public:
    using Moment = std::chrono::steady_clock::time_point;
    struct Events {
        std::function<void(const std::filesystem::path& file, const SettlementDay& day)> written;
        /// Once for each day.
        std::function<void(const SettlementDay& day, const std::string& why)> put_off;
    };

    SettlementDays(std::filesystem::path folder, std::chrono::milliseconds retry_pause, Events events);

    /// Written at once, behind those that wait, if that is possible.
    void add(SettlementDay day, Moment now);
    /// Tries again what is not written, the oldest first, when the pause is over.
    void retry(Moment now);
    [[nodiscard]] const std::deque<SettlementDay>& unwritten() const { return unwritten_; }

private:
    void write();

    std::filesystem::path folder_;
    std::chrono::milliseconds retry_pause_;
    Events events_;
    std::deque<SettlementDay> unwritten_;
    std::size_t told_ = 0; ///< how many of them were told as put off
    Moment next_ = Moment::min();
};

} // namespace sim
