#include "tests/support/certificates.hpp"
#include "tests/support/hostile_hello.hpp"
#include "tests/support/running_listener.hpp"
#include "tests/support/tls_peer.hpp"

#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace wire;
using test::parties;

namespace {

namespace asio = boost::asio;

long serial_seen(const TlsPeer& peer)
{
    return ASN1_INTEGER_get(X509_get0_serialNumber(SSL_get0_peer_certificate(peer.ssl())));
}

} // namespace

TEST_CASE("tls link: a reload gives new connections the new certificate and leaves open ones alone")
{
    auto& all = parties();
    auto config = all.server_config();
    const auto first = all.authority.issue("reloaded");
    config.certificate_file = first.certificate;
    config.private_key_file = first.key;
    RunningListener running(config);
    const TlsPeer before(running.port, all.client_config());
    CHECK(before.code_of(management("301")) == "00");
    CHECK(serial_seen(before) == first.serial);

    const auto second = all.authority.issue("reloaded");
    running.on_thread([&] { running.tls->reload(); });
    const TlsPeer after(running.port, all.client_config());
    CHECK(after.code_of(management("301")) == "00");
    CHECK(serial_seen(after) == second.serial);
    CHECK(before.code_of(management("301")) == "00");

    std::filesystem::copy_file(all.client.key, second.key, std::filesystem::copy_options::overwrite_existing);
    running.on_thread([&] { CHECK_THROWS_AS(running.tls->reload(), net::TlsError); });
    const TlsPeer last(running.port, all.client_config());
    CHECK(last.code_of(management("301")) == "00");
    CHECK(serial_seen(last) == second.serial);
    CHECK(before.code_of(management("301")) == "00");
}

TEST_CASE("tls link: handshakes that fail are counted, others are not")
{
    RunningListener running(parties().server_config());
    const TlsPeer good(running.port, parties().client_config());
    CHECK(good.code_of(management("301")) == "00");
    CHECK(running.counters->handshakes_failed.value() == 0);
    const Peer plain(running.port);
    plain.send(sale());
    CHECK(plain.is_ended());
    CHECK(running.counters->bytes_received.value() > 0);
    const TlsPeer nameless(running.port, net::TlsConfig{});
    CHECK(nameless.is_refused());
    CHECK(good.code_of(management("301")) == "00"); // by now both are known
    CHECK(running.counters->handshakes_failed.value() == 2);
}

TEST_CASE("tls link: nothing is calculated for who says hello and goes")
{
    RunningListener running(parties().server_config());
    Peer gone;
    running.on_thread([&] { // all of it is there before the listener looks
        gone.connect(running.port);
        gone.send(hostile::client_hello());
        gone.end_sending();
    });
    Bytes flight(1);
    CHECK(::recv(gone.fd(), flight.data(), flight.size(), 0) <= 0);
    const Peer here(running.port);
    here.send(hostile::client_hello());
    CHECK(::recv(here.fd(), flight.data(), flight.size(), 0) == 1);
}

TEST_CASE("tls link: who says at once why there is no handshake, and goes, is heard")
{
    using Counts = std::map<std::string, std::uint64_t>;
    SUBCASE("plaintext to our port")
    {
        RunningListener running(parties().server_config());
        Peer gone;
        running.on_thread([&] { // all of it is there before the listener looks
            gone.connect(running.port);
            gone.send(frame(sale()));
            gone.end_sending();
        });
        CHECK(gone.ends());
        CHECK(running.counters->connections_closed.values() == Counts{{"tls_not_tls", 1}});
    }
    SUBCASE("an alert from whom we have dialled")
    {
        RunningListener running(parties().server_config()); // its parts serve the dialled connection
        running.context.tls =
            std::make_shared<net::TlsContext>(parties().client_config(), net::Role::connect);
        std::promise<void> closed;
        running.context.on_closed = [&](const auto&) { closed.set_value(); };
        const auto network = running.on_thread([&] { // all of it is there before the connection looks
            asio::ip::tcp::acceptor acceptor(running.io, {asio::ip::address_v4::loopback(), 0});
            asio::ip::tcp::socket socket(running.io);
            socket.connect(acceptor.local_endpoint());
            auto accepted = acceptor.accept();
            asio::write(accepted, asio::buffer(Bytes{21, 3, 3, 0, 2, 2, 70})); // fatal: protocol version
            accepted.shutdown(asio::socket_base::shutdown_send);
            const auto context = std::make_shared<net::ConnectionContext>(running.context);
            std::make_shared<net::Connection>(std::move(socket), context, net::Admission::Place{},
                                              "tollgate.test")
                ->start();
            return std::make_shared<asio::ip::tcp::socket>(std::move(accepted));
        });
        closed.get_future().wait();
        CHECK(running.counters->connections_closed.values() == Counts{{"tls_old_version", 1}});
    }
}

TEST_CASE("tls link: one that we have dialled serves its link as soon as the host is known")
{
    auto& all = parties();
    auto config = all.client_config();
    config.peer_names.clear();
    struct Row {
        std::string host;
        bool is_right;
    };
    for (const Row& row : {Row{"tollgate.test", true}, Row{"127.0.0.1", true}, Row{"other.test", false}}) {
        CAPTURE(row.host);
        RunningListener ours(all.server_config()); // its parts serve the dialled connection
        ours.context.tls = std::make_shared<net::TlsContext>(config, net::Role::connect);
        std::promise<void> closed;
        ours.context.on_closed = [&](const auto&) { closed.set_value(); };
        asio::ip::tcp::acceptor acceptor(ours.io, {asio::ip::address_v4::loopback(), 0});
        const auto place = acceptor.local_endpoint();
        const auto connection = ours.on_thread([&] {
            asio::ip::tcp::socket socket(ours.io);
            socket.connect(place);
            const auto context = std::make_shared<net::ConnectionContext>(ours.context);
            const auto made = std::make_shared<net::Connection>(std::move(socket), context,
                                                                net::Admission::Place{}, row.host);
            made->start();
            return made;
        });
        auto accepted = acceptor.accept();
        accepted.native_non_blocking(false);
        const TlsPeer network(Peer::Descriptor{accepted.release()}, all.server_config());
        const bool is_name = row.host != "127.0.0.1";
        const char* const named = SSL_get_servername(network.ssl(), TLSEXT_NAMETYPE_host_name);
        CHECK((named != nullptr) == is_name);
        if (is_name && named != nullptr) CHECK(row.host == named);
        CHECK((network.code_of(management("301")) == "00") == row.is_right);
        ours.on_thread([&] {
            connection->drain(net::Farewell::within(std::chrono::steady_clock::now(), ours.farewell_time));
        });
        if (row.is_right) CHECK(network.is_closed());
        network.tcp().end_sending();
        closed.get_future().wait();
        CHECK(ours.counters->handshakes_failed.value() == (row.is_right ? 0 : 1));
    }
}
