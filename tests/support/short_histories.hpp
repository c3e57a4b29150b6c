#pragma once

#include "tests/support/history_events.hpp"
#include "tests/support/history_messages.hpp"
#include "tests/support/history_model.hpp"

/// All short histories of one transaction: their messages, and a model of what they must give.
namespace histories {

/// Walks through all histories of 1 to `length` messages, each one from where its beginning ended: `step`
/// gets a copy of the state there, and the history with the next message at its end.
template <class State, class Step> void walk_histories(std::size_t length, const Alphabet& alphabet,
                                                       const State& state, Step step, History& history)
{
    for (const Event event : alphabet) {
        State next = state;
        history.push_back(event);
        step(next, history);
        if (length > 1) walk_histories(length - 1, alphabet, next, step, history);
        history.pop_back();
    }
}

/// Calls `visit` with each of the 8^1 + ... + 8^length histories.
template <class Visit>
void for_each_history(std::size_t length, Visit visit, const Alphabet& alphabet = without_advices)
{
    struct Nothing {};
    History history;
    const auto step = [&](Nothing&, const History& reached) { visit(reached); };
    walk_histories(length, alphabet, Nothing{}, step, history);
}

} // namespace histories
