/// What a load measures: four clocks of each message, put into histograms by stage, by kind and by second.
///
/// Response time counts from the intended time to the answer, service time from the sending to the answer.
/// Slip is how much the generator itself was late; a message that waited because too many were in flight, or
/// because no connection was open, was held, which is the server's doing and no slip.
#pragma once

#include "sim/histogram.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// How often each DE39 came.
class CodeCounts {
public:
    void add(std::string_view code, std::uint64_t times = 1);
    void merge(const CodeCounts& other);
    void clear() { counts_.clear(); }
    [[nodiscard]] std::uint64_t of(std::string_view code) const;
    /// By code.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> sorted() const;

private:
    std::vector<std::pair<std::string, std::uint64_t>> counts_; ///< few: the first ones are the usual ones
};

/// Of some messages.
struct LoadMeasure {
    std::string name;
    std::uint64_t sent = 0;
    std::uint64_t held = 0;       ///< left later than they should, for want of room or connections
    std::uint64_t answered = 0;   ///< late ones too
    std::uint64_t late = 0;       ///< after the deadline
    std::uint64_t declined = 0;   ///< answered by anything but an approval
    std::uint64_t unanswered = 0; ///< counted in `response` as having taken the deadline; `unsent` ones too
    std::uint64_t unsent = 0;     ///< due, and held until their deadline was over and nobody went on
    std::uint64_t came = 0;       ///< answers to whatever message, while the stage lasted
    CodeCounts codes;
    Histogram response;
    Histogram service; ///< of answered ones
    Histogram slip;    ///< of sent ones

    void merge(const LoadMeasure& other);
};

/// What happened in one second, by the time at which it happened. A late answer is in two of them: that in
/// which its deadline passed, and that in which it came.
struct LoadSecond {
    std::int64_t second = 0;   ///< from the begin
    std::uint64_t due = 0;     ///< their intended time lay in it
    std::size_t in_flight = 0; ///< at its end
    LoadMeasure seen;          ///< `unanswered`: their deadline passed in it
};

class LoadTally {
public:
    using Time = std::chrono::nanoseconds; ///< from the begin
    struct Names {
        struct Stage {
            std::string name;
            bool is_recorded = true;
        };
        std::vector<Stage> stages;
        std::vector<std::string> kinds;
    };
    /// Which stage and which kind a message is of.
    struct Part {
        std::size_t stage = 0;
        std::size_t kind = 0;
    };
    /// on_second    after each second, in order
    LoadTally(const Names& names, Time deadline, std::function<void(const LoadSecond&)> on_second);

    void due() { ++second_.due; }
    enum class Left : std::uint8_t { at_once, held };
    void sent(Part part, Time slip, Left how);
    struct Answer {
        std::string_view code;
        bool is_approval = false;
        Time response{0};
        Time service{0};
    };
    void answered(Part part, const Answer& answer);
    /// Its deadline passed; it may still be answered.
    void expired();
    /// It will not be answered any more.
    void unanswered(Part part);
    /// It will not even be sent.
    void unsent(Part part);
    /// An answer, while this stage lasted.
    void came(std::size_t stage) { ++stages_[stage].came; }
    /// Ends the seconds that are over at `now`. To be called before what happens then is told.
    void pass(Time now, std::size_t in_flight)
    {
        if (now >= next_second_) end_seconds(now, in_flight);
    }
    /// Ends the second under way, too.
    void finish(std::size_t in_flight);

    /// Of all stages that are recorded.
    [[nodiscard]] LoadMeasure total() const;
    [[nodiscard]] const std::vector<LoadMeasure>& stages() const { return stages_; }
    /// Of recorded stages.
    [[nodiscard]] const std::vector<LoadMeasure>& kinds() const { return kinds_; }

private:
    void end_seconds(Time now, std::size_t in_flight);
    void end_second(std::size_t in_flight);

    Names names_;
    Time deadline_;
    std::vector<LoadMeasure> stages_;
    std::vector<LoadMeasure> kinds_;
    LoadSecond second_;
    Time next_second_{std::chrono::seconds(1)};
    std::function<void(const LoadSecond&)> on_second_;
};

} // namespace sim
