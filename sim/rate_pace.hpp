/// When what is scheduled is due, while somebody changes the rate or stops the clock for a while.
#pragma once

#include <chrono>
#include <vector>

namespace sim {

/// Maps times of a schedule to times of the run. What was already due stays due when it was.
class RatePace {
public:
    using Time = std::chrono::nanoseconds; ///< from the begin

    /// When this is due; of what lies behind a pause that still lasts, if it ended at once.
    [[nodiscard]] Time when(Time scheduled) const
    {
        auto piece = pieces_.rbegin();
        while (piece + 1 != pieces_.rend() && scheduled < piece->scheduled) ++piece;
        const double later = static_cast<double>((scheduled - piece->scheduled).count()) / piece->factor;
        return piece->run + Time(static_cast<Time::rep>(later));
    }
    /// How far the schedule has come.
    [[nodiscard]] Time reached(Time now) const
    {
        const Piece& last = pieces_.back();
        if (is_paused_ || now < last.run) return last.scheduled;
        return last.scheduled +
               Time(static_cast<Time::rep>(static_cast<double>((now - last.run).count()) * last.factor));
    }

    [[nodiscard]] double factor() const { return pieces_.back().factor; }
    [[nodiscard]] bool is_paused() const { return is_paused_; }

    /// factor   of the scheduled rate; above 0
    void change(double factor, Time now) { pieces_.push_back({reached(now), now, factor}); }
    void pause(Time now)
    {
        if (is_paused_) return;
        change(factor(), now);
        is_paused_ = true;
    }
    void resume(Time now)
    {
        if (!is_paused_) return;
        change(factor(), now);
        is_paused_ = false;
    }

private:
    /// From this time of the schedule on, which is this time of the run.
    struct Piece {
        Time scheduled{0};
        Time run{0};
        double factor = 1;
    };
    std::vector<Piece> pieces_{{}}; ///< ascending
    bool is_paused_ = false;
};

} // namespace sim
