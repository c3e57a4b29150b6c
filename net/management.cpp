#include "net/management.hpp"

#include "authz/test_build.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace net {

namespace {

const std::string done = "00";
const std::string unavailable = "91";

/// DE7 of what we send: MMDDhhmmss, UTC.
std::string transmission_time(authz::Time wall)
{
    const auto day = std::chrono::floor<std::chrono::days>(wall);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(wall - day)};
    char digits[48];
    std::snprintf(digits, sizeof digits, "%02u%02u%02d%02d%02d", unsigned{date.month()}, unsigned{date.day()},
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return digits;
}

bool contains(const std::vector<std::string>& list, std::string_view function)
{
    return std::find(list.begin(), list.end(), function) != list.end();
}

} // namespace

const ManagementProfile& Management::profile() const
{
    return settings_->translator->profile().session.management;
}

bool Management::serves_requests() const
{
    // Who dials may be asked before its sign-on is answered, where the network needs none.
    const bool is_early = session_ == LinkState::before_sign_on && !settings_->needs_sign_on;
    return session_ == LinkState::up || is_early;
}

// --- what the network asks

std::string Management::asked(const codec::Message& request)
{
    const std::string_view function = request.get(70);
    if (function == "301" || function == "270") return done; // an echo
    if (function == "001" && has_signed_off_) {
        note("sign_on_while_draining", "");
        return unavailable; // over another connection it is welcome
    }
    if (function == "001") {
        has_peer_signed_on_ = true;
        TOLLGATE_CRASH_POINT("link_sign_on_taken");
        note("network_management", "de70=001");
        go(LinkState::up, "signed_on");
        return done;
    }
    if (function == "002") {
        note("network_management", "de70=002");
        go(LinkState::signed_off, "signed_off");
        return done;
    }
    return other_function(request);
}

std::string Management::other_function(const codec::Message& request)
{
    const std::string function(request.get(70));
    if (function == "201") { // each message's own DE15 says to which day it belongs (docs/links.md)
        note("cut_over", "de15=" + std::string(request.get(15)));
        return done;
    }
    if (auto code = key_offered(request); !code.empty()) return code;
    note("network_management", "de70=" + function);
    return contains(profile().noted, function)
               ? done
               : settings_->translator->profile().edge_codes.management_unknown;
}

/// Empty when the message brings no key.
std::string Management::key_offered(const codec::Message& request)
{
    if (!settings_->key_exchange) return {};
    using Verdict = KeyExchange::Verdict;
    const auto& codes = settings_->translator->profile().edge_codes;
    const auto verdict = settings_->key_exchange->take(request);
    if (verdict == Verdict::not_mine) return {};
    note(event_of(verdict), "de70=" + std::string(request.get(70)));
    switch (verdict) {
    case Verdict::taken:
        key_to_keep_ = settings_->key_exchange->to_keep();
        return done;
    case Verdict::not_used:
        return done;
    case Verdict::not_served:
        return codes.management_unknown;
    default:
        return codes.key_refused;
    }
}

// --- what we ask

void Management::opened(Now now)
{
    if (session_ != LinkState::connecting) return;
    heard_ = now.mono;
    const bool signs_on = settings_->role == Role::connect && !profile().sign_on.empty();
    const bool is_up = settings_->role == Role::connect ? !signs_on : !settings_->needs_sign_on;
    go(is_up ? LinkState::up : LinkState::before_sign_on, "connected");
    if (signs_on && !leaving_) ask(Purpose::sign_on, profile().sign_on, now);
}

void Management::drain(Now now, const Farewell& farewell)
{
    if (leaving_) return;
    const LinkState before = state();
    leaving_.emplace(farewell, now.mono);
    orders_.emplace_back(link_action::Changed{before, state(), "drain"});
    if (awaits(Purpose::echo)) pending_ = {}; // it does not matter any more
}

/// Whoever is signed on, or becomes so only now, has a session to end.
bool Management::owes_sign_off() const
{
    const bool is_for_us =
        settings_->role == Role::connect || (has_peer_signed_on_ && profile().sign_off_by == SignOffBy::both);
    return is_for_us && !has_signed_off_ && session_ == LinkState::up && awaits(Purpose::none) &&
           !profile().sign_off.empty();
}

