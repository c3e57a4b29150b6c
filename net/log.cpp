#include "net/log.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <map>
#include <mutex>
#include <utility>

namespace net {

namespace {

constexpr std::int64_t lines_per_second_max = 20; ///< of one event name

spdlog::level::level_enum spdlog_level(Log::Level level)
{
    switch (level) {
    case Log::Level::debug:
        return spdlog::level::debug;
    case Log::Level::info:
        return spdlog::level::info;
    case Log::Level::warning:
        return spdlog::level::warn;
    case Log::Level::error:
        break;
    }
    return spdlog::level::err;
}

/// Bytes outside ASCII are shown by their number: what peers send need not be UTF-8.
void append_quoted(std::string& out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (byte < 0x20 || byte >= 0x7F)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
        else
            out += c;
    }
    out += '"';
}

/// Gives whole lines, without their end, to a function.
class FunctionSink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit FunctionSink(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override
    {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        write_(std::string_view(line.data(), line.size() - 1));
    }
    void flush_() override {}

    std::function<void(std::string_view)> write_;
};

std::string json_of(std::string_view event, std::int64_t left_out, Log::Fields fields)
{
    std::string out = "\"event\":";
    append_quoted(out, event);
    for (const Log::Field& field : fields) {
        out += ',';
        append_quoted(out, field.name);
        out += ':';
        if (const auto* number = std::get_if<std::int64_t>(&field.value))
            out += std::to_string(*number);
        else
            append_quoted(out, std::get<std::string_view>(field.value));
    }
    if (left_out > 0) out += ",\"left_out\":" + std::to_string(left_out);
    return out;
}

} // namespace

struct Log::Body {
    struct Rate {
        std::chrono::steady_clock::time_point second{};
        std::int64_t lines = 0;
        std::int64_t left_out = 0;
    };

    explicit Body(std::shared_ptr<spdlog::sinks::sink> sink) : logger("tollgate", std::move(sink))
    {
        logger.set_pattern("{\"at\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}",
                           spdlog::pattern_time_type::utc);
        logger.flush_on(spdlog::level::debug);
    }

    /// How many lines of this event were left out before this one; less than zero: leave out this one, too.
    std::int64_t admit(std::string_view event)
    {
        const std::lock_guard lock(mutex);
        const auto now = std::chrono::steady_clock::now();
        Rate& rate = rates.try_emplace(std::string(event)).first->second;
        if (now - rate.second >= std::chrono::seconds{1}) rate = {now, 0, rate.left_out};
        if (++rate.lines <= lines_per_second_max) return std::exchange(rate.left_out, 0);
        ++rate.left_out;
        return -1;
    }

    spdlog::logger logger;
    std::mutex mutex;
    std::map<std::string, Rate, std::less<>> rates;
};

Log::Log(Level least) : body_(std::make_unique<Body>(std::make_shared<spdlog::sinks::stderr_sink_mt>()))
{
    body_->logger.set_level(spdlog_level(least));
}

Log::Log(Level least, std::function<void(std::string_view line)> write)
{
    body_ = std::make_unique<Body>(std::make_shared<FunctionSink>(std::move(write)));
    body_->logger.set_level(spdlog_level(least));
}

Log::~Log() = default;

void Log::write(Level level, std::string_view event, Fields fields)
{
    if (!body_->logger.should_log(spdlog_level(level))) return;
    const std::int64_t left_out = body_->admit(event);
    if (left_out >= 0) body_->logger.log(spdlog_level(level), json_of(event, left_out, fields));
}

} // namespace net
