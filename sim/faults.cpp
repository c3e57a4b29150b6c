#include "sim/faults.hpp"

namespace sim {

namespace {

bool waits_for_ever(const Passage& passage)
{
    return passage.kind == Passage::Kind::lost || passage.kind == Passage::Kind::held;
}

} // namespace

bool stays_silent(const Fate& fate)
{
    return waits_for_ever(fate.request) || waits_for_ever(fate.answer);
}

std::string text_of(const Passage& passage)
{
    switch (passage.kind) {
    case Passage::Kind::straight:
        return {};
    case Passage::Kind::lost:
        return "lost";
    case Passage::Kind::held:
        return "held";
    case Passage::Kind::delayed:
        return "delayed " + std::to_string(passage.delay.count()) + " ms";
    }
    return {};
}

} // namespace sim
