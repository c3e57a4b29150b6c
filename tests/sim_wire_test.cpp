// Connections that do not come up: nobody else waits for them.
#include "codec/frame_rule.hpp"
#include "sim/serve_command.hpp"
#include "sim/serve_links.hpp"
#include "tests/support/deaf_port.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <unistd.h>

using namespace sim;

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds patience{30};
constexpr milliseconds short_limit{50};

/// A host that answers, an address at which nobody does, and what comes from the first.
struct Street {
    Street()
    {
        reach.limit = short_limit;
        events = {[this](const std::string& on, std::span<const std::uint8_t>) { ++messages[on]; },
                  [this](const std::string& on) { ++closed[on]; },
                  {},
                  [this](const std::string& on) { ++up[on]; }};
    }
    [[nodiscard]] Bytes echo() { return writer.encoded(writer.management("301")); }

    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    test::FakeBooks books;
    test::FakeHost host{network->dialect(), [this](const codec::Message& m) { return books.answer(m); }};
    test::DeafPort deaf;
    ServeWriter writer{*network, 1};
    Reach reach;
    Wire::Events events;
    std::map<std::string, int> messages;
    std::map<std::string, int> closed;
    std::map<std::string, int> up;
};

/// A port that was free a moment ago.
Address nobody()
{
    boost::asio::io_context context;
    using boost::asio::ip::tcp;
    const tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    return {"127.0.0.1", acceptor.local_endpoint().port()};
}

std::string problem_of(Wire& wire, const Address& address)
{
    try {
        wire.connect("new", address);
    } catch (const WireError& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("wire: whoever waits for an address that does not answer waits no longer than its limit")
{
    Street street;
    Wire wire(street.network->wire_form(), street.events, street.reach);
    const Address deaf = street.deaf.address();
    CHECK(problem_of(wire, deaf) == "cannot connect to " + text_of(deaf) + ": no connection within 50 ms");
    const Address closed = nobody();
    CHECK(problem_of(wire, closed) == "cannot connect to " + text_of(closed) + ": Connection refused");
    CHECK(problem_of(wire, {"no number", 1}).starts_with("cannot connect to no number:1: "));
    CHECK(problem_of(wire, street.host.address("")).empty());
    CHECK(wire.is_open("new"));
    CHECK(street.closed.empty()); // connect() has told already
    CHECK(street.up.empty());
}

TEST_CASE("wire: while one connection waits the others go on")
{
    Street street;
    Wire wire(street.network->wire_form(), street.events, street.reach);
    wire.connect("good", street.host.address(""));
    for (int attempt = 0; attempt < 100 && street.messages["good"] == 0; ++attempt) {
        wire.send("good", street.echo());
        CHECK_FALSE(problem_of(wire, street.deaf.address()).empty());
    }
    CHECK(street.messages["good"] > 0);
}

TEST_CASE("wire: one that is dialled in vain is closed, and says why where somebody asks")
{
    Street street;
    std::string why;
    for (const bool asks : {false, true}) {
        Wire::Events events = street.events;
        if (asks) events.failed = [&](const std::string&, const std::string& reason) { why = reason; };
        Wire wire(street.network->wire_form(), events, street.reach);
        street.closed.clear();
        wire.dial("deaf", street.deaf.address());
        wire.dial("refused", nobody());
        CHECK(wire.run_until([&] { return street.closed.size() == 2; }, Clock::now() + patience));
        CHECK_FALSE(wire.is_open("deaf"));
    }
    CHECK(why == "no connection within 50 ms");
}

TEST_CASE("wire: behind what is no frame nothing can be read: the connection ends, and says why")
{
    Street street;
    boost::asio::io_context context;
    using boost::asio::ip::tcp;
    tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    std::string why;
    street.events.failed = [&](const std::string&, const std::string& reason) { why = reason; };
    WireForm form = street.network->wire_form();
    form.framing.rule = codec::find_frame_rule("ascii4");
    Wire wire(form, street.events, street.reach);
    wire.connect("new", {"127.0.0.1", acceptor.local_endpoint().port()});
    tcp::socket server = acceptor.accept();
    const Bytes rubbish(64, 0xFF);
    boost::asio::write(server, boost::asio::buffer(rubbish));
    CHECK(wire.run_until([&] { return street.closed["new"] == 1; }, Clock::now() + patience));
    CHECK(why == "what came is no frame: the length is not a number");
    CHECK_FALSE(wire.is_open("new"));
}

TEST_CASE("serve links: an address that does not answer holds up no other link, and is told once")
{
    Street street;
    ServeLinks::Settings settings;
    settings.addresses = {street.deaf.address(), street.host.address("")};
    settings.reach = street.reach;
    settings.reconnect_first = settings.reconnect_max = milliseconds(1);
    settings.echo_interval = milliseconds(20);
    std::vector<std::string> told;
    ServeLinks links(
        *street.network, street.writer, settings,
        {[&](std::size_t link) { told.push_back("up " + std::to_string(link)); }, [](std::size_t) {},
         [&](std::size_t link, const std::string& why) { told.push_back(std::to_string(link) + ": " + why); },
         [](const codec::Message&) {}});
    const auto works = [&] {
        links.tick(Clock::now());
        return links.counts().echoes >= 10;
    };
    for (const auto end = Clock::now() + patience; !works() && Clock::now() < end;)
        (void)links.wire().run_until([] { return false; }, Clock::now() + milliseconds(2));
    CHECK(links.counts().echoes >= 10); // 200 ms and more: the other address was dialled again
    CHECK(links.is_up(1));
    CHECK(std::count(told.begin(), told.end(), "0: no connection within 50 ms") == 1);
}

TEST_CASE("serve command: a seed of zero is a seed")
{
    const auto folder =
        std::filesystem::temp_directory_path() / ("tollgate-serve-seed-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    std::ofstream(folder / "cards.csv") << "pan,expiry\n4000000000000002,2035-12\n";
    ServeOptions options;
    options.listen = {"no number:0"}; // the seed is told before
    options.cards_file = (folder / "cards.csv").string();
    options.settlement_folder = folder.string();
    options.seed = 0;
    std::ostringstream out;
    std::ostringstream err;
    CHECK_THROWS_AS((void)run_serve(options, out, err), WireError);
    CHECK(err.str() == "seed 0\n");
    std::filesystem::remove_all(folder);
}
