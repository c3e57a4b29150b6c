/// Writes the messages of a schedule, and tells which of them an answer belongs to. No I/O.
#pragma once

#include "codec/message.hpp"
#include "sim/load_frames.hpp"
#include "sim/message_seal.hpp"
#include "sim/schedule.hpp"
#include "sim/terminal.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sim {

/// What all transactions of a load have in common.
struct LoadWriterSettings {
    std::vector<std::string> scenarios; ///< as Schedule's, "sale+reversal"
    std::vector<CardInHand> cards;      ///< their numbers all of one length
    std::string currency;
    std::size_t merchants = 0;                 ///< DE42, taken in turn; none: the one that the network writes
    std::shared_ptr<const MessageSeal> seal{}; ///< null: messages without MACs
    std::uint64_t seed = 0;                    ///< decides STANs and RRNs
    std::uint64_t start_us = 0; ///< the begin, microseconds since 1970: what DE7, DE12 and DE13 count from
};

class LoadWriter {
public:
    /// schedule, network    must outlive this
    /// throws   std::invalid_argument
    LoadWriter(const NetworkModel& network, const Schedule& schedule, const LoadWriterSettings& settings);

    [[nodiscard]] std::size_t scenarios() const { return frames_.size(); }
    [[nodiscard]] const LoadFrames& frames(std::size_t scenario) const { return frames_[scenario]; }
    /// The step of a message.
    [[nodiscard]] const LoadFrames::Step& step(std::uint32_t message) const;
    /// Puts the frame of a message behind `out`. Depends on schedule and settings alone.
    void append(std::uint32_t message, Bytes& out);

    /// Those of the schedule's messages that carry this STAN at this terminal, and whose answer has this MTI.
    /// candidates   is cleared first
    void asked_by(const codec::Message& answer, std::vector<std::uint32_t>& candidates) const;

private:
    void seal(const LoadFrames& frames, std::size_t step, Bytes& out);
    void set_times(std::size_t step, std::chrono::nanoseconds due);
    [[nodiscard]] std::uint64_t block_of(const Schedule::Transaction& transaction) const;

    const NetworkModel& network_;
    const Schedule& schedule_;
    std::vector<LoadFrames> frames_;
    std::vector<CardInHand> cards_;
    std::size_t merchants_;
    std::shared_ptr<const MessageSeal> seal_;
    Bytes unsealed_; ///< its memory is used again and again
    std::uint64_t start_us_;
    std::uint64_t first_stan_;
    std::uint64_t first_rrn_;
    std::uint64_t first_terminal_;
    LoadDigits digits_;
    /// Texts of the second that was asked for last.
    std::int64_t second_ = -1;
    std::string now_;
    std::string local_;
};

} // namespace sim
