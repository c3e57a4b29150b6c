#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace net {

/// One line of JSON per event: {"at":...,"level":...,"event":"connection_closed",...}. What goes into a field
/// must be free of card data: a message gets here only through codec::describe_line(). Events that a bad peer
/// could repeat without end are limited per name and second; the next line says how many were left out.
/// Thread-safe.
class Log {
public:
    enum class Level : std::uint8_t { debug, info, warning, error };
    struct Field {
        std::string_view name;
        std::variant<std::string_view, std::int64_t> value;
    };
    using Fields = std::initializer_list<Field>;

    /// To standard error.
    explicit Log(Level least = Level::info);
    /// To a function that takes whole lines.
    Log(Level least, std::function<void(std::string_view line)> write);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void write(Level level, std::string_view event, Fields fields = {});

    void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
    void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
    void warning(std::string_view event, Fields fields = {}) { write(Level::warning, event, fields); }
    void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }

private:
    struct Body;
    std::unique_ptr<Body> body_;
};

} // namespace net
