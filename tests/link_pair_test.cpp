/// Two links to one network, over real connections: an answer leaves where its request came from; if that
/// link is gone, the outcome waits for the repeat, on whatever link (DOMAIN 5, row H5).
#include "tests/support/running_server.hpp"

#include <doctest/doctest.h>

using namespace wire;

namespace {

constexpr std::int64_t full = 1'000'000;
constexpr std::int64_t sold = full - 100;

net::Config two_links(const std::string& other_network)
{
    auto config = RunningServer::good_config();
    auto other = config.links.at(0);
    other.name = "acq-b";
    other.network = other_network;
    config.links.push_back(other);
    return config;
}

/// Both links of one network, a connection on each.
struct Pair {
    explicit Pair(const std::string& other_network = "net-a") : server(books, two_links(other_network)) {}

    /// A request on A has reached the books; then A dies without an answer.
    void lose_a(const codec::Message& request)
    {
        books.shut();
        REQUIRE(a.send(request));
        books.wait_for_requests(1);
        a.reset();
        server.wait_logged("\"event\":\"connection_closed\"");
    }

    SharedBooks books;
    RunningServer server;
    Peer a{server.port("acq-a")};
    Peer b{server.port("acq-b")};
};

/// What was sent before on this connection has been submitted once an echo behind it is answered.
void wait_until_read(const Peer& peer)
{
    REQUIRE(peer.code_of(management("301")) == "00");
}

} // namespace

TEST_CASE("link pair: a request on A, A dies before the answer, the repeat on B gets the answer: one effect")
{
    Pair pair;
    pair.lose_a(sale());
    REQUIRE(pair.b.send(as(sale(), "0201")));
    wait_until_read(pair.b);
    pair.books.open();
    const auto answer = pair.b.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).mti().text() == "0210");
    CHECK(unframe(*answer).get(39) == "00");
    const auto again = pair.b.ask(as(sale(), "0201")); // stored: byte for byte
    CHECK(frame(again) == *answer);
    CHECK(pair.server.stop());
    CHECK(pair.books.balance() == sold); // told on B, so the loss of A undoes nothing
}

TEST_CASE("link pair: the same request on both links at once: one effect, each link gets its own answer")
{
    Pair pair;
    pair.books.shut();
    REQUIRE(pair.a.send(sale()));
    REQUIRE(pair.b.send(as(sale(), "0201")));
    wait_until_read(pair.a);
    wait_until_read(pair.b);
    pair.books.open();
    const auto first = pair.a.read_frame();
    const auto second = pair.b.read_frame();
    REQUIRE(first);
    REQUIRE(second);
    CHECK(*first == *second);
    CHECK(unframe(*first).get(39) == "00");
    CHECK(pair.server.stop());
    CHECK(pair.books.balance() == sold);
}

TEST_CASE("link pair: an answer leaves on the link of its request and on no other")
{
    Pair pair;
    CHECK(pair.a.code_of(sale()) == "00");
    wait_until_read(pair.b); // its first frame is the echo's answer
    CHECK(pair.books.balance() == sold);
}

TEST_CASE("link pair: what A sold, B reverses")
{
    Pair pair;
    CHECK(pair.a.code_of(sale()) == "00");
    CHECK(pair.b.code_of(reversal(sale())) == "00");
    CHECK(pair.books.balance() == full);
    CHECK(pair.a.code_of(as(sale(), "0201")) != ""); // told on either link the same
    CHECK(pair.a.code_of(as(sale(), "0201")) == pair.b.code_of(as(sale(), "0201")));
    CHECK(pair.books.balance() == full);
}

TEST_CASE("link pair: links of two networks share no keys: two effects")
{
    Pair pair("net-b");
    CHECK(pair.a.code_of(sale()) == "00");
    CHECK(pair.b.code_of(sale()) == "00");
    CHECK(pair.books.balance() == full - 200);
}
