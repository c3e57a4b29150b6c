#pragma once

#include "tests/bench/hostile_honest.hpp"

#include <atomic>
#include <span>

namespace bench {

/// One way to attack; done again and again.
struct HostileAttack {
    const char* name;
    Over honest;                                ///< how the honest client beside it has come
    void (*once)(HostilePorts ports, unsigned); ///< the number of the attempt, from 0
};

[[nodiscard]] std::span<const HostileAttack> hostile_attacks();

/// Somebody who attacks as fast as it can, from a process of its own, until this object ends. It comes from
/// eight addresses, none of which is the honest client's, and its work is nicer to the processors than ours.
class Attacker {
public:
    Attacker(const HostileAttack& attack, HostilePorts ports);
    ~Attacker();
    Attacker(const Attacker&) = delete;
    Attacker& operator=(const Attacker&) = delete;

    /// So far.
    [[nodiscard]] std::size_t attempts() const { return attempts_->load(); }

private:
    std::atomic<std::size_t>* attempts_ = nullptr; ///< in memory that both processes have
    pid_t pid_ = 0;
};

} // namespace bench
