/// The answers of a replay judged by those of the capture.
#pragma once

#include "sim/replay_send.hpp"

#include <string>
#include <vector>

namespace sim {

/// Elements of an answer that need not be as they were. docs/replay.md has the list and the reasons.
[[nodiscard]] bool may_differ(int de);

/// What differs, each as its cause: "39: 00 -> 51", "38: length 6 -> 0", "4: another value", "54: not there
/// any more". When the code differs it is the only cause: the rest follows from it. Empty: they are the same.
[[nodiscard]] std::vector<std::string> causes_of(const CapturedAnswer& then, const codec::Message& now);

struct DifferenceCause {
    std::string text;
    std::size_t count = 0;
    std::uint64_t first = 0; ///< number of the record in the capture
};

struct ReplayComparison {
    std::size_t requests = 0; ///< sent once, and answered in the capture
    std::size_t same = 0;
    std::size_t differ = 0;
    std::size_t missing = 0; ///< no answer, or not sent
    std::size_t late = 0;
    std::size_t unreadable = 0;
    std::size_t extra = 0;               ///< answers to nothing
    std::size_t unanswered_then = 0;     ///< requests without an answer in the capture: nothing to compare
    std::size_t unsent_then = 0;         ///< of those: not even sent, since their connection had ended
    std::vector<DifferenceCause> causes; ///< biggest first

    /// Where nothing was compared, or something was not even sent, nothing is the same.
    [[nodiscard]] bool is_same() const
    {
        return requests > 0 && unsent_then == 0 && differ == 0 && missing == 0 && late == 0 &&
               unreadable == 0 && extra == 0;
    }
};

/// Only first copies are compared: a duplicate may rightly be answered in another way.
/// late     an answer after that is one that the network does not wait for
[[nodiscard]] ReplayComparison compare_answers(const ReplayTraffic& traffic, const ReplayPlan& plan,
                                               const SentPlan& sent, std::chrono::milliseconds late);

} // namespace sim
