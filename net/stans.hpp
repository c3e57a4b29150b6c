#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace net {

/// Trace numbers (DE11) of the messages that we send on our own. For one thread.
class Stans {
public:
    /// Six digits, 000001 to 999999 and again.
    [[nodiscard]] std::string next()
    {
        last_ = last_ % 999'999 + 1;
        char digits[12];
        std::snprintf(digits, sizeof digits, "%06u", last_);
        return digits;
    }

private:
    std::uint32_t last_ = 0;
};

} // namespace net
