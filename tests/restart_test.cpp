// The listening sockets go from one `tollgated` to the next, again and again, under steady traffic
// (RELIABILITY P18). TOLLGATE_HANDOVERS says how often; the gate does it a few times.
#include "codec/decode.hpp"
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/database.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace sim;

constexpr std::chrono::milliseconds tick{1};
constexpr int connections = 4;
constexpr std::size_t window = 64; ///< sales outstanding, all connections together
constexpr std::chrono::seconds patience{60};
const Amount price{1, "JPY"};

std::size_t handovers_wanted()
{
    const char* text = std::getenv("TOLLGATE_HANDOVERS");
    return text ? std::strtoul(text, nullptr, 10) : 3;
}

/// Sends a sale every millisecond, over each connection in turn. When a connection is closed it opens another
/// one, and asks again for what had no answer there.
class Shop {
public:
    Shop(const Load& load, const Side& side, const Address& address)
        : load_(load), dialect_(side.model->dialect()), address_(address),
          wire_(side.model->wire_form(), {[this](const std::string& on, auto wire) { take(on, wire); },
                                          [this](const std::string& on) { reopen(on); }})
    {
        for (int i = 0; i < connections; ++i) {
            const std::string on = "line " + std::to_string(i);
            wire_.connect(on, address_);
            lines_.push_back(on);
        }
        for (std::size_t i = 0; i < load_.messages().size(); ++i) by_stan_[load_.messages()[i].stan] = i;
        thread_ = std::thread([this] { work(); });
    }
    ~Shop() { finish(); }

    void finish()
    {
        is_ending_ = true;
        if (thread_.joinable()) thread_.join();
    }

    std::atomic<std::size_t> approved{0}; ///< sales
    std::size_t sent = 0;                 ///< sales; these and the rest: after finish()
    std::size_t asked_again = 0;
    std::size_t not_approved = 0;
    std::size_t unanswered = 0;
    std::size_t refused_connects = 0;
    Clock::duration longest{0}; ///< from the first time of asking to the answer

private:
    struct Open {
        std::string on;
        Clock::time_point since;
    };

    void work()
    {
        send_next();
        const auto done = [this] { return is_ending_ && open_.empty(); };
        while (!done() && (!is_ending_ || Clock::now() < give_up_))
            (void)wire_.run_until(done, Clock::now() + std::chrono::seconds{1});
        unanswered = open_.size();
    }

    void send_next()
    {
        if (is_ending_) return;
        give_up_ = Clock::now() + patience;
        if (open_.size() < window && sent < load_.messages().size()) {
            const std::string& on = lines_[sent % lines_.size()];
            open_[sent] = {on, Clock::now()};
            wire_.send_bytes(on, load_.messages()[sent++].bytes);
        }
        wire_.after(tick, [this] { send_next(); });
    }

    void take(const std::string&, std::span<const std::uint8_t> wire)
    {
        const auto answer = codec::decode(dialect_, wire);
        const auto sale = answer ? by_stan_.find(std::string(answer->get(11))) : by_stan_.end();
        if (sale == by_stan_.end()) return;
        const auto open = open_.find(sale->second);
        if (open == open_.end()) return; // the answer to the first time of asking and to the second
        longest = std::max(longest, Clock::now() - open->second.since);
        open_.erase(open);
        if (answer->get(39) == "00")
            ++approved;
        else
            ++not_approved;
    }

    void reopen(const std::string& on)
    {
        try {
            wire_.connect(on, address_);
        } catch (const WireError&) {
            ++refused_connects;
            return wire_.after(tick, [this, on] { reopen(on); });
        }
        for (const auto& [sale, open] : open_)
            if (open.on == on) {
                wire_.send_bytes(on, load_.messages()[sale].bytes);
                ++asked_again;
            }
    }

    const Load& load_;
    const codec::Dialect& dialect_;
    Address address_;
    Wire wire_;
    std::vector<std::string> lines_;
    std::map<std::string, std::size_t> by_stan_;
    std::map<std::size_t, Open> open_; ///< by index of the sale
    std::atomic<bool> is_ending_{false};
    Clock::time_point give_up_ = Clock::now() + patience;
    std::thread thread_;
};

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
std::unique_ptr<ChildHost> start(const TestBed& bed, std::size_t number, std::vector<std::string> more = {})
{
    std::vector<std::string> options{"--set", "node.handover_socket=" + bed.folder() + "/handover"};
    options.insert(options.end(), more.begin(), more.end());
    const std::string log = bed.folder() + "/server-" + std::to_string(number) + ".log";
    return std::make_unique<ChildHost>(ChildHost::Settings{std::string(TOLLGATE_BIN_DIR) + "/tollgated",
                                                           bed.folder() + "/tollgated.toml", log, options});
}

} // namespace

TEST_CASE("restart: servers hand over under traffic, and no answer is lost and no connect refused")
{
    const std::size_t handovers = handovers_wanted();
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR,
                 .database_url = database.url(),
                 .link_options = "staleness_limit = \"off\"\n"});
    RunIds ids(wall_clock_us(), wall_clock_us());
    std::cout << "seed " << ids.seed() << std::endl;
    constexpr std::size_t card_count = 64;
    constexpr std::int64_t money = 1'000'000;
    const auto imported = import_cards(bed, ids, card_count, Amount{money, "JPY"});
    const Side& side = bed.sides().front();
    const std::string& link = side.links.front();
    const Load load(*side.model, ids,
                    {imported.cards, price, std::min<std::size_t>(999'000, 10'000 + 3'000 * handovers)});
    auto host = start(bed, 0);
    const Address address = host->address(link);
    Shop shop(load, side, address);
    const auto wait_for_answers = [&](std::size_t more) {
        const std::size_t wanted = shop.approved + more;
        const auto end = Clock::now() + patience;
        while (shop.approved < wanted && Clock::now() < end) std::this_thread::yield();
        REQUIRE(shop.approved >= wanted);
    };
    for (std::size_t i = 1; i <= handovers; ++i) {
        CAPTURE(i);
        wait_for_answers(100);
        if (i == 1) { // one that cannot start: the old one goes on
            const TakenPort taken;
            const std::string place = "127.0.0.1:" + std::to_string(taken.port());
            CHECK_THROWS_AS(start(bed, handovers + 1, {"--set", "link.a-2.listen=" + place}), HostError);
            REQUIRE(host->is_running());
            wait_for_answers(100);
        }
        auto next = start(bed, i);
        REQUIRE(next->address(link).port == address.port);
        REQUIRE(host->stop() == 0); // it has let go already, or does so now
        host = std::move(next);
    }
    wait_for_answers(100);
    shop.finish();
    std::cout << handovers << " hand-overs, " << shop.sent << " sales, asked again " << shop.asked_again
              << ", longest wait for an answer "
              << std::chrono::duration_cast<std::chrono::milliseconds>(shop.longest).count() << " ms\n";
    CHECK(shop.refused_connects == 0);
    CHECK(shop.unanswered == 0);
    CHECK(shop.not_approved == 0);
    CHECK(shop.approved == shop.sent);
    CHECK(host->stop() == 0);
    std::int64_t paid = 0;
    for (std::size_t i = 0; i < card_count; ++i)
        paid += money - bed.office().balance_minor(imported.first_account + static_cast<std::int64_t>(i));
    CHECK(paid == static_cast<std::int64_t>(shop.sent)); // each once
    CHECK(bed.office().check_books().status == 0);
}
