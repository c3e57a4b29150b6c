#include "net/recorder.hpp"

#include "net/profile.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace {

constexpr std::size_t ended_max = 20; ///< that are listed

} // namespace

RecordedLink recorded_link(const LinkConfig& link)
{
    RecordedLink recorded;
    recorded.name = link.name;
    recorded.network = link.network;
    recorded.dialect = link.dialect;
    recorded.envelope = link.envelope();
    const auto profile = profile_named(link.profile);
    if (profile->session.key_exchange) recorded.secrets.push_back(profile->session.key_exchange->de);
    return recorded;
}

std::vector<RecordedLink> recorded_links(const std::vector<LinkConfig>& links)
{
    std::vector<RecordedLink> recorded;
    for (const LinkConfig& link : links) recorded.push_back(recorded_link(link));
    return recorded;
}

Recorder::Recorder(std::shared_ptr<RecorderCounters> counters, Log& log)
    : counters_(std::move(counters)), log_(log)
{
}

Recorder::~Recorder()
{
    stop_all();
}

std::shared_ptr<LinkTap> Recorder::tap_of(const RecordedLink& link)
{
    const std::lock_guard lock(mutex_);
    for (const Tapped& one : tapped_)
        if (one.link.name == link.name && one.link.is_written_as(link)) return one.tap;
    tapped_.push_back({link, std::make_shared<LinkTap>(), nullptr});
    return tapped_.back().tap;
}

void Recorder::configure(const RecordConfig& config, std::vector<RecordedLink> links)
{
    const std::lock_guard lock(mutex_);
    config_ = config;
    links_ = std::move(links);
    for (const Tapped& one : tapped_) {
        const bool is_there = std::ranges::any_of(links_, [&](const RecordedLink& link) {
            return link.name == one.link.name && link.is_written_as(one.link);
        });
        if (is_there || !one.recording) continue;
        one.tap->end();
        one.recording->end_soon(RecordingEnd::link_changed);
    }
}

std::string Recorder::names() const
{
    std::string names;
    for (const RecordedLink& link : links_) names += (names.empty() ? "" : ", ") + link.name;
    return names;
}

/// mutex_ is held.
/// throws   RecordError when there is no such link
Recorder::Tapped& Recorder::tapped(const std::string& name)
{
    const auto link = std::ranges::find_if(links_, [&](const RecordedLink& one) { return one.name == name; });
    if (link == links_.end()) throw RecordError("there is no link \"" + name + "\"; there is " + names());
    const auto found = std::ranges::find_if(
        tapped_, [&](const Tapped& one) { return one.link.name == name && one.link.is_written_as(*link); });
    if (found == tapped_.end()) throw RecordError("link \"" + name + "\" does not serve yet");
    return *found;
}

RecordingStatus Recorder::start(const std::string& link, std::optional<std::chrono::milliseconds> time_max)
{
    put_away_ended();
    Recording::Order order;
    {
        const std::lock_guard lock(mutex_);
        const Tapped& one = tapped(link);
        if (one.recording)
            throw RecordError("link \"" + link + "\" is being recorded already, to " +
                              one.recording->status().file);
        if (config_.directory.empty())
            throw RecordError("nothing can be recorded: record.directory is not configured");
        order = {one.link,
                 config_.directory,
                 config_.key_file,
                 config_.bytes_max,
                 std::min(config_.time_max, time_max.value_or(config_.time_max)),
                 config_.queue_bytes};
    }
    const auto tap = tap_of(order.link);
    const auto recording = std::make_shared<Recording>(
        order, Recording::Outside{counters_, &log_, [tap] { tap->switch_off(); }});
    const std::lock_guard lock(mutex_);
    Tapped& one = tapped(link); // a reload may have taken it away
    if (is_over_ || one.tap != tap) throw RecordError("link \"" + link + "\" has just changed; start again");
    one.recording = recording;
    tap->begin(recording);
    return recording->status();
}

RecordingStatus Recorder::stop(const std::string& link)
{
    put_away_ended();
    std::shared_ptr<Recording> recording;
    {
        const std::lock_guard lock(mutex_);
        Tapped& one = tapped(link);
        if (!one.recording) throw RecordError("link \"" + link + "\" is not being recorded");
        one.tap->end();
        recording = std::exchange(one.recording, nullptr);
    }
    recording->stop(RecordingEnd::stopped);
    const RecordingStatus status = recording->status();
    put_away(std::move(recording));
    return status;
}

std::vector<RecordingStatus> Recorder::list()
{
    put_away_ended();
    const std::lock_guard lock(mutex_);
    std::vector<RecordingStatus> all;
    for (const Tapped& one : tapped_)
        if (one.recording) all.push_back(one.recording->status());
    all.insert(all.end(), ended_.begin(), ended_.end());
    return all;
}

void Recorder::stop_all()
{
    std::vector<std::shared_ptr<Recording>> recordings;
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        for (Tapped& one : tapped_) {
            if (!one.recording) continue;
            one.tap->end();
            recordings.push_back(std::exchange(one.recording, nullptr));
        }
    }
    for (const auto& recording : recordings) recording->stop(RecordingEnd::server_ended);
}

/// Those that have ended by themselves give back their threads and memory.
void Recorder::put_away_ended()
{
    std::vector<std::shared_ptr<Recording>> gone;
    {
        const std::lock_guard lock(mutex_);
        for (Tapped& one : tapped_) {
            if (!one.recording || !one.recording->has_ended()) continue;
            one.tap->end();
            gone.push_back(std::exchange(one.recording, nullptr));
        }
    }
    for (auto& recording : gone) put_away(std::move(recording));
}

void Recorder::put_away(std::shared_ptr<Recording> recording)
{
    const std::lock_guard lock(mutex_);
    ended_.push_front(recording->status());
    if (ended_.size() > ended_max) ended_.pop_back();
}

} // namespace net
