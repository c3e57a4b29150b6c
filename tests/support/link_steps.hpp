#pragma once

#include "tests/support/link_probe.hpp"

#include <functional>
#include <string>
#include <vector>

/// What the two sides of a session do, one after the other, on a link without sockets.
namespace steps {

using namespace wire;
using namespace std::chrono_literals;
using net::Role;
using net::SignOn;
using probe::Probe;

inline std::shared_ptr<net::LinkSettings> settings_for(Role role, SignOn sign_on = SignOn::required)
{
    auto settings = link_settings();
    settings->role = role;
    settings->needs_sign_on = sign_on == SignOn::required;
    settings->echo.interval = 60s;
    return settings;
}

/// With something in the profile changed.
template <class Change> std::shared_ptr<net::LinkSettings> changed(Role role, Change change)
{
    auto settings = settings_for(role);
    auto profile = std::make_shared<net::Profile>(settings->translator->profile());
    change(*profile);
    auto policy = std::make_shared<authz::Policy>();
    settings->translator = std::make_shared<net::Translator>(
        net::TranslatorSettings{"net-a", profile, policy, {"400000"}, token_of});
    return settings;
}

// --- steps of a conversation

using Step = std::function<void(Probe&)>;

/// The last frame of ours, and the network's answer to it.
inline codec::Message last(const Probe& p)
{
    REQUIRE_FALSE(p.replies.empty());
    return p.reply(p.replies.size() - 1);
}
inline codec::Message answer_to_last(const Probe& p, const std::string& code = "00")
{
    return with(as(last(p), "0810"), {{39, code}});
}
inline Step says(const std::string& function)
{
    return [function](Probe& p) { p.receive(management(function)); };
}
inline Step answers(const std::string& code)
{
    return [code](Probe& p) { p.receive(answer_to_last(p, code)); };
}
inline Step waits(std::chrono::milliseconds length)
{
    return [length](Probe& p) {
        p.now += length;
        p.tick();
    };
}
inline void drains(Probe& p)
{
    p.drain();
}
inline void sells(Probe& p)
{
    p.receive(sale());
}

/// DE70 of the requests that we sent.
inline std::vector<std::string> asked_by_us(const Probe& p)
{
    std::vector<std::string> functions;
    for (std::size_t i = 0; i < p.replies.size(); ++i)
        if (!p.reply(i).mti().is_answer()) functions.emplace_back(p.reply(i).get(70));
    return functions;
}

} // namespace steps
