/// The orderly end of a session: what is still served, and when it is over. Rules are in docs/restart.md.
#include "tests/support/link_steps.hpp"

#include <doctest/doctest.h>

using namespace wire;
using namespace steps;
using namespace std::chrono_literals;
using net::CloseReason;
using net::LinkState;
using net::Role;
using net::SignOn;
using probe::Probe;

namespace {

/// All of them end 500 ms after the last thing that happened, unless there is a reason why not.
constexpr auto quiet = 500ms;
constexpr auto nearly_quiet = quiet - 1ms;

void approves_first(Probe& p)
{
    p.approve(0);
}
void has_unread_bytes(Probe& p)
{
    p.unread = net::Traffic::some;
}

} // namespace

TEST_CASE("link farewell: where the steps of an end lead")
{
    constexpr auto in = Role::listen;
    constexpr auto out = Role::connect;
    constexpr auto needed = SignOn::required;
    constexpr auto optional = SignOn::optional;
    enum class Serves : std::uint8_t { yes, no };
    constexpr auto serves = Serves::yes;
    constexpr auto silent = Serves::no;
    const std::optional<CloseReason> open;
    const std::optional<CloseReason> over = CloseReason::drained;
    struct Row {
        std::string name;
        Role role;
        SignOn sign_on;
        std::vector<Step> steps;
        std::vector<std::string> asked; ///< DE70 of what we ask
        Serves a_sale;
        std::optional<CloseReason> closed;
    };
    const Row rows[] = {
        {"who never signed on is not signed off", in, optional, {drains}, {}, serves, open},
        {"nearly quiet is not quiet", in, optional, {drains, waits(nearly_quiet)}, {}, serves, open},
        {"quiet is the end", in, optional, {drains, waits(quiet)}, {}, serves, over},
        {"an echo breaks it",
         in,
         optional,
         {drains, waits(nearly_quiet), says("301"), waits(nearly_quiet)},
         {},
         serves,
         open},
        {"and then it is quiet",
         in,
         optional,
         {drains, waits(nearly_quiet), says("301"), waits(quiet)},
         {},
         serves,
         over},
        {"what is at the ledger holds it", in, optional, {sells, drains, waits(7s)}, {}, serves, open},
        {"its answer is no quiet yet",
         in,
         optional,
         {sells, drains, waits(7s), approves_first, waits(nearly_quiet)},
         {},
         serves,
         open},
        {"after its answer it is quiet",
         in,
         optional,
         {sells, drains, waits(6s), approves_first, waits(quiet)},
         {},
         serves,
         over},
        {"so do bytes that nobody has read",
         in,
         optional,
         {has_unread_bytes, drains, waits(quiet)},
         {},
         serves,
         open},
        {"who signed on is signed off", in, needed, {says("001"), drains}, {"002"}, serves, open},
        {"once", in, needed, {says("001"), drains, drains, waits(1ms)}, {"002"}, serves, open},
        {"answered, it may be quiet",
         in,
         needed,
         {says("001"), drains, answers("00"), waits(quiet)},
         {"002"},
         serves,
         over},
        {"refused, as well",
         in,
         needed,
         {says("001"), drains, answers("12"), waits(quiet)},
         {"002"},
         serves,
         over},
        {"what crosses it is served, and puts the end off",
         in,
         needed,
         {says("001"), drains, answers("00"), waits(nearly_quiet), sells, approves_first,
          waits(nearly_quiet)},
         {"002"},
         serves,
         open},
        {"unanswered, it waits", in, needed, {says("001"), drains, waits(4'999ms)}, {"002"}, serves, open},
        {"but not for ever",
         in,
         needed,
         {says("001"), drains, waits(5s), waits(quiet)},
         {"002"},
         serves,
         over},
        {"who signed off before is silent to requests",
         in,
         needed,
         {says("001"), says("002"), drains},
         {},
         silent,
         open},
        {"a first sign-on is welcome, and answered by our sign-off",
         in,
         needed,
         {drains, says("001")},
         {"002"},
         serves,
         open},
        {"from the half of the time on, a moment at rest is enough",
         in,
         optional,
         {sells, drains, waits(8s), approves_first},
         {},
         serves,
         over},
        {"also when our sign-off has no answer yet",
         in,
         needed,
         {says("001"), waits(1s), sells, drains, approves_first, waits(8s)},
         {"002"},
         serves,
         over},
        {"behind the last call nothing is begun",
         in,
         optional,
         {sells, drains, waits(10s)},
         {},
         silent,
         open},
        {"and what is in flight is the end",
         in,
         optional,
         {sells, drains, waits(10s), approves_first},
         {},
         silent,
         over},
        {"bytes that nobody has read hold it no longer",
         in,
         optional,
         {has_unread_bytes, drains, waits(10s)},
         {},
         silent,
         over},
        {"who dials signs off", out, needed, {answers("00"), drains}, {"001", "002"}, serves, open},
        {"it waits for what crosses",
         out,
         needed,
         {answers("00"), drains, answers("00"), waits(nearly_quiet)},
         {"001", "002"},
         serves,
         open},
        {"and is over",
         out,
         needed,
         {answers("00"), drains, answers("00"), waits(quiet)},
         {"001", "002"},
         serves,
         over},
        {"before its sign-on is answered it waits",
         out,
         needed,
         {drains, waits(quiet)},
         {"001"},
         silent,
         open},
        {"and then signs off", out, needed, {drains, answers("00")}, {"001", "002"}, serves, open},
        {"signed off by the network it has nothing to say",
         out,
         needed,
         {answers("00"), says("002"), drains, waits(quiet)},
         {"001"},
         silent,
         over},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p(settings_for(row.role, row.sign_on));
        for (const Step& step : row.steps) step(p);
        CHECK(asked_by_us(p) == row.asked);
        CHECK(p.link.state() == LinkState::draining);
        CHECK(p.closed == row.closed);
        if (row.closed) continue;
        const auto before = p.asked.size();
        p.receive(sale("000555"));
        CHECK(p.asked.size() == before + (row.a_sale == Serves::yes ? 1 : 0));
        p.receive(reversal(sale("000777"))); // an order: taken to the end
        CHECK(p.asked.size() == before + (row.a_sale == Serves::yes ? 2 : 1));
    }
}

TEST_CASE("link farewell: the deadline is the moment at which the next row of the rules takes hold")
{
    Probe p(settings_for(Role::listen, SignOn::optional));
    drains(p);
    CHECK(p.deadline == p.now + quiet);
    sells(p);
    const auto rest = p.now + 8s;
    p.at(8s - 1ms);
    p.tick();
    CHECK(p.deadline <= rest);
    p.at(8s);
    p.tick();
    CHECK(p.deadline <= probe::start + 10s);
    CHECK_FALSE(p.closed);
}

TEST_CASE("link farewell: a sign-on behind our sign-off is refused, and the session stays signed off")
{
    Probe p(settings_for(Role::listen));
    says("001")(p);
    drains(p);
    says("001")(p);
    CHECK(p.code(p.replies.size() - 1) == "91");
    CHECK(p.saw("sign_on_while_draining"));
    CHECK(asked_by_us(p) == std::vector<std::string>{"002"});
}

TEST_CASE("link farewell: a network may want that only who dials signs off")
{
    const auto only_dialler = [](net::Profile& profile) {
        profile.session.management.sign_off_by = net::SignOffBy::dialler;
    };
    Probe listener(changed(Role::listen, only_dialler));
    says("001")(listener);
    drains(listener);
    CHECK(asked_by_us(listener).empty());
    waits(quiet)(listener);
    CHECK(listener.closed == CloseReason::drained);
    Probe dialler(changed(Role::connect, only_dialler));
    answers("00")(dialler);
    drains(dialler);
    CHECK(asked_by_us(dialler) == std::vector<std::string>{"001", "002"});
}

TEST_CASE("link farewell: a peer that ends its side is answered and let go, with no quiet to wait for")
{
    Probe p(settings_for(Role::listen, SignOn::optional));
    sells(p);
    drains(p);
    p.link.peer_ended();
    p.collect();
    CHECK_FALSE(p.closed);
    approves_first(p);
    CHECK(p.closed == CloseReason::peer_gone);
    CHECK(p.replies.size() == 1);
}
