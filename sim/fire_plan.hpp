/// What a fault run sends and what happens to it meanwhile: a pure function of the seed and a few numbers.
/// Everything is placed by counts of messages, nothing by the clock.
#pragma once

#include "sim/proxy.hpp"

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <vector>

namespace sim {

/// One message in the order of sending.
struct PlannedMessage {
    enum class Kind : std::uint8_t {
        sale,
        refund, ///< without a sale
        inquiry,
        linked_refund, ///< of the sale `of`
        cancel,        ///< of the sale `of`
        reversal,      ///< of `of`, which may come later: then it overtakes
        marked_repeat, ///< of `of`, with the MTI's repeat digit
        same_bytes,    ///< of `of`, as it was
        other_content, ///< of `of`: its key with another amount
    };
    Kind kind = Kind::sale;
    std::uint32_t card = 0;
    std::int64_t amount_minor = 0;
    std::size_t of = 0; ///< number of another message
    std::uint32_t connection = 0;
};

/// Something that happens to a process.
struct ProcessFault {
    enum class Kind : std::uint8_t {
        server_kill,        ///< SIGKILL, started again
        server_stop,        ///< SIGTERM, started again
        server_freeze,      ///< SIGSTOP, SIGCONT after `wait`
        backend_terminate,  ///< pg_terminate_backend of one of the server's sessions
        backend_kill,       ///< SIGKILL of one: PostgreSQL restarts all of them
        postgres_stop,      ///< immediate stop, started again after `wait`
        postgres_freeze,    ///< SIGSTOP of all its processes, SIGCONT after `wait`
        server_and_postgres ///< immediate stop of PostgreSQL, SIGKILL of the server meanwhile
    };
    static constexpr std::size_t kinds = 8;
    Kind kind = Kind::server_kill;
    std::size_t at = 0; ///< before this message
    std::chrono::milliseconds wait{0};

    friend bool operator==(const ProcessFault&, const ProcessFault&) = default;
};

struct FirePlanSettings {
    std::uint64_t seed = 0;
    std::size_t messages = 20'000;
    std::size_t faults = 0; ///< of processes; 0: one for each 800 messages, and at least one of each kind
    std::uint32_t cards = 500;
    std::uint32_t connections = 4;
    std::chrono::milliseconds freeze_min{2'200}; ///< longer than the network's timeout
};

struct FirePlan {
    FirePlanSettings settings;
    std::vector<PlannedMessage> messages;
    std::vector<ProcessFault> faults; ///< in order of `at`

    /// What the proxy does with a frame. Pure: `number` and direction decide.
    [[nodiscard]] Treatment treatment(Direction direction, std::uint64_t number,
                                      std::size_t message_bytes) const;
};

[[nodiscard]] FirePlan make_fire_plan(const FirePlanSettings& settings);

[[nodiscard]] std::string_view name_of(PlannedMessage::Kind kind);
[[nodiscard]] std::string_view name_of(ProcessFault::Kind kind);
[[nodiscard]] std::string_view name_of(Treatment::Kind kind);

/// A line per fault of a process, per treated frame and per message.
void write_plan(const FirePlan& plan, std::ostream& out);

} // namespace sim
