#pragma once

#include "net/config.hpp"
#include "net/link_tap.hpp"
#include "net/recording.hpp"

#include <deque>
#include <optional>

namespace net {

/// As a link's configuration has it.
/// throws   ProfileError
[[nodiscard]] RecordedLink recorded_link(const LinkConfig& link);
[[nodiscard]] std::vector<RecordedLink> recorded_links(const std::vector<LinkConfig>& links);

/// The recordings of a server, one for each link at most. start(), stop() and list() are for one thread, and
/// not for that of the connections: they wait for the disk. The others are for any thread.
class Recorder {
public:
    Recorder(std::shared_ptr<RecorderCounters> counters, Log& log);
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    /// What the connections of a link use; the same for every call while its messages are written alike.
    [[nodiscard]] std::shared_ptr<LinkTap> tap_of(const RecordedLink& link);
    /// From now on. Recordings of links that are gone, or whose messages are written in another way, end.
    void configure(const RecordConfig& config, std::vector<RecordedLink> links);

    /// time_max   if that is less than the configuration's
    /// throws     RecordError: why not
    RecordingStatus start(const std::string& link, std::optional<std::chrono::milliseconds> time_max);
    /// The capture is on the disk when it returns.
    /// throws   RecordError: why not
    RecordingStatus stop(const std::string& link);
    /// What goes on, and behind it the last ones that have ended.
    [[nodiscard]] std::vector<RecordingStatus> list();
    /// The server ends: no more is recorded.
    void stop_all();

private:
    /// A link as its messages are written now, or were before a reload.
    struct Tapped {
        RecordedLink link;
        std::shared_ptr<LinkTap> tap;
        std::shared_ptr<Recording> recording; ///< null: none
    };

    [[nodiscard]] Tapped& tapped(const std::string& link);
    [[nodiscard]] std::string names() const;
    void put_away_ended();
    void put_away(std::shared_ptr<Recording> recording);

    const std::shared_ptr<RecorderCounters> counters_;
    Log& log_;
    std::mutex mutex_; ///< never held while the disk is waited for
    RecordConfig config_;
    std::vector<RecordedLink> links_; ///< of the configuration
    std::deque<Tapped> tapped_;       ///< in the order in which they came; never less
    std::deque<RecordingStatus> ended_;
    bool is_over_ = false;
};

} // namespace net
