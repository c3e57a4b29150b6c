// Who may come in: allow-lists, and the limits of the process and of each source. No sockets.
#include "net/admission.hpp"
#include "net/allow_list.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using net::Admission;
using Refusal = Admission::Refusal;

namespace {

namespace ip = boost::asio::ip;

const net::MonoTime start{std::chrono::hours{1}};

net::LimitsConfig wide_limits()
{
    net::LimitsConfig limits;
    limits.connections_total = 1'000;
    limits.in_flight_total = 1'000;
    limits.buffer_bytes_total = 1'000'000;
    limits.handshakes_pending = 1'000;
    limits.connections_per_source = 1'000;
    limits.accepts_per_source_second = 1'000;
    return limits;
}

Admission::Arrival arrival(const std::string& peer = "192.0.2.1")
{
    Admission::Arrival arrival;
    arrival.peer = ip::make_address(peer);
    arrival.link_connections_max = 1'000;
    return arrival;
}

std::optional<Refusal> refusal_in(const Admission::Verdict& verdict)
{
    const auto* refusal = std::get_if<Refusal>(&verdict);
    return refusal ? std::optional(*refusal) : std::nullopt;
}

/// An admission, and the places that it has given.
struct Door {
    explicit Door(const net::LimitsConfig& limits) : admission(std::make_shared<Admission>(limits)) {}

    std::optional<Refusal> knock(const Admission::Arrival& who, net::MonoTime now = start)
    {
        auto verdict = admission->admit(who, now);
        const auto refusal = refusal_in(verdict);
        if (!refusal) places.push_back(std::move(std::get<Admission::Place>(verdict)));
        return refusal;
    }

    std::shared_ptr<Admission> admission;
    std::vector<Admission::Place> places;
};

} // namespace

