// A link that wants everything, TLS with certificates on both sides, a sign-on and MACs, and the simulator's
// commands that reach it. Keys and certificates are made up.
#include "sim/load_command.hpp"
#include "sim/replay_command.hpp"
#include "sim/serve_network.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/mac_keys.hpp"
#include "tests/support/replay_capture.hpp"
#include "tests/support/running_server.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace sim;
using test::parties;

namespace {

const std::string key = "000102030405060708090a0b0c0d0e0f";

/// Files that a link and a client need, beside those of parties().
struct Files {
    Files()
    {
        write("mac.key", key);
        write("other.key", "ff" + key.substr(2));
        write("cards.csv", "pan,expiry\n" + wire::pan + ",2099-12\n");
        write("profile.toml", text_of("net/profiles/iso-single-message.toml") +
                                  "\n[mac]\nalgorithm = 'aes-cmac'\nwrong = '63'\n");
    }

    static std::string text_of(const std::string& path)
    {
        std::stringstream text;
        text << std::ifstream(std::string(TOLLGATE_SOURCE_DIR) + "/" + path).rdbuf();
        return text.str();
    }
    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream(folder.file(name)) << text;
        std::filesystem::permissions(folder.file(name), std::filesystem::perms(0600));
    }
    [[nodiscard]] std::string path(const std::string& name) const { return folder.file(name).string(); }

    test::PemFolder folder;
};

const Files& files()
{
    static const Files shared;
    return shared;
}

net::Config strict_config()
{
    net::Config config = RunningServer::good_config();
    net::LinkConfig& link = config.links.front();
    link.tls = parties().server_config();
    link.sign_on = net::SignOn::required;
    link.profile = files().path("profile.toml");
    link.mac_key_file = files().path("mac.key");
    return config;
}

/// All that strict_config() wants to see.
TargetOptions good_options()
{
    TargetOptions options;
    options.tls_ca = parties().authority.root();
    options.tls_certificate = parties().client.certificate;
    options.tls_key = parties().client.key;
    options.mac_key_file = files().path("mac.key");
    options.signs_on = true;
    return options;
}

struct Strict {
    SharedBooks books;
    RunningServer server{books, strict_config()};
    [[nodiscard]] Address address() const { return {"127.0.0.1", server.port()}; }
};

LoadOptions load_options(const Address& target)
{
    LoadOptions options;
    options.target = text_of(target);
    options.reach = good_options();
    options.card_file = files().path("cards.csv");
    options.connections = 2;
    options.rate = "1000/s";
    options.lasts = "300ms";
    options.seed = 42;
    options.progress = "none";
    options.slip_limit = "60s"; // how fast this machine is, is not asked here
    options.wants_json = true;
    return options;
}

std::size_t number_at(const boost::json::value& total, const char* name)
{
    return total.at(name).to_number<std::size_t>();
}

