/// The session of a link: states, what both sides ask, and every deadline. Rules are in docs/links.md.
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
using probe::start;

TEST_CASE("link management: where the steps of a session lead")
{
    struct Row {
        std::string name;
        Role role;
        SignOn sign_on;
        std::vector<Step> steps;
        LinkState state;
        bool serves; ///< a sale goes to the ledger
        std::optional<CloseReason> closed;
    };
    constexpr auto in = Role::listen;
    constexpr auto out = Role::connect;
    constexpr auto needed = SignOn::required;
    constexpr auto optional = SignOn::optional;
    const std::optional<CloseReason> open;
    const Row rows[] = {
        {"they connect", in, needed, {}, LinkState::before_sign_on, false, open},
        {"they connect, no sign-on needed", in, optional, {}, LinkState::up, true, open},
        {"they sign on", in, needed, {says("001")}, LinkState::up, true, open},
        {"and off", in, needed, {says("001"), says("002")}, LinkState::signed_off, false, open},
        {"off before on", in, needed, {says("002")}, LinkState::signed_off, false, open},
        {"off and on again", in, needed, {says("002"), says("001")}, LinkState::up, true, open},
        {"off without a need for on", in, optional, {says("002")}, LinkState::signed_off, false, open},
        {"we dial", out, needed, {}, LinkState::before_sign_on, false, open},
        {"we dial, requests come early", out, optional, {}, LinkState::before_sign_on, true, open},
        {"our sign-on is accepted", out, needed, {answers("00")}, LinkState::up, true, open},
        {"it is refused",
         out,
         needed,
         {answers("91")},
         LinkState::before_sign_on,
         false,
         CloseReason::sign_on_refused},
        {"it is answered without a code",
         out,
         needed,
         {answers("")},
         LinkState::before_sign_on,
         false,
         CloseReason::sign_on_refused},
        {"it is not answered yet", out, needed, {waits(4'999ms)}, LinkState::before_sign_on, false, open},
        {"it is not answered",
         out,
         needed,
         {waits(5s)},
         LinkState::before_sign_on,
         false,
         CloseReason::sign_on_unanswered},
        {"the network signs on itself", out, needed, {says("001")}, LinkState::up, true, open},
        {"and still must answer",
         out,
         needed,
         {says("001"), waits(5s)},
         LinkState::up,
         false,
         CloseReason::sign_on_unanswered},
        {"the network signs off",
         out,
         needed,
         {answers("00"), says("002")},
         LinkState::signed_off,
         false,
         open},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p(settings_for(row.role, row.sign_on));
        for (const Step& step : row.steps) step(p);
        CHECK(p.link.state() == row.state);
        CHECK(p.closed == row.closed);
        const auto before = p.asked.size();
        p.receive(sale("000555"));
        CHECK(p.asked.size() == before + (row.serves ? 1 : 0));
        if (row.closed) continue;
        p.receive(reversal(sale("000777"))); // an order: taken in every state
        CHECK(p.asked.size() == before + (row.serves ? 2 : 1));
    }
}

TEST_CASE("link management: before it is opened a link is connecting")
{
    const net::Link link(settings_for(Role::connect), {start, good::noon});
    CHECK(link.state() == LinkState::connecting);
    CHECK_FALSE(link.up_since());
}

TEST_CASE("link management: changes are told with their reason, once each")
{
    struct Row {
        std::string name;
        Role role;
        std::vector<Step> steps;
        std::vector<std::string> changes;
    };
    const Row rows[] = {
        {"they sign on twice",
         Role::listen,
         {says("001"), says("001")},
         {"connecting>before_sign_on connected", "before_sign_on>up signed_on"}},
        {"on, off, stop",
         Role::listen,
         {says("001"), says("002"), drains},
         {"connecting>before_sign_on connected", "before_sign_on>up signed_on", "up>signed_off signed_off",
          "signed_off>draining drain"}},
        {"we dial and stop",
         Role::connect,
         {answers("00"), drains, says("002")},
         {"connecting>before_sign_on connected", "before_sign_on>up signed_on", "up>draining drain"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p(settings_for(row.role));
        for (const Step& step : row.steps) step(p);
        std::vector<std::string> changes;
        for (const auto& change : p.changes)
            changes.push_back(std::string(name_of(change.before)) + ">" + std::string(name_of(change.now)) +
                              " " + std::string(change.reason));
        CHECK(changes == row.changes);
    }
}

TEST_CASE("link management: what we ask carries time, a number of its own and the profile's elements")
{
    auto settings = changed(Role::connect, [](net::Profile& profile) {
        profile.session.management.elements = {{33, "998877"}};
    });
    Probe p(settings);
    const auto sign_on = last(p);
    CHECK(sign_on.mti().text() == "0800");
    CHECK(sign_on.get(7) == "1122120000");
    CHECK(sign_on.get(11) == "000001");
    CHECK(sign_on.get(33) == "998877");
    CHECK(sign_on.get(70) == "001");
    CHECK_FALSE(p.replies.back().cutoff);
    const Probe other(settings); // another connection of the link
    CHECK(last(other).get(11) == "000002");
}

TEST_CASE("link management: on a link with headers, what we ask has one of its own")
{
    for (std::size_t kind = 0; kind < codec::header_names().size(); ++kind) {
        CAPTURE(codec::header_names()[kind]);
        auto settings = settings_for(Role::connect);
        settings->envelope.header = static_cast<codec::HeaderKind>(kind);
        const Probe p(settings);
        const auto bytes = std::span<const std::uint8_t>(p.replies.at(0).frame).subspan(2);
        const auto header = codec::read_header(settings->envelope.header, bytes);
        REQUIRE(header.has_value());
        CHECK((header->size > 0) == (kind > 0));
        CHECK_FALSE(header->is_returned_message);
        CHECK(codec::decode(ascii(), bytes.subspan(header->size)).value().get(70) == "001");
    }
}

TEST_CASE("link management: a profile may have no sign-on and no sign-off of ours")
{
    Probe p(changed(Role::connect, [](net::Profile& profile) {
        profile.session.management.sign_on = "";
        profile.session.management.sign_off = "";
    }));
    CHECK(p.link.state() == LinkState::up);
    drains(p);
    CHECK(p.replies.empty());
    waits(500ms)(p);
    CHECK(p.closed == CloseReason::drained);
}

TEST_CASE("link management: trace numbers begin again after the last one")
{
    net::Stans stans;
    for (int i = 1; i < 999'999; ++i) (void)stans.next();
    CHECK(stans.next() == "999999");
    CHECK(stans.next() == "000001");
}

// --- answers to us

TEST_CASE("link management: only the answer with our key fields is our answer; others are ignored and noted")
{
    struct Row {
        std::string name;
        codec::Message (*broken)(codec::Message);
    };
    const Row rows[] = {
        {"another trace number",
         [](codec::Message m) {
             return with(m, {{11, "999998"}});
         }},
        {"none", [](codec::Message m) { return without(m, {11}); }},
        {"another time",
         [](codec::Message m) {
             return with(m, {{7, "1122120001"}});
         }},
        {"another function",
         [](codec::Message m) {
             return with(m, {{70, "301"}});
         }},
        {"no function", [](codec::Message m) { return without(m, {70}); }},
        {"an answer to an advice", [](codec::Message m) { return as(m, "0830"); }},
        {"an answer to a sale", [](codec::Message m) { return as(m, "0210"); }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p(settings_for(Role::connect));
        const auto frames = p.replies.size();
        p.receive(row.broken(answer_to_last(p)));
        CHECK(p.link.state() == LinkState::before_sign_on);
        CHECK(p.saw("answer_nobody_waits_for"));
        CHECK(p.replies.size() == frames); // nobody answers an answer
        p.receive(answer_to_last(p));
        CHECK(p.link.state() == LinkState::up);
    }
}

TEST_CASE("link management: an answer counts once, and where nothing was asked it is ignored")
{
    Probe p(settings_for(Role::connect));
    const auto answer = answer_to_last(p);
    p.receive(answer);
    says("002")(p);
    p.receive(answer); // late, and no sign-on
    CHECK(p.link.state() == LinkState::signed_off);
    CHECK(p.saw("answer_nobody_waits_for"));
    for (const std::string mti : {"0810", "0820", "0830"}) {
        CAPTURE(mti);
        Probe server(settings_for(Role::listen));
        server.receive(with(as(management("001"), mti), {{39, "00"}}));
        const bool is_request = mti == "0820"; // an advice: some hosts sign on with it
        CHECK(server.saw("answer_nobody_waits_for") == !is_request);
        CHECK(server.replies.size() == (is_request ? 1 : 0));
    }
}

TEST_CASE("link management: an answer with any byte broken does no harm and signs nobody on by mistake")
{
    const auto whole = [] {
        Probe p(settings_for(Role::connect));
        return frame(answer_to_last(p));
    }();
    for (std::size_t at = 2; at < whole.size(); ++at)
        for (const int bits : {0x01, 0x10, 0x40, 0x80, 0xFF}) {
            if (at == 4 && bits == 0x01) continue; // 0800: the network signs on itself
            CAPTURE(at);
            CAPTURE(bits);
            auto bytes = whole;
            bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ bits);
            Probe p(settings_for(Role::connect));
            p.receive(bytes);
            CHECK(p.link.state() == LinkState::before_sign_on);
            CHECK(p.replies.size() <= 2); // ours, and a complaint when it reads as a request
        }
}

// --- functions

TEST_CASE("link management: what a function is answered is the profile's choice where it has no rule")
{
    auto settings = changed(Role::listen, [](net::Profile& profile) {
        profile.session.management.noted = {"065"};
        profile.edge_codes.management_unknown = "40";
    });
    struct Row {
        std::string function;
        std::string code;
        std::string event;
    };
    const Row rows[] = {
        {"065", "00", "network_management"},
        {"066", "40", "network_management"},
        {"161", "40", "network_management"},
        {"201", "00", "cut_over"},
        {"270", "00", ""},
        {"301", "00", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.function);
        Probe p(settings);
        p.receive(management(row.function));
        CHECK(p.code(0) == row.code);
        CHECK(p.events == (row.event.empty() ? std::vector<std::string>{} : std::vector{row.event}));
        CHECK(p.link.state() == LinkState::before_sign_on);
    }
}