void Management::rest(Now now, Traffic traffic)
{
    if (!leaving_) return;
    if (owes_sign_off()) {
        has_signed_off_ = true;
        ask(Purpose::sign_off, profile().sign_off, now);
    }
    const bool is_awaited = !awaits(Purpose::none) && now.mono < leaving_->first_rest();
    leaving_->look(now.mono, heard_, is_awaited ? Traffic::some : traffic);
}

bool Management::echoes() const
{
    const bool is_open = session_ == LinkState::up || session_ == LinkState::signed_off;
    return settings_->echo.interval && is_open && !leaving_ && awaits(Purpose::none);
}

void Management::tick(Now now)
{
    if (!awaits(Purpose::none) && pending_.deadline <= now.mono) {
        const Purpose purpose = std::exchange(pending_, {}).purpose;
        missed(purpose);
    }
    if (echoes() && heard_ + *settings_->echo.interval <= now.mono) ask(Purpose::echo, profile().echo, now);
}

MonoTime Management::deadline() const
{
    const MonoTime end = leaving_ ? leaving_->deadline() : MonoTime::max();
    if (!awaits(Purpose::none)) return std::min(pending_.deadline, end);
    if (leaving_) return end;
    return echoes() ? heard_ + *settings_->echo.interval : MonoTime::max();
}

void Management::ask(Purpose purpose, const std::string& function, Now now)
{
    pending_ = {.purpose = purpose,
                .transmitted = transmission_time(now.wall),
                .stan = settings_->stans->next(),
                .function = function,
                .asked = now.mono,
                .deadline = now.mono + settings_->echo.timeout};
    codec::Message request(profile().mti);
    request.set(7, pending_.transmitted);
    request.set(11, pending_.stan);
    request.set(70, function);
    for (const auto& [de, value] : profile().elements) request.set(de, value);
    orders_.emplace_back(Ask{std::move(request)});
}

bool Management::answered(const codec::Message& answer)
{
    const bool is_ours = !awaits(Purpose::none) && answer.mti() == codec::answer_to(profile().mti) &&
                         answer.get(7) == pending_.transmitted && answer.get(11) == pending_.stan &&
                         answer.get(70) == pending_.function;
    if (!is_ours) return false;
    settle(std::exchange(pending_, {}), answer.get(39));
    return true;
}

void Management::settle(const Pending& settled, std::string_view code)
{
    using std::chrono::duration_cast, std::chrono::microseconds;
    switch (settled.purpose) {
    case Purpose::sign_on:
        if (code == done) return go(LinkState::up, "signed_on");
        note("sign_on_refused", "de39=" + std::string(code));
        orders_.emplace_back(Finish{CloseReason::sign_on_refused});
        return;
    case Purpose::echo: // whatever it says, somebody is there
        echoes_missed_ = 0;
        settings_->counters->echo_us.add(duration_cast<microseconds>(heard_ - settled.asked).count());
        return;
    case Purpose::sign_off:
    case Purpose::none:
        return;
    }
}

/// Nobody answered in time.
void Management::missed(Purpose purpose)
{
    switch (purpose) {
    case Purpose::sign_on:
        orders_.emplace_back(Finish{CloseReason::sign_on_unanswered});
        return;
    case Purpose::sign_off:
        return note("sign_off_unanswered", "");
    case Purpose::echo:
        ++echoes_missed_;
        note("echo_missed", std::to_string(echoes_missed_) + " in a row");
        if (echoes_missed_ >= settings_->echo.misses_max)
            orders_.emplace_back(Finish{CloseReason::echo_unanswered});
        return;
    case Purpose::none:
        return;
    }
}

// --- orders out

void Management::go(LinkState session, std::string_view reason)
{
    const LinkState before = state();
    session_ = session;
    if (state() == before) return;
    orders_.emplace_back(link_action::Changed{before, state(), reason});
    if (session == LinkState::up && !up_since_) up_since_ = heard_;
}

void Management::note(std::string_view event, std::string detail)
{
    orders_.emplace_back(link_action::Note{event, std::move(detail)});
}

} // namespace net
