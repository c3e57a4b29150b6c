// The listening sockets go from one `tollgated` to the next, again and again, under steady traffic
// (RELIABILITY P18). The gate does it a few times; TOLLGATE_HANDOVERS says how often, TOLLGATE_RATE how many
// sales a second the shop sends meanwhile.
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/database.hpp"
#include "tests/support/restart_shop.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace sim;
using test::RestartShop;
namespace ssl = boost::asio::ssl;

constexpr std::chrono::seconds patience{60};
constexpr std::size_t card_count = 16;
constexpr std::int64_t money = 10'000'000; ///< of each card
constexpr std::size_t sessions = 6;
const Amount price{1, "JPY"};
const std::string link_name = "shop";

std::size_t number_of(const char* name, std::size_t otherwise)
{
    const char* text = std::getenv(name);
    return text ? std::strtoul(text, nullptr, 10) : otherwise;
}

/// How the shop and the server come together.
struct Way {
    std::string name;
    RestartShop::Role role; ///< of the shop
    enum class Line : std::uint8_t { plain, tls } line;
    std::size_t handovers; ///< of the gate
};

std::shared_ptr<ssl::context> context_of(const test::Pair& pair)
{
    auto context = std::make_shared<ssl::context>(ssl::context::tls);
    context->use_certificate_chain_file(pair.certificate.string());
    context->use_private_key_file(pair.key.string(), ssl::context::pem);
    return context;
}

/// The configuration of the bed, and the link that the shop uses.
/// shop_port   where the server dials it
std::string config_file(const TestBed& bed, const Way& way, std::uint16_t shop_port)
{
    const Side& side = bed.sides().front();
    const bool dials_us = way.role == RestartShop::Role::is_dialled;
    std::ifstream in(bed.folder() + "/tollgated.toml");
    const std::string file = bed.folder() + "/restart.toml";
    std::ofstream out(file);
    out << in.rdbuf() << "\n[[link]]\nname = \"" << link_name << "\"\nnetwork = \"" << side.network
        << "\"\ndialect = \"" << side.model->dialect_name() << "\"\nprofile = \"" << side.model->name()
        << "\"\nnetwork_timeout = \"20s\"\nstaleness_limit = \"off\"\nsign_on = \"required\"\n";
    if (dials_us)
        out << "role = \"connect\"\nconnect = [\"127.0.0.1:" << shop_port << "\"]\nsessions = " << sessions
            << "\n[link.reconnect]\nfirst = \"10ms\"\n";
    else
        out << "listen = \"127.0.0.1:0\"\n";
    if (way.line == Way::Line::tls) {
        const auto& all = test::parties();
        const test::Pair& ours = dials_us ? all.client : all.server;
        out << "[link.tls]\ncertificate_file = " << ours.certificate << "\nprivate_key_file = " << ours.key
            << "\nca_file = " << all.authority.root() << "\n";
        if (!dials_us) out << "peer_names = [\"network.test\"]\n";
    }
    return file;
}

/// Takes a port that a server then cannot have.
class TakenPort {
public:
    TakenPort() : fd_(::socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(fd_, 1) == 0);
        socklen_t size = sizeof address;
        REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    ~TakenPort() { ::close(fd_); }
    TakenPort(const TakenPort&) = delete;
    TakenPort& operator=(const TakenPort&) = delete;
    std::uint16_t port() const { return port_; }

private:
    int fd_;
    std::uint16_t port_ = 0;
};

/// A server that hands over to the next one of the same bed.
std::unique_ptr<ChildHost> start(const TestBed& bed, const std::string& config, std::size_t number,
                                 std::vector<std::string> more = {})
{
    std::vector<std::string> options{"--set", "node.handover_socket=" + bed.folder() + "/handover"};
    options.insert(options.end(), more.begin(), more.end());
    const std::string log = bed.folder() + "/server-" + std::to_string(number) + ".log";
    return std::make_unique<ChildHost>(
        ChildHost::Settings{std::string(TOLLGATE_BIN_DIR) + "/tollgated", config, log, options});
}

