#pragma once

#include "net/config.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace net {

/// One line of JSON per event: {"at":...,"level":...,"event":"connection_closed","node":...,...};
/// docs/logs.md lists the events. What goes into a field must be free of card data: a message gets here only
/// through codec::describe_line(). Events that a bad peer could repeat without end are limited per name and
/// second; the next line says how many were left out. Thread-safe. Never waits for standard error: a thread
/// of its own writes there, and what does not fit between is dropped and counted.
class Log {
public:
    using Level = LogLevel;
    struct Field {
        std::string_view name;
        std::variant<std::string_view, std::int64_t> value;
    };
    using Fields = std::initializer_list<Field>;

    /// To standard error.
    /// node   in every line; empty: left out
    explicit Log(Level least = Level::info, std::string_view node = {});
    /// To a function that takes whole lines, at once.
    Log(Level least, std::function<void(std::string_view line)> write);
    /// Writes what is left, if that takes less than a second.
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void write(Level level, std::string_view event, Fields fields = {});

    void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
    void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
    void warning(std::string_view event, Fields fields = {}) { write(Level::warning, event, fields); }
    void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }

    void set_level(Level least);
    /// Waits until all is written, a second at most. Before a process ends without destructors.
    void flush();

    /// Lines since the start.
    struct Counts {
        std::array<std::uint64_t, 4> records{}; ///< by level; handed over to be written
        std::uint64_t left_out = 0;             ///< too many of one event in a second
        std::uint64_t queue_full = 0;           ///< nobody takes them
        std::uint64_t not_written = 0;          ///< the system refused, for example a full disk
    };
    [[nodiscard]] Counts counts() const;

private:
    struct Body;
    std::unique_ptr<Body> body_;
};

} // namespace net
