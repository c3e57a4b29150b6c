#include "net/recording.hpp"

#include "net/key_file.hpp"
#include "net/wall_clock.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace net {

namespace {

/// How often an idle recording looks for frames. Nobody wakes it: that would cost the connections a system
/// call for each message.
constexpr std::chrono::milliseconds pause{10};
constexpr int lowest_priority = 19;

/// "acq-a-20261123T064500Z": without anything that a folder would understand.
std::string stem_of(const std::string& link, WallTime at)
{
    std::string stem;
    for (const char c : link) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        stem += is_plain || c == '-' || c == '_' ? c : '_';
    }
    const std::time_t seconds =
        std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
    std::tm date{};
    ::gmtime_r(&seconds, &date);
    char text[32];
    (void)std::strftime(text, sizeof text, "-%Y%m%dT%H%M%SZ", &date);
    return stem + text;
}

CaptureHeader header_of(const RecordedLink& link, const Pseudonyms& pseudonyms, WallTime at)
{
    CaptureHeader header;
    header.dialect = link.dialect;
    header.framing = link.envelope.framing.rule->name;
    header.header = codec::header_names()[static_cast<std::size_t>(link.envelope.header)];
    header.network = link.network;
    header.pseudonym_key = pseudonyms.key_id();
    header.source = "record of link " + link.name;
    header.started_at = at;
    return header;
}

Pseudonyms pseudonyms_of(const std::filesystem::path& key_file)
{
    try {
        return {read_key_file(key_file), Bin::six};
    } catch (const std::invalid_argument& wrong) {
        throw RecordError("key file " + key_file.string() + ": " + wrong.what());
    }
}

} // namespace

std::string_view name_of(RecordingEnd end)
{
    constexpr std::string_view names[] = {"stopped",      "bytes_max",    "time_max",
                                          "link_changed", "server_ended", "failed"};
    return names[static_cast<std::size_t>(end)];
}

bool RecordedLink::is_written_as(const RecordedLink& other) const
{
    return dialect == other.dialect && envelope.framing.rule == other.envelope.framing.rule &&
           envelope.header == other.envelope.header && secrets == other.secrets;
}

Recording::Recording(const Order& order, Outside outside)
    : order_(order), outside_(std::move(outside)), started_at_(wall_clock()),
      end_at_(std::chrono::steady_clock::now() + order.time_max), ring_(order.queue_bytes),
      pseudonyms_(pseudonyms_of(order.key_file)),
      keeper_(codec::dialect_named(order.link.dialect), scrubber_, order.link.secrets),
      reader_(order.link.envelope.framing), file_(order.directory, stem_of(order.link.name, started_at_)),
      writer_(file_.stream(), file_.path().string(), header_of(order.link, pseudonyms_, started_at_))
{
    try {
        writer_.flush();
        bytes_ = file_.bytes();
    } catch (const CaptureError& error) {
        throw RecordError(error.what() + (": " + file_.trouble()));
    }
    outside_.log->info("recording_started", {{"link", order_.link.name}, {"file", file_.path().native()}});
    thread_ = std::thread([this] { run(); });
}

Recording::~Recording()
{
    stop(RecordingEnd::server_ended);
}

void Recording::add(const SeenFrame& frame)
{
    if (ring_.add(frame)) return;
    dropped_.fetch_add(1, std::memory_order_relaxed);
    outside_.counters->dropped.add();
}

// --- the thread that writes

void Recording::run()
{
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), lowest_priority); // of this thread alone
    try {
        for (;;) {
            write_for_a_while();
            std::unique_lock lock(mutex_);
            if (is_stopping_) return;
            const auto end = asked_ ? asked_ : reached_limit();
            if (end) {
                lock.unlock();
                outside_.on_end();
                return finish(*end);
            }
            wake_.wait_for(lock, pause, [this] { return is_stopping_ || asked_; });
        }
    } catch (const std::exception& error) {
        outside_.on_end();
        fail(error.what());
    }
}

/// Until none waits, or its limit is reached.
void Recording::write_for_a_while()
{
    const auto use = [this](const SeenFrame& seen) { write(seen); };
    while (!reached_limit() && ring_.take(use)) {
        const std::lock_guard lock(mutex_);
        if (is_stopping_) return;
    }
    writer_.flush();
    bytes_ = file_.bytes();
}

