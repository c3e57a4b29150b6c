#pragma once

#include "authz/ledger.hpp"

#include <functional>
#include <utility>

/// Does something when everything is written and COMMIT is not yet sent, and says then whether it may be.
struct ActingGate : authz::CommitGate {
    enum class Then { opens, stays_shut };

    explicit ActingGate(std::function<void()> an_act, Then a_then = Then::opens)
        : act(std::move(an_act)), then(a_then)
    {
    }
    bool may_commit() override
    {
        act();
        return then == Then::opens;
    }
    std::function<void()> act;
    Then then;
};
