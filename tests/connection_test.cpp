#include "tests/support/running_server.hpp"

#include <doctest/doctest.h>

using namespace wire;

namespace {

std::string stan_of(std::size_t number)
{
    const std::string digits = std::to_string(number);
    return std::string(6 - digits.size(), '0') + digits;
}

} // namespace

TEST_CASE("connection: a sale over TCP is answered")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    const auto answer = peer.ask(sale());
    CHECK(answer.mti().text() == "0210");
    CHECK(answer.get(39) == "00");
    CHECK(books.balance() == 1'000'000 - 100);
}

TEST_CASE("connection: frames split byte by byte are as good as whole ones")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    for (const std::uint8_t byte : frame(sale())) peer.send(Bytes{byte});
    const auto answer = peer.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).get(39) == "00");
}

TEST_CASE("connection: many requests in flight are all answered")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    constexpr std::size_t count = 500;
    Bytes all;
    for (std::size_t i = 0; i < count; ++i) all = all + frame(sale(stan_of(i)));
    REQUIRE(peer.send(all));
    std::size_t approved = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto answer = peer.read_frame();
        REQUIRE(answer);
        if (unframe(*answer).get(39) == "00") ++approved;
    }
    CHECK(approved == count);
    CHECK(books.balance() == 1'000'000 - 100 * static_cast<std::int64_t>(count));
}

TEST_CASE("connection: an echo does not queue behind sales")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    books.shut();
    peer.send(sale());
    const auto answer = peer.ask(management("301"));
    CHECK(answer.mti().text() == "0810");
    CHECK(answer.get(39) == "00");
    books.open();
    const auto sold = peer.read_frame();
    REQUIRE(sold);
    CHECK(unframe(*sold).get(39) == "00");
}

TEST_CASE("connection: copies in flight get the same bytes for one decision")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    books.shut();
    peer.send(frame(sale()) + frame(as(sale(), "0201")));
    books.wait_for_requests(1);
    CHECK(peer.ask(management("301")).get(39) == "00"); // by now the copy has been read, too
    books.open();
    const auto first = peer.read_frame();
    const auto second = peer.read_frame();
    REQUIRE(first);
    CHECK(first == second);
    CHECK(books.balance() == 1'000'000 - 100);
}

TEST_CASE("connection: garbage is closed while another connection lives")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer good_peer(server.port());
    const Bytes garbage[] = {
        {0xFF, 0xFF, 0x00},                                   // a length above the limit
        {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'},   // "GE" as a length
        frame(Bytes{'n', 'o', ' ', 'm', 'e', 's', 's', 'a'}), // no MTI
        frame(Bytes{0}),
    };
    for (const Bytes& bytes : garbage) {
        CAPTURE(bytes.size());
        const Peer bad_peer(server.port());
        bad_peer.send(bytes);
        CHECK(bad_peer.is_ended());
        CHECK(good_peer.code_of(management("301")) == "00");
    }
    CHECK(good_peer.code_of(sale()) == "00");
    CHECK(server.logged("bad_peer"));
}

TEST_CASE("connection: what is in flight is answered before too many mistakes close")
{
    SharedBooks books;
    RunningServer server(books);
    Bytes malformed;
    for (int i = 0; i < 6; ++i) malformed = malformed + frame(without(sale(), {41}));
    Bytes empty;
    for (int i = 0; i < 11; ++i) empty = empty + frame(Bytes{});
    struct Row {
        Bytes mistakes;
        std::size_t replies;
    };
    std::size_t number = 0;
    for (const Row& row : {Row{malformed, 6}, Row{empty, 0}}) {
        CAPTURE(row.replies);
        const Peer peer(server.port());
        books.shut();
        peer.send(sale(stan_of(++number)));
        peer.send(row.mistakes + frame(management("301")));
        books.wait_for_requests(number);
        for (std::size_t i = 0; i < row.replies; ++i) {
            const auto refusal = peer.read_frame();
            REQUIRE(refusal);
            CHECK(unframe(*refusal).get(39) == "30");
        }
        books.open();
        const auto answer = peer.read_frame();
        REQUIRE(answer);
        CHECK(unframe(*answer).get(11) == stan_of(number));
        CHECK(unframe(*answer).get(39) == "00");
        CHECK(peer.is_ended());
    }
    CHECK(server.logged("format_errors"));
    CHECK(server.logged("empty_frames"));
    CHECK(server.stop());
    CHECK(books.balance() == 1'000'000 - 100 * static_cast<std::int64_t>(number));
}

TEST_CASE("connection: answers before garbage still leave")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    peer.send(frame(management("301")) + Bytes{0xFF, 0xFF, 0x00});
    const auto answer = peer.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).mti().text() == "0810");
    CHECK(peer.is_ended());
}

