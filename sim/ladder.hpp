/// What happened in a scenario, as a ladder between the terminal and the host. Holds names, MTIs, amounts and
/// codes, never card data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sim {

struct Rung {
    enum class Kind : std::uint8_t {
        request,         ///< terminal -> host
        request_stopped, ///< lost or held on the wire
        request_left,    ///< the wire lets a held or delayed one go
        answer,          ///< host -> terminal
        answer_stopped,  ///< lost or held on the wire
        answer_left,     ///< the wire lets a held or delayed one go
        note,
    };
    Kind kind = Kind::note;
    std::chrono::milliseconds at{0}; ///< since the scenario began
    std::string text;                ///< "0200 s 12.50 EUR"
    std::string fate;                ///< "lost", "held"
};

class Ladder {
public:
    using Clock = std::chrono::steady_clock;

    Ladder() : begin_(Clock::now()) {}

    void add(Rung::Kind kind, std::string text, std::string fate = {});
    [[nodiscard]] const std::vector<Rung>& rungs() const { return rungs_; }

private:
    Clock::time_point begin_;
    std::vector<Rung> rungs_;
};

/// Lines with their ends.
/// host     the right column's title
[[nodiscard]] std::string text_of(const Ladder& ladder, const std::string& host);

} // namespace sim
