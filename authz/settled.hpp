#pragma once

#include "authz/request.hpp"

#include <cstdint>

namespace authz {

/// What a process knows of its deliveries: every one below `below` is answered, undone, or silent without an
/// effect. None of the others came before `since`.
struct Settled {
    std::uint64_t below = 0;
    Time since;

    friend bool operator==(const Settled&, const Settled&) = default;
};

} // namespace authz