TEST_CASE("allow-list: an address is let in by a prefix that covers it")
{
    struct Row {
        const char* name;
        std::vector<net::Subnet> subnets;
        const char* peer;
        bool is_let_in;
    };
    const Row rows[] = {
        {"nobody is named: everybody", {}, "203.0.113.9", true},
        {"the address itself", {{"192.0.2.1", 32}}, "192.0.2.1", true},
        {"the one beside it", {{"192.0.2.1", 32}}, "192.0.2.0", false},
        {"first of a /20", {{"10.20.16.0", 20}}, "10.20.16.0", true},
        {"last of a /20", {{"10.20.16.0", 20}}, "10.20.31.255", true},
        {"one below a /20", {{"10.20.16.0", 20}}, "10.20.15.255", false},
        {"one above a /20", {{"10.20.16.0", 20}}, "10.20.32.0", false},
        {"bits behind the prefix do not count", {{"10.20.17.99", 20}}, "10.20.16.1", true},
        {"all of IPv4", {{"0.0.0.0", 0}}, "255.255.255.255", true},
        {"all of IPv4 is not IPv6", {{"0.0.0.0", 0}}, "2001:db8::1", false},
        {"all of IPv6 is not IPv4", {{"::", 0}}, "192.0.2.1", false},
        {"all of IPv6 is not mapped IPv4", {{"::", 0}}, "::ffff:192.0.2.1", false},
        {"all of IPv6", {{"::", 0}}, "2001:db8::1", true},
        {"a mapped peer by its own prefix", {{"192.0.2.0", 24}}, "::ffff:192.0.2.7", true},
        {"a mapped peer of another prefix", {{"192.0.2.0", 24}}, "::ffff:192.0.3.7", false},
        {"a mapped prefix", {{"::ffff:192.0.2.0", 120}}, "192.0.2.7", true},
        {"within 2001:db8::/33", {{"2001:db8::", 33}}, "2001:db8:7fff::1", true},
        {"beyond 2001:db8::/33", {{"2001:db8::", 33}}, "2001:db8:8000::1", false},
        {"the second of two", {{"10.0.0.0", 8}, {"192.0.2.0", 24}}, "192.0.2.1", true},
        {"none of two", {{"10.0.0.0", 8}, {"192.0.2.0", 24}}, "192.0.3.1", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(net::AllowList(row.subnets).lets_in(ip::make_address(row.peer)) == row.is_let_in);
    }
}

TEST_CASE("allow-list: what is no prefix is refused")
{
    for (const net::Subnet& subnet : {net::Subnet{"example.com", 8}, net::Subnet{"10.0.0.0", 33},
                                      net::Subnet{"2001:db8::", 129}, net::Subnet{"", 0}}) {
        CAPTURE(subnet.address);
        CHECK_THROWS_AS(net::AllowList(std::vector{subnet}), net::SubnetError);
    }
}

TEST_CASE("admission: each limit refuses the first one above it, with its own reason")
{
    struct Row {
        const char* name;
        void (*narrow)(net::LimitsConfig&);
        void (*make)(Admission::Arrival&, std::size_t number);
        std::size_t admitted;
        Refusal then;
    };
    const auto same = [](Admission::Arrival&, std::size_t) {};
    const auto other_sources = [](Admission::Arrival& who, std::size_t number) {
        who.peer = ip::address_v4(0x0A000000U + static_cast<unsigned>(number));
    };
    const auto tls = [](Admission::Arrival& who, std::size_t) { who.is_tls = true; };
    const auto tls_of_others = [](Admission::Arrival& who, std::size_t number) {
        who.is_tls = true;
        who.peer = ip::address_v4(0x0A000000U + static_cast<unsigned>(number));
    };
    const Row rows[] = {
        {"not on the list", [](net::LimitsConfig&) {},
         [](Admission::Arrival& who, std::size_t) { who.is_on_allow_list = false; }, 0,
         Refusal::source_not_allowed},
        {"too fast", [](net::LimitsConfig& limits) { limits.accepts_per_source_second = 7; }, same, 7,
         Refusal::source_too_fast},
        {"too many of a source", [](net::LimitsConfig& limits) { limits.connections_per_source = 5; }, same,
         5, Refusal::source_full},
        {"too many of a link", [](net::LimitsConfig&) {},
         [](Admission::Arrival& who, std::size_t number) {
             who.link_connections = number;
             who.link_connections_max = 4;
         },
         4, Refusal::link_full},
        {"too many of the node", [](net::LimitsConfig& limits) { limits.connections_total = 6; },
         other_sources, 6, Refusal::node_full},
        {"too many handshakes", [](net::LimitsConfig& limits) { limits.handshakes_pending = 9; },
         tls_of_others, 9, Refusal::handshakes_full},
        {"a source has a quarter of the handshakes",
         [](net::LimitsConfig& limits) { limits.handshakes_pending = 12; }, tls, 3, Refusal::handshakes_full},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        auto limits = wide_limits();
        row.narrow(limits);
        Door door(limits);
        for (std::size_t i = 0; i <= row.admitted; ++i) {
            CAPTURE(i);
            auto who = arrival();
            row.make(who, i);
            const auto refusal = door.knock(who);
            REQUIRE(refusal == (i < row.admitted ? std::nullopt : std::optional(row.then)));
        }
        door.places.clear();
        CHECK(door.admission->totals().connections == 0);
        CHECK(door.admission->totals().handshakes == 0);
    }
}

TEST_CASE("admission: buffers that are full keep new connections out until bytes are given back")
{
    auto limits = wide_limits();
    limits.buffer_bytes_total = 1'000;
    Door door(limits);
    REQUIRE(!door.knock(arrival()));
    CHECK(!door.places[0].hold_bytes(1'000)); // above its share
    CHECK(door.knock(arrival("192.0.2.2")) == Refusal::buffers_full);
    CHECK(door.places[0].hold_bytes(100));
    CHECK(!door.knock(arrival("192.0.2.2")));
}

TEST_CASE(
    "admission: whoever holds more than its share is refused more, and all together never pass the limit")
{
    auto limits = wide_limits();
    limits.buffer_bytes_total = 1'000;
    Door door(limits);
    for (int i = 0; i < 5; ++i) REQUIRE(!door.knock(arrival()));
    CHECK(door.places[0].hold_bytes(450)); // half of everything is free for all
    CHECK(door.places[1].hold_bytes(100)); // its share
    CHECK(!door.places[0].hold_bytes(451));
    door.places[0].leave();
    for (std::size_t i = 1; i < 5; ++i) CHECK(door.places[i].hold_bytes(125)); // a quarter of the half
    CHECK(door.admission->totals().buffer_bytes == 500);
    CHECK(!door.places[1].hold_bytes(126));
    CHECK(door.places[1].hold_bytes(125)); // what shrinks is never refused
}

TEST_CASE("admission: however many come one after the other, above the limit each has one request at most")
{
    auto limits = wide_limits();
    limits.in_flight_total = 100;
    limits.buffer_bytes_total = 100;
    Door door(limits);
    std::size_t late = 0;                  // found the limit used up
    for (std::size_t i = 0; i < 50; ++i) { // each fills the share that it has among those before it
        REQUIRE(!door.knock(arrival()));
        late += door.admission->totals().in_flight >= 100 ? 1 : 0;
        CHECK(door.places[i].begin_request());
        while (door.places[i].begin_request()) {
        }
    }
    CHECK(late > 0);
    CHECK(door.admission->totals().in_flight == 100 + late);
}

TEST_CASE("admission: requests in flight have a limit in total, of which each connection has a share")
{
    auto limits = wide_limits();
    limits.in_flight_total = 20;
    Door door(limits);
    for (int i = 0; i < 5; ++i) REQUIRE(!door.knock(arrival()));
    const auto begun_by = [&](std::size_t place) {
        std::size_t count = 0;
        while (door.places[place].begin_request()) ++count;
        return count;
    };
    CHECK(begun_by(0) == 10); // half is for whoever comes first
    for (std::size_t i = 1; i < 5; ++i) CHECK(begun_by(i) == 2);
    CHECK(door.admission->totals().in_flight == 18);
    door.places[1].begin_order(); // passes above
    CHECK(door.admission->totals().in_flight == 19);
    door.places[1].end_requests(2);
    CHECK(begun_by(1) == 1);
    door.places[0].leave(); // with ten in flight
    CHECK(door.admission->totals().in_flight == 8);
    CHECK(begun_by(1) == 2);
}

TEST_CASE("admission: a source gets its rate back with time, never more than a second's worth")
{
    auto limits = wide_limits();
    limits.accepts_per_source_second = 10;
    Door door(limits);
    const auto admitted_at = [&](std::chrono::milliseconds after) {
        std::size_t count = 0;
        while (!door.knock(arrival(), start + after)) ++count;
        return count;
    };
    using std::chrono::milliseconds;
    CHECK(admitted_at(milliseconds{0}) == 10);
    CHECK(admitted_at(milliseconds{99}) == 0);
    CHECK(admitted_at(milliseconds{300}) == 3);
    CHECK(admitted_at(milliseconds{10'000}) == 10);
    CHECK(!door.knock(arrival("192.0.2.2"), start)); // another source has its own
}

TEST_CASE("admission: IPv4 in either form is one source, and so is a /64 of IPv6")
{
    struct Row {
        const char* name;
        const char* first;
        const char* second;
        bool is_one;
    };
    const Row rows[] = {
        {"both forms", "192.0.2.1", "::ffff:192.0.2.1", true},
        {"two of IPv4", "192.0.2.1", "192.0.2.2", false},
        {"one /64", "2001:db8::1", "2001:db8::ffff:2", true},
        {"two /64", "2001:db8::1", "2001:db8:0:1::1", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        auto limits = wide_limits();
        limits.connections_per_source = 1;
        Door door(limits);
        REQUIRE(!door.knock(arrival(row.first)));
        CHECK(door.knock(arrival(row.second)).has_value() == row.is_one);
    }
}

TEST_CASE("admission: a handshake that ends makes room, whether or not its connection stays")
{
    auto limits = wide_limits();
    limits.handshakes_pending = 4; // one of a source
    Door door(limits);
    auto who = arrival();
    who.is_tls = true;
    REQUIRE(!door.knock(who));
    REQUIRE(door.knock(who) == Refusal::handshakes_full);
    door.places[0].end_handshake();
    door.places[0].end_handshake(); // once
    CHECK(door.admission->totals().handshakes == 0);
    REQUIRE(!door.knock(who));
    REQUIRE(door.knock(who) == Refusal::handshakes_full);
    door.places[1].leave();
    CHECK(!door.knock(who));
}

TEST_CASE("admission: however many handshakes few sources begin, another one gets in")
{
    struct Row {
        unsigned sources;
        std::size_t handshakes; ///< that they get
    };
    for (const Row& row : {Row{1, 16}, Row{2, 32}, Row{4, 32}, Row{8, 32}, Row{40, 40}, Row{63, 63}}) {
        CAPTURE(row.sources);
        auto limits = wide_limits();
        limits.handshakes_pending = 64;
        Door door(limits);
        auto who = arrival();
        who.is_tls = true;
        for (unsigned i = 0; i < 20 * row.sources; ++i) {
            who.peer = ip::address_v4(0x0A000000U + i % row.sources);
            (void)door.knock(who);
        }
        CHECK(door.admission->totals().handshakes == row.handshakes);
        who.peer = ip::make_address("192.0.2.2");
        CHECK(!door.knock(who));
        CHECK(door.admission->totals().handshakes <= limits.handshakes_pending);
        door.places.clear();
        CHECK(door.admission->totals().handshakes == 0);
        CHECK(!door.knock(who));
    }
}

TEST_CASE("admission: the memory of sources is bounded, and those with a connection stay in it")
{
    auto limits = wide_limits();
    limits.accepts_per_source_second = 1;
    limits.connections_total = 1'000'000;
    Door door(limits);
    REQUIRE(!door.knock(arrival("192.0.2.1")));
    for (unsigned i = 0; i < 100'000; ++i) {
        auto who = arrival();
        who.peer = ip::address_v4(0x0A000000U + i);
        REQUIRE(!door.knock(who));
        door.places.pop_back();
        REQUIRE(door.admission->totals().sources < 5'000);
    }
    CHECK(door.knock(arrival("192.0.2.1")) == Refusal::source_too_fast); // it was not forgotten
    door.places.clear();
    auto later = arrival("192.0.2.2");
    CHECK(!door.knock(later, start + std::chrono::seconds{2}));
    CHECK(door.admission->totals().sources == 1);
}

TEST_CASE("admission: sources that are refused by the allow-list leave no trace")
{
    Door door(wide_limits());
    auto who = arrival();
    who.is_on_allow_list = false;
    CHECK(door.knock(who) == Refusal::source_not_allowed);
    CHECK(door.admission->totals().sources == 0);
}

TEST_CASE("admission: limits change for what comes from now on")
{
    auto limits = wide_limits();
    limits.connections_total = 1;
    Door door(limits);
    REQUIRE(!door.knock(arrival()));
    REQUIRE(door.knock(arrival()) == Refusal::node_full);
    limits.connections_total = 2;
    door.admission->set_limits(limits);
    REQUIRE(!door.knock(arrival()));
    limits.connections_total = 1;
    door.admission->set_limits(limits);
    CHECK(door.admission->totals().connections == 2);
    door.places.pop_back();
    CHECK(door.knock(arrival()) == Refusal::node_full);
}

TEST_CASE("admission: whoever waits for a descriptor is told of each connection that leaves")
{
    Door door(wide_limits());
    int left = 0;
    door.admission->on_left([&] { ++left; });
    REQUIRE(!door.knock(arrival()));
    auto dialled = door.admission->dialled();
    CHECK(door.admission->totals().connections == 2);
    door.places.clear();
    CHECK(left == 1);
    dialled.leave();
    dialled.leave(); // once
    CHECK(left == 2);
    CHECK(door.admission->totals().connections == 0);
}

TEST_CASE("admission: a place that was moved gives back once, and an empty one has no limit")
{
    Door door(wide_limits());
    REQUIRE(!door.knock(arrival()));
    {
        Admission::Place place = std::move(door.places[0]);
        CHECK(place.begin_request());
        door.places[0] = std::move(place);
        CHECK(door.admission->totals().in_flight == 1);
    }
    CHECK(door.admission->totals().connections == 1);
    door.places.clear();
    CHECK(door.admission->totals().connections == 0);
    CHECK(door.admission->totals().in_flight == 0);
    Admission::Place empty;
    CHECK(empty.begin_request());
    CHECK(empty.hold_bytes(1 << 30));
}