std::optional<RecordingEnd> Recording::reached_limit() const
{
    if (file_.bytes() >= order_.bytes_max) return RecordingEnd::bytes_max;
    if (std::chrono::steady_clock::now() >= end_at_) return RecordingEnd::time_max;
    return std::nullopt;
}

/// A frame that came in was cut by its connection; one of ours has its length and the like around it still.
void Recording::write(const SeenFrame& seen)
{
    const auto number = static_cast<std::uint32_t>(connections_.size() + 1);
    last_at_ = std::max(last_at_, seen.at); // a clock may be set back
    CapturePlace place{last_at_, connections_.try_emplace(seen.connection, number).first->second,
                       seen.direction};
    if (seen.direction == Direction::request) return write_frame(place, seen.bytes);
    for (auto rest = seen.bytes; !rest.empty();) {
        const auto space = reader_.space();
        const auto part = rest.first(std::min(rest.size(), space.size()));
        std::copy(part.begin(), part.end(), space.begin());
        reader_.received(part.size());
        rest = rest.subspan(part.size());
    }
    const auto next = reader_.next();
    if (next.status == codec::FrameReader::Status::message) write_frame(place, next.message);
}

void Recording::write_frame(const CapturePlace& place, std::span<const std::uint8_t> frame)
{
    const auto header = codec::read_header(order_.link.envelope.header, frame);
    const auto message = header ? frame.subspan(header->size) : frame;
    const auto kept = header ? keeper_.keep(message) : std::nullopt;
    if (!header)
        writer_.add(place, Unread{frame.size(), "header: " + std::string(header.error().why)});
    else if (!kept)
        writer_.add(place, Unread{message.size(), codec::text_of(keeper_.error())});
    else
        writer_.add(place, kept->message, kept->dropped);
    keeper_.forget();
    codec::overwrite_dead_stack(); // short values stood in the frames of what has masked them
    ++records_;
    outside_.counters->records.add();
}

// --- the end

void Recording::stop(RecordingEnd why)
{
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_all();
    if (!thread_.joinable()) return;
    thread_.join();
    if (has_ended_) return;
    try {
        finish(why); // not on its own thread, which has the lowest priority
    } catch (const std::exception& error) {
        fail(error.what());
    }
}

void Recording::end_soon(RecordingEnd why)
{
    const std::lock_guard lock(mutex_);
    asked_ = why;
    wake_.notify_all();
}

void Recording::finish(RecordingEnd why)
{
    const auto use = [this](const SeenFrame& seen) { write(seen); };
    while (why != RecordingEnd::bytes_max && ring_.take(use)) {
    }
    const std::uint64_t dropped = dropped_;
    writer_.finish(dropped);
    bytes_ = file_.bytes();
    file_.sync();
    {
        const std::lock_guard lock(mutex_);
        ended_ = name_of(why);
    }
    has_ended_ = true; // before anybody reads that it has
    outside_.log->info("recording_ended", {{"link", order_.link.name},
                                           {"file", file_.path().native()},
                                           {"reason", name_of(why)},
                                           {"records", static_cast<std::int64_t>(records_.load())},
                                           {"dropped", static_cast<std::int64_t>(dropped)}});
}

/// The traffic goes on.
void Recording::fail(std::string_view why)
{
    const std::string system = file_.trouble();
    {
        const std::lock_guard lock(mutex_);
        ended_ = name_of(RecordingEnd::failed);
    }
    has_ended_ = true;
    outside_.log->error("recording_failed", {{"link", order_.link.name},
                                             {"file", file_.path().native()},
                                             {"why", system.empty() ? why : system}});
}

RecordingStatus Recording::status() const
{
    RecordingStatus status;
    status.link = order_.link.name;
    status.file = file_.path().string();
    status.started_at = started_at_;
    status.records = records_;
    status.dropped = dropped_;
    status.bytes = bytes_;
    const std::lock_guard lock(mutex_);
    status.ended = ended_;
    return status;
}

} // namespace net
