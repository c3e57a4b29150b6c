// The limits of the whole process, with real connections: what one peer takes too much of is not missing to
// another.
#include "tests/support/hostile.hpp"

using namespace wire;
using namespace hostile;

namespace {

/// They never read, and none of them is above the limit of one connection.
void never_read_together(const Scene& scene)
{
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 3; ++i) peers.push_back(std::make_unique<Peer>(scene.port, 4'096, hostile_source));
    const Bytes all = echoes(500);
    for (std::size_t open = peers.size(); open > 0;) {
        open = 0;
        for (const auto& peer : peers) open += peer->send(all) ? 1 : 0;
    }
}
void small_buffers(net::Config& config)
{
    config.limits.buffer_bytes_total = 200'000; // reached long before one of them has stalled for too long
}

/// Several with far more requests than the node takes, while nothing is decided.
void fill_the_node(const Scene& scene)
{
    std::vector<std::unique_ptr<Peer>> peers;
    std::size_t stan = 0;
    for (int i = 0; i < 10; ++i) {
        peers.push_back(std::make_unique<Peer>(scene.port, 0, hostile_source));
        peers.back()->send(sales(stan += 100, 100));
    }
    for (const auto& peer : peers) {
        peer->end_sending();
        CHECK(peer->ends());
    }
}
void few_in_flight(net::Config& config)
{
    config.limits.in_flight_total = 60;
}

} // namespace

TEST_CASE("hostile: limits of the whole process are reached by those who take too much")
{
    const Attack attacks[] = {
        {"never read, together", never_read_together, "buffers_full", {}, small_buffers},
        {"fill the node", fill_the_node, "peer_gone", {"request_not_taken"}, few_in_flight},
    };
    for (const Attack& attack : attacks) withstand(attack);
}

TEST_CASE("limits: above those in flight in total a request is met with silence, a reversal is taken")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    config.limits.in_flight_total = 8;
    config.store.workers = 1;
    RunningServer server(books, config);
    const Peer greedy(server.port());
    const Peer modest(server.port());
    CHECK(modest.code_of(management("301")) == "00");
    books.shut();
    for (std::size_t i = 1; i <= 20; ++i) greedy.send(sale(stan_of(i)));
    CHECK(greedy.code_of(management("301")) == "00"); // by now all of them have been read
    CHECK(server.server().totals().in_flight == 4);
    greedy.send(reversal(sale(stan_of(1)), "000901"));
    CHECK(greedy.code_of(management("301")) == "00");
    CHECK(server.server().totals().in_flight == 5);
    for (std::size_t i = 101; i <= 120; ++i) modest.send(sale(stan_of(i)));
    CHECK(modest.code_of(management("301")) == "00");
    CHECK(server.server().totals().in_flight == 7); // its share
    books.open();
    for (int i = 0; i < 5; ++i) CHECK(greedy.read_frame());
    for (int i = 0; i < 2; ++i) CHECK(modest.read_frame());
    CHECK(greedy.code_of(sale(stan_of(20))) == "00"); // the repeat of what had no answer
    CHECK(server.lines_with("request_not_taken") > 0);
}