/// One that cannot start: the old one goes on.
void start_in_vain(const TestBed& bed, const std::string& config)
{
    const TakenPort taken;
    const std::string place = "127.0.0.1:" + std::to_string(taken.port());
    CHECK_THROWS_AS(start(bed, config, 0, {"--set", "link.a-2.listen=" + place}), HostError);
}

void wait_for_answers(const RestartShop& shop, std::size_t more)
{
    const std::size_t wanted = shop.approved() + more;
    const auto end = Clock::now() + patience;
    while (shop.approved() < wanted && Clock::now() < end) std::this_thread::yield();
    REQUIRE(shop.approved() >= wanted);
}

void check_books(TestBed& bed, const ImportedCards& imported, std::size_t sales)
{
    std::int64_t paid = 0;
    for (std::size_t i = 0; i < card_count; ++i)
        paid += money - bed.office().balance_minor(imported.first_account + static_cast<std::int64_t>(i));
    CHECK(paid == static_cast<std::int64_t>(sales)); // each once
    CHECK(bed.office().check_books().status == 0);
}

void hand_over_again_and_again(const Way& way)
{
    const std::size_t handovers = number_of("TOLLGATE_HANDOVERS", way.handovers);
    const std::size_t rate = number_of("TOLLGATE_RATE", 200);
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url()});
    RunIds ids(wall_clock_us(), wall_clock_us());
    std::cout << "seed " << ids.seed() << std::endl;
    const auto imported = import_cards(bed, ids, card_count, Amount{money, "JPY"});
    const Side& side = bed.sides().front();
    const Load load(*side.model, ids,
                    {imported.cards, price, std::min<std::size_t>(999'000, rate * (30 + 5 * handovers))});
    RestartShop::Settings settings{.role = way.role, .tls = {}, .sessions = sessions};
    settings.per_second = static_cast<double>(rate);
    if (way.line == Way::Line::tls)
        settings.tls = context_of(way.role == RestartShop::Role::dials ? test::parties().client
                                                                       : test::parties().server);
    RestartShop shop(load, *side.model, settings);
    const std::string config = config_file(bed, way, shop.port());
    auto host = start(bed, config, 0);
    shop.open(way.role == RestartShop::Role::dials ? host->address(link_name).port : 0);
    wait_for_answers(shop, rate / 2);
    start_in_vain(bed, config);
    REQUIRE(host->is_running());
    for (std::size_t i = 1; i <= handovers; ++i) {
        CAPTURE(i);
        REQUIRE_FALSE(shop.has_sold_out());
        wait_for_answers(shop, rate / 2);
        auto next = start(bed, config, i);
        REQUIRE(host->ends_within(patience)); // by itself
        CHECK(host->stop() == 0);
        host = std::move(next);
    }
    wait_for_answers(shop, rate / 2);
    shop.finish();
    const auto& result = shop.result();
    std::cout << way.name << ", " << handovers << " hand-overs, " << rate << " a second: " << text_of(result)
              << std::endl;
    CHECK(result.lost == 0);
    CHECK(result.refused_connects == 0);
    CHECK(result.unanswered == 0);
    CHECK(result.not_approved == 0);
    CHECK(result.approved == result.sent);
    CHECK(result.sessions >= sessions * (handovers + 1));
    CHECK(result.sign_offs >= sessions * handovers); // each before its end
    CHECK(host->stop() == 0);
    check_books(bed, imported, result.sent);
}

} // namespace

TEST_CASE(
    "restart: servers hand over under traffic, and no answer is lost, no connect refused, no sale doubled")
{
    const Way ways[] = {
        {"the shop dials", RestartShop::Role::dials, Way::Line::plain, 5},
        {"the shop dials, TLS", RestartShop::Role::dials, Way::Line::tls, 2},
        {"the shop is dialled", RestartShop::Role::is_dialled, Way::Line::plain, 2},
        {"the shop is dialled, TLS", RestartShop::Role::is_dialled, Way::Line::tls, 2},
    };
    for (const Way& way : ways) {
        CAPTURE(way.name);
        hand_over_again_and_again(way);
    }
}
