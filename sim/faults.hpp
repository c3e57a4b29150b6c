/// What happens to a message on its way: the faults that a scenario can order.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sim {

using Milliseconds = std::chrono::milliseconds;

/// What happens to one message in one direction.
struct Passage {
    enum class Kind : std::uint8_t {
        straight, ///< delivered at once
        lost,     ///< never delivered
        held,     ///< delivered when the scenario releases it
        delayed,  ///< delivered `delay` later
    };
    Kind kind = Kind::straight;
    Milliseconds delay{0};

    friend bool operator==(const Passage&, const Passage&) = default;
};

/// What happens to a request and to its answer.
struct Fate {
    Passage request;
    Passage answer;
    int copies = 1; ///< of the request, one behind the other
};

/// True when the terminal cannot get an answer however long it waits: then nobody has to wait.
[[nodiscard]] bool stays_silent(const Fate& fate);

/// For the ladder: "lost", "held", "delayed 600 ms"; empty for straight.
[[nodiscard]] std::string text_of(const Passage& passage);

} // namespace sim
