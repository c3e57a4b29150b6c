#pragma once

#include "authz/settled.hpp"
#include "store/session.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace store {

/// One run of a server process (decision 0011). Its deliveries are numbered from first_delivery() on; the
/// database remembers below which of them all are settled, so that after a crash the others are known.
struct Boot {
    std::int64_t id = 0;

    [[nodiscard]] std::uint64_t first_delivery() const { return static_cast<std::uint64_t>(id) << 40; }
};

/// Where a delivery came in.
[[nodiscard]] constexpr std::int64_t boot_of(std::uint64_t delivery)
{
    return static_cast<std::int64_t>(delivery >> 40);
}

/// A session for repair and what belongs to it: it may search, and gives up soon.
/// name   as the database shows it: "repair of NODE"
/// throws   as Session
[[nodiscard]] SessionOptions repair_session_options(const std::string& url, const std::string& name);

/// Enters a new boot.
/// throws   the exceptions of libpqxx; PassingTrouble when nobody knows whether it is entered
[[nodiscard]] Boot register_boot(const std::string& url, const std::string& node);

/// The process lives, and this is what it knows.
void beat(Session& session, const Boot& boot, const authz::Settled& settled);

/// What a server leaves behind at its end.
struct Leaving {
    authz::Settled settled;
    std::span<const authz::Request> undos; ///< own undos: it is known that their approvals did not leave
    /// Apart from these undos nothing is unsettled. Else the boot is looked at as one that crashed.
    bool is_complete = false;
};

/// Writes it in one transaction, which waits for no standby.
/// throws   the exceptions of libpqxx; PassingTrouble when nobody knows whether it is written: do it again
void leave(Session& session, const Boot& boot, const Leaving& leaving);

} // namespace store
