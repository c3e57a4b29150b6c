// A new configuration while the server runs: all of it or nothing.
#include "tests/support/reload.hpp"

#include <doctest/doctest.h>

using namespace wire;
using reloading::reload;

namespace {

/// Whether a connection is taken and served.
bool is_served(std::uint16_t port)
{
    try {
        return Peer(port).code_of(management("301")) == "00";
    } catch (const std::runtime_error&) {
        return false;
    }
}

net::LinkConfig another_link(const std::string& name)
{
    net::LinkConfig link = RunningServer::good_config().links.front();
    link.name = name;
    return link;
}

} // namespace

TEST_CASE("reload: a link that is added serves, the others keep their ports and connections")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    RunningServer server(books, config);
    const std::uint16_t port = server.port();
    const Peer before(port);
    CHECK(before.code_of(sale("000001")) == "00");
    config.links.push_back(another_link("acq-b"));
    CHECK(reload(server, config) == "");
    REQUIRE(server.server().listening().size() == 2);
    CHECK(server.port(0) == port);
    CHECK(is_served(server.port(1)));
    CHECK(before.code_of(sale("000002")) == "00");
    CHECK(is_served(port));
}

TEST_CASE("reload: a link that is removed answers what is in flight, ends its connections, and takes none")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    config.links.push_back(another_link("acq-b"));
    RunningServer server(books, config);
    const std::uint16_t port = server.port(1);
    const Peer stays(server.port(0));
    const Peer goes(port);
    const Peer rests(port);
    CHECK(rests.code_of(management("301")) == "00");
    books.shut();
    goes.send(sale("000001"));
    books.wait_for_requests(1);
    config.links.pop_back();
    CHECK(reload(server, config) == "");
    CHECK(rests.is_ended());
    CHECK(!is_served(port));
    books.open();
    const auto answer = goes.read_frame();
    REQUIRE(answer);
    CHECK(unframe(*answer).get(39) == "00");
    CHECK(goes.is_ended());
    CHECK(stays.code_of(sale("000002")) == "00");
    CHECK(server.stop());
}

TEST_CASE("reload: what is wrong anywhere changes nothing")
{
    struct Row {
        const char* name;
        void (*spoil)(net::Config&);
        const char* says;
    };
    const Row rows[] = {
        {"an address that is taken",
         [](net::Config& config) {
             config.links.push_back(another_link("new"));
             config.links.back().addresses.front().port = 1; // replaced by one that is taken
         },
         "cannot listen"},
        {"no address",
         [](net::Config& config) {
             config.links.push_back(another_link("new"));
             config.links.back().addresses.front().host = "nowhere";
         },
         "is not an address"},
        {"no such dialect", [](net::Config& config) { config.links.front().dialect = "none"; }, "none"},
        {"no such profile", [](net::Config& config) { config.links.front().profile = "none"; }, "none"},
        {"a certificate that is not there",
         [](net::Config& config) {
             config.links.front().tls.emplace();
             config.links.front().tls->certificate_file = "/missing/certificate.pem";
         },
         "/missing/certificate.pem"},
        {"no prefix",
         [](net::Config& config) {
             config.links.front().allow = {{"10.0.0.0", 99}};
         },
         "10.0.0.0/99"},
    };
    SharedBooks taken_books;
    const RunningServer other(taken_books);
    SharedBooks books;
    RunningServer server(books);
    const std::uint16_t port = server.port();
    const Peer before(port);
    for (const Row& row : rows) {
        CAPTURE(row.name);
        net::Config config = RunningServer::good_config();
        // Each would also remove the old link, add one, and close the door.
        config.links.front().name = "renamed";
        config.links.front().allow = {{"192.0.2.0", 24}};
        config.limits.connections_total = 0;
        row.spoil(config);
        for (auto& link : config.links)
            if (link.addresses.front().port == 1) link.addresses.front().port = other.port();
        const std::string why = reload(server, config);
        CAPTURE(why);
        CHECK(why.find(row.says) != std::string::npos);
        CHECK(server.server().listening().size() == 1);
        CHECK(before.code_of(management("301")) == "00");
        CHECK(is_served(port));
    }
}

TEST_CASE("reload: limits and allow-lists hold for whoever comes next, in both directions")
{
    SharedBooks books;
    const net::Config wide = RunningServer::good_config();
    RunningServer server(books, wide);
    const Peer before(server.port());
    CHECK(before.code_of(management("301")) == "00");
    struct Row {
        const char* name;
        void (*narrow)(net::Config&);
    };
    const Row rows[] = {
        {"connections in total", [](net::Config& config) { config.limits.connections_total = 1; }},
        {"connections of a source", [](net::Config& config) { config.limits.connections_per_source = 1; }},
        {"connections of the link", [](net::Config& config) { config.links.front().connections_max = 1; }},
        {"allow-list",
         [](net::Config& config) {
             config.links.front().allow = {{"192.0.2.0", 24}};
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        net::Config narrow = wide;
        row.narrow(narrow);
        CHECK(reload(server, narrow) == "");
        CHECK(!is_served(server.port()));
        CHECK(before.code_of(management("301")) == "00");
        CHECK(reload(server, wide) == "");
        CHECK(is_served(server.port()));
        CHECK(server.comes_to(1));
    }
}

TEST_CASE("reload: connections keep the settings that they began with, new ones have the new")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    RunningServer server(books, config);
    const Peer before(server.port());
    CHECK(before.code_of(sale("000001")) == "00");
    config.links.front().sign_on = net::SignOn::required;
    CHECK(reload(server, config) == "");
    CHECK(before.code_of(sale("000002")) == "00");
    const Peer after(server.port());
    after.send(sale("000003"));
    CHECK(after.code_of(management("001")) == "00"); // the sale got no answer
    CHECK(after.code_of(sale("000004")) == "00");
}

TEST_CASE("reload: card prefixes hold for connections that come from now on")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    RunningServer server(books, config);
    const Peer before(server.port());
    CHECK(before.code_of(sale("000001")) == "00");
    config.cards.bins = {"999999"};
    CHECK(reload(server, config) == "");
    CHECK(before.code_of(sale("000002")) == "00");
    CHECK(Peer(server.port()).code_of(sale("000003")) == "15");
}

TEST_CASE("reload: a link under another name keeps the socket of its address")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    RunningServer server(books, config);
    const std::uint16_t port = server.port();
    config.links.front().name = "renamed";
    config.links.front().addresses.front().port = port;
    CHECK(reload(server, config) == "");
    CHECK(server.port() == port);
    CHECK(is_served(port));
    CHECK(server.server().listening().front().link == "renamed");
}
