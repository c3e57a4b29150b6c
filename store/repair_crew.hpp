#pragma once

#include "store/repair.hpp"
#include "store/repair_boot.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

namespace store {

struct RepairCrewSettings {
    RepairSettings repair;
    std::chrono::milliseconds beat_every{1'000};
    std::chrono::milliseconds work_every{1'000};  ///< own undos
    std::chrono::milliseconds look_every{60'000}; ///< everything else
    /// For the log, from any of its threads: trouble with the database, and what was repaired.
    std::function<void(std::string_view event, std::string_view detail)> on_event = {};
};

/// The repair of one server process: a thread that tells the database that the process lives, and one per
/// kind that repairs while it leads its kind. Each has its own sessions; none is on the path of a message.
class RepairCrew {
public:
    RepairCrew(RepairCrewSettings settings, const Boot& boot);
    /// Call stop() before: else it waits for what the database is in the middle of.
    ~RepairCrew();
    RepairCrew(const RepairCrew&) = delete;
    RepairCrew& operator=(const RepairCrew&) = delete;

    /// What the next beat tells. From any thread; does not block.
    void settled(const authz::Settled& settled);
    /// No more repairs from here.
    /// returns  false when a thread still hangs in the database after `limit`: this must not be destroyed
    [[nodiscard]] bool stop(std::chrono::milliseconds limit);
    /// The last word of the process, tried until `limit`. Call stop() before.
    /// returns  false when the database did not take it
    [[nodiscard]] bool leave(const Leaving& leaving, std::chrono::milliseconds limit);

private:
    struct Body;
    std::unique_ptr<Body> body_;
};

} // namespace store
