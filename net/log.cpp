#include "net/log.hpp"

#include "net/log_writer.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include <unistd.h>

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

std::string json_of(std::string_view event, std::string_view node, std::int64_t left_out, Log::Fields fields)
{
    std::string out = "\"event\":";
    append_quoted(out, event);
    if (!node.empty()) append_quoted(out += ",\"node\":", node);
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

    Body(Level least, std::function<void(std::string_view)> write)
        : logger("tollgate", std::make_shared<FunctionSink>(std::move(write)))
    {
        logger.set_level(spdlog_level(least));
        logger.set_pattern("{\"at\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}",
                           spdlog::pattern_time_type::utc);
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
        left_out.add();
        return -1;
    }

    std::unique_ptr<LogWriter> writer; ///< none: lines go to a function
    spdlog::logger logger;
    std::string node;
    std::array<Counter, 4> records;
    Counter left_out;
    std::mutex mutex;
    std::map<std::string, Rate, std::less<>> rates;
};

Log::Log(Level least, std::string_view node)
{
    auto writer = std::make_unique<LogWriter>(STDERR_FILENO);
    body_ = std::make_unique<Body>(
        least, [&writer = *writer](std::string_view line) { writer.push(std::string(line) + '\n'); });
    body_->writer = std::move(writer);
    body_->node = node;
}

Log::Log(Level least, std::function<void(std::string_view line)> write)
    : body_(std::make_unique<Body>(least, std::move(write)))
{
}

Log::~Log() = default;

void Log::write(Level level, std::string_view event, Fields fields)
{
    if (!body_->logger.should_log(spdlog_level(level))) return;
    const std::int64_t left_out = body_->admit(event);
    if (left_out < 0) return;
    body_->records[static_cast<std::size_t>(level)].add();
    body_->logger.log(spdlog_level(level), json_of(event, body_->node, left_out, fields));
}

void Log::set_level(Level least)
{
    body_->logger.set_level(spdlog_level(least));
}

void Log::flush()
{
    if (body_->writer) body_->writer->flush();
}

Log::Counts Log::counts() const
{
    Counts counts;
    for (std::size_t i = 0; i < counts.records.size(); ++i) counts.records[i] = body_->records[i].value();
    counts.left_out = body_->left_out.value();
    if (!body_->writer) return counts;
    counts.queue_full = body_->writer->dropped();
    counts.not_written = body_->writer->not_written();
    return counts;
}

} // namespace net