/// What a command says when it gives up; empty when it does not.
template <class Command> std::string problem_of(Command command)
{
    try {
        command();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

std::string problem_of_load(const Address& target, const TargetOptions& reach)
{
    LoadOptions options = load_options(target);
    options.reach = reach;
    std::ostringstream out;
    std::ostringstream err;
    return problem_of([&] { (void)run_load(options, out, err); });
}

} // namespace

TEST_CASE("reach: a load over TLS, signed on and with MACs is approved to its last message")
{
    Strict strict;
    LoadOptions options = load_options(strict.address());
    options.mix = "sale=3,sale+reversal=1,sale+repeat=1";
    std::ostringstream out;
    std::ostringstream err;
    CHECK(run_load(options, out, err) == Exit::done);
    const auto total = boost::json::parse(out.str()).at("total");
    CHECK(number_at(total, "sent") >= 200);
    CHECK(number_at(total, "answered") == number_at(total, "sent"));
    CHECK(number_at(total, "declined") == 0);
    CHECK(strict.server.lines_with("\"tls_opened\"") == 2);
    CHECK(strict.server.lines_with("mac_") == 0);
}

TEST_CASE("reach: a replay makes the MACs of the capture's messages anew, refreshed or as they were")
{
    test::ReplayCapture made;
    const auto first = made.sale("000001", wire::pan);
    made.answer(first, "00", "123456");
    made.answer(made.reversal(first), "00");
    made.answer(made.sale("000002", wire::pan), "00", "123456");
    const std::string file = files().path("shop.jsonl");
    {
        std::ofstream out(file, std::ios::binary);
        CaptureWriter writer(out, file, made.capture().header);
        for (const CaptureRecord& record : made.capture().records)
            writer.add(record.place, boost::json::serialize(record.message), R"(["64"])");
        writer.finish();
    }
    for (const bool refreshes : {true, false}) {
        CAPTURE(refreshes);
        Strict strict;
        ReplayOptions options;
        options.capture = file;
        options.targets = {text_of(strict.address())};
        options.network = "iso-single-message";
        options.reach = good_options();
        options.timing = "max";
        options.in_flight = 1;
        options.seed = 7;
        options.refreshes = refreshes;
        options.compares = true;
        std::ostringstream out;
        std::ostringstream err;
        CHECK(run_replay(options, out, err) == Exit::done);
        CAPTURE(out.str());
        CHECK(out.str().find("3 compared · 3 same") != std::string::npos);
        CHECK(strict.books.balance() == 999'000); // one sale of two stays
    }
}

TEST_CASE("reach: scenarios are played over TLS, signed on and with MACs")
{
    Strict strict;
    const auto network = network_named("iso-single-message");
    const Side side{network, "net-a", {"one"}, reach_of(good_options(), network, 1)};
    RunningHost host({{"one", strict.address()}});
    RunIds ids(1, wall_clock_us());
    test::FakeBooks nobody;
    const Scenario scenario = parse_scenario("title = 't'\ncards = { c = { bin = '400000' } }\nsteps = [\n"
                                             "{ send = 'echo' }, { expect = 'answer', to = 'echo' },\n"
                                             "{ send = 'sale', as = 's', amount = '10 JPY' },\n"
                                             "{ expect = 'answer', to = 's', code = 'unknown_card' } ]\n",
                                             "x.toml");
    const Verdict verdict = play(scenario, side, Stage{host, nobody, ids});
    CAPTURE(verdict.problem);
    CHECK(verdict.passed);
}

namespace {

struct Network {
    Network(ServeLinks::Side side, Address address, const TargetOptions& options)
    {
        const auto model = network_named("iso-single-message");
        ServePlan plan;
        plan.rate = 1'000;
        plan.count = 50;
        plan.cards = {{wire::pan, "9912"}};
        ServeNetwork::Settings settings;
        settings.links.side = side;
        settings.links.addresses = {std::move(address)};
        settings.links.reach = reach_of(
            options, model, 1, side == ServeLinks::Side::dials ? ReachFrom::client : ReachFrom::server);
        settings.settlement_folder = folder.file("");
        serving = std::make_unique<ServeNetwork>(model, std::move(plan), settings, events);
    }

    [[nodiscard]] bool settles() const
    {
        return serving->run_until(
            [&] { return serving->role().has_begun_all() && serving->role().is_settled(); },
            Clock::now() + std::chrono::seconds{30});
    }

    test::PemFolder folder;
    std::ostringstream events;
    std::unique_ptr<ServeNetwork> serving;
};

} // namespace

TEST_CASE("reach: a network that serves dials a link with TLS and MACs")
{
    Strict strict;
    const Network network(ServeLinks::Side::dials, strict.address(), good_options());
    REQUIRE(network.settles());
    CHECK(network.serving->role().counts().approved == 50);
}

TEST_CASE("reach: a network that serves is dialled by a link with TLS and MACs")
{
    TargetOptions options = good_options();
    options.tls_certificate = parties().server.certificate;
    options.tls_key = parties().server.key;
    options.tls_name = "network.test";
    const Network network(ServeLinks::Side::listens, {"127.0.0.1", 0}, options);
    net::Config config = strict_config();
    net::LinkConfig& link = config.links.front();
    link.role = net::Role::connect;
    link.addresses = {{"127.0.0.1", network.serving->links().addresses().front().port}};
    link.tls = parties().client_config();
    SharedBooks books;
    RunningServer server(books, config);
    REQUIRE(network.settles());
    CHECK(network.serving->role().counts().approved == 50);
}

TEST_CASE("reach: what does not work out is told in one line")
{
    struct Row {
        const char* name;
        void (*change)(TargetOptions&);
        const char* problem; ///< a part of it
    };
    const Row rows[] = {
        {"all is right", [](TargetOptions&) {}, ""},
        {"another authority",
         [](TargetOptions& options) {
             static test::Authority other(parties().folder, "another-ca");
             options.tls_ca = other.root();
         },
         "cannot connect to 127.0.0.1:"},
        {"another name", [](TargetOptions& options) { options.tls_name = "somebody.test"; }, "TLS: "},
        {"the name of the certificate", [](TargetOptions& options) { options.tls_name = "tollgate.test"; },
         ""},
        {"no certificate to show",
         [](TargetOptions& options) {
             options.tls_certificate.clear();
             options.tls_key.clear();
         },
         "TLS: "},
        {"a certificate without its key", [](TargetOptions& options) { options.tls_key.clear(); },
         "--tls-certificate and --tls-key belong together"},
        {"no authority", [](TargetOptions& options) { options.tls_ca.clear(); }, "TLS needs --tls-ca FILE"},
        {"an authority's file that is not there",
         [](TargetOptions& options) { options.tls_ca = "/nowhere/ca.pem"; },
         "/nowhere/ca.pem: cannot be read"},
        {"somebody else's key",
         [](TargetOptions& options) { options.tls_key = parties().server.key.string(); },
         "is not the key of"},
        {"plain TCP to a link with TLS",
         [](TargetOptions& options) {
             options.tls_ca.clear();
             options.tls_certificate.clear();
             options.tls_key.clear();
         },
         "the connection was closed instead of an answer to the sign-on"},
        {"a MAC key that is not there",
         [](TargetOptions& options) { options.mac_key_file = "/nowhere/mac.key"; }, "/nowhere/mac.key"},
        {"another MAC key", [](TargetOptions& options) { options.mac_key_file = files().path("other.key"); },
         "a message came with a wrong MAC"},
        {"another algorithm", [](TargetOptions& options) { options.mac_algorithm = "hmac-sha256"; },
         "a message came with a wrong MAC"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Strict strict;
        TargetOptions options = good_options();
        row.change(options);
        const std::string problem = problem_of_load(strict.address(), options);
        CAPTURE(problem);
        CHECK((row.problem[0] == '\0' ? problem.empty() : problem.find(row.problem) != std::string::npos));
    }
}

TEST_CASE("reach: a server that does not sign on, or not with TLS, is given up")
{
    const auto network = network_named("iso-single-message");
    struct Row {
        const char* name;
        test::FakeHost::Answer answer;
        bool has_tls;
        const char* problem;
    };
    const auto refuse = [](const codec::Message& request) {
        codec::Message reply(codec::answer_to(request.mti()));
        for (const int de : {7, 11, 70}) reply.set(de, request.get(de));
        reply.set(39, "91");
        return std::optional(reply);
    };
    const Row rows[] = {
        {"refused", refuse, false, "the sign-on was refused: DE39 91"},
        {"silent", [](const codec::Message&) { return std::nullopt; }, false,
         "no answer to the sign-on within 100 ms"},
        {"no TLS", refuse, true, "no TLS within 100 ms"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        test::FakeHost host(network->dialect(), row.answer);
        TargetOptions options = good_options();
        if (!row.has_tls) options.tls_ca = options.tls_certificate = options.tls_key = "";
        Reach reach = reach_of(options, network, 1);
        reach.limit = std::chrono::milliseconds{100};
        Wire wire(network->wire_form(), {}, reach);
        const std::string problem = problem_of([&] { wire.connect("one", host.address("one")); });
        CAPTURE(problem);
        CHECK(problem.find(row.problem) != std::string::npos);
    }
}