TEST_CASE("connection: after a half-close what was asked is still answered")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    books.shut();
    peer.send(sale());
    peer.end_sending();
    books.wait_for_requests(1);
    books.open();
    const auto answer = peer.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).get(39) == "00");
    CHECK(peer.is_ended());
}

TEST_CASE("connection: a peer that never reads is closed and another one is served")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port(), 4'096);
    Bytes many;
    for (int i = 0; i < 1'000; ++i) many = many + frame(management("301"));
    bool is_open = true;
    for (int i = 0; i < 1'000 && is_open; ++i) is_open = peer.send(many);
    CHECK_FALSE(is_open);
    CHECK(server.logged("peer_does_not_read"));
    const Peer other(server.port());
    CHECK(other.code_of(sale()) == "00");
}

TEST_CASE("connection: an approval whose connection is gone is undone")
{
    SharedBooks books;
    RunningServer server(books);
    books.shut();
    Peer peer(server.port());
    peer.send(sale("000001"));
    books.wait_for_requests(1);
    peer.reset();
    server.wait_logged("peer_gone");
    books.open();
    CHECK(server.stop()); // own undos are not put off any longer then
    CHECK(books.balance() == 1'000'000);
}

TEST_CASE(
    "connection: until its cut-off an approval that nobody got is given to a repeat on another connection")
{
    SharedBooks books;
    RunningServer server(books);
    books.shut();
    Peer peer(server.port());
    peer.send(sale("000001"));
    books.wait_for_requests(1);
    peer.reset();
    server.wait_logged("peer_gone");
    books.open();
    const Peer other(server.port());
    CHECK(other.code_of(as(sale("000001"), "0201")) == "00");
    CHECK(server.stop());
    CHECK(books.balance() == 1'000'000 - 100);
}

TEST_CASE("connection: a drain finishes what is in flight and accepts no more")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    const Peer idle(server.port());
    CHECK(idle.code_of(management("301")) == "00");
    books.shut();
    peer.send(sale());
    books.wait_for_requests(1);
    server.begin_stop();
    CHECK(idle.is_ended());
    CHECK_THROWS(Peer(server.port()));
    books.open();
    const auto answer = peer.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).get(39) == "00");
    CHECK(peer.is_ended());
    CHECK(server.stop());
}

TEST_CASE(
    "connection: an approval that comes after the drain closed its connection is undone, or told to be left")
{
    SharedBooks books;
    auto config = RunningServer::good_config();
    config.node.drain_timeout = std::chrono::seconds{2};
    RunningServer server(books, config);
    const Peer peer(server.port());
    books.shut();
    peer.send(sale());
    books.wait_for_requests(1);
    server.begin_stop();
    server.wait_logged("\"reason\":\"drain_timeout\"");
    books.open();
    const auto stopped = server.stopped(); // on a very slow machine the time may be over before the undo
    if (stopped == net::Server::Stopped::drained)
        CHECK(books.balance() == 1'000'000);
    else
        CHECK(stopped == net::Server::Stopped::unknown);
}

TEST_CASE("connection: a stop that leaves an effect nobody was told of says so")
{
    SharedBooks books;
    auto config = RunningServer::good_config();
    config.node.drain_timeout = std::chrono::milliseconds{200};
    RunningServer server(books, config);
    books.shut();
    Peer peer(server.port());
    peer.send(sale());
    books.wait_for_requests(1);
    peer.reset();
    server.wait_logged("peer_gone");
    books.shut_after_next(); // the sale passes, its undo does not
    books.open();
    books.wait_for_balance(1'000'000 - 100);
    server.begin_stop();
    server.wait_logged("\"undos\":1");
    CHECK(server.stopped() == net::Server::Stopped::unknown);
    books.open(); // the worker can end
}

TEST_CASE("connection: above connections_max a newcomer is closed")
{
    SharedBooks books;
    auto config = RunningServer::good_config();
    config.links[0].connections_max = 1;
    RunningServer server(books, config);
    const Peer first(server.port());
    CHECK(first.code_of(management("301")) == "00");
    const Peer second(server.port());
    CHECK(second.is_ended());
    CHECK(first.code_of(management("301")) == "00");
}

TEST_CASE("connection: no log line shows a card number")
{
    SharedBooks books;
    RunningServer server(books);
    const Peer peer(server.port());
    (void)peer.ask(sale());
    (void)peer.ask(with(sale(), {{3, "380000"}}));
    (void)peer.ask(without(sale(), {7}));
    auto broken = message_bytes(with(sale(), {{35, pan + "=28121010000000000000"}}));
    broken.pop_back();
    peer.send(frame(broken));
    (void)peer.read_frame();
    CHECK(server.logged("not_served"));
    CHECK(server.logged("format_error"));
    CHECK_FALSE(server.logged(pan));
    CHECK_FALSE(server.logged("2812101"));
}
