#include "codec/decode.hpp"
#include "sim/proxy.hpp"
#include "sim/terminal.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <map>
#include <mutex>

using namespace sim;

namespace {

constexpr std::chrono::seconds patience{30};

/// A shop, a proxy and a host that answers everything.
struct Street {
    using Plan = std::map<std::pair<Direction, std::uint64_t>, Treatment>;

    explicit Street(Plan plan) : treatments(std::move(plan))
    {
        Proxy::Settings settings;
        settings.framing = network->wire_form().framing;
        settings.treat = [this](const PassingFrame& frame) {
            const auto found = treatments.find({frame.direction, frame.number});
            return found == treatments.end() ? Treatment{} : found->second;
        };
        proxy = std::make_unique<Proxy>(std::move(settings), recording);
        proxy->lead(0, host.address(""));
        wire.connect("shop", proxy->door(0));
    }

    codec::Message answer(const codec::Message& request)
    {
        const std::lock_guard lock(mutex);
        asked_.emplace_back(request.get(11));
        codec::Message reply(codec::answer_to(request.mti()));
        reply.echo(11, request);
        reply.set(39, "00");
        return reply;
    }

    std::vector<std::string> asked()
    {
        const std::lock_guard lock(mutex);
        return asked_;
    }

    void send(int count)
    {
        for (int i = 0; i < count; ++i) {
            Send echo;
            echo.kind = "echo";
            echo.as = "echo";
            Exchange& exchange = terminal.write(echo, nullptr);
            stans.emplace_back(exchange.request.get(11));
            wire.send("shop", terminal.add_delivery(exchange, "shop", {}, false).request);
        }
    }
    bool wait_for_answers(std::size_t count)
    {
        return wire.run_until([&] { return got.size() >= count; }, Clock::now() + patience);
    }
    bool wait_until_closed()
    {
        return wire.run_until([&] { return is_closed; }, Clock::now() + patience);
    }

    /// "0 whole > 0 whole <": connection, fate, direction of each frame. Ends the proxy.
    std::string recorded()
    {
        proxy.reset();
        std::string text;
        for (const RecordedFrame& frame : recording.frames()) {
            constexpr const char* fates[] = {"whole", "lost", "torn", "damaged"};
            const char* fate = fates[static_cast<std::size_t>(frame.fate)];
            text += std::string(text.empty() ? "" : " ") + fate +
                    (frame.direction == Direction::request ? ">" : "<");
        }
        return text;
    }

    Plan treatments;
    std::mutex mutex;
    std::vector<std::string> asked_; ///< STANs as the host got them
    std::vector<std::string> stans;  ///< as they were sent
    std::vector<std::string> got;    ///< STANs of answers
    bool is_closed = false;
    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    test::FakeHost host{network->dialect(), [this](const codec::Message& m) { return answer(m); }};
    RunIds ids{1, 1};
    Terminal terminal{*network, ids, "T0000001"};
    Recording recording;
    std::unique_ptr<Proxy> proxy;
    Wire wire{network->wire_form(),
              {[this](const std::string&, std::span<const std::uint8_t> bytes) {
                   const auto answer = codec::decode(network->dialect(), bytes);
                   if (answer) got.emplace_back(answer->get(11));
               },
               [this](const std::string&) { is_closed = true; }}};
};

Treatment treat(Treatment::Kind kind, std::size_t bytes = 0, std::chrono::milliseconds wait = {})
{
    return {kind, wait, bytes};
}

} // namespace

TEST_CASE("proxy: everything passes and is recorded")
{
    Street street({});
    street.send(3);
    REQUIRE(street.wait_for_answers(3));
    CHECK(street.asked() == street.stans);
    const std::string recorded = street.recorded();
    CHECK(std::count(recorded.begin(), recorded.end(), '>') == 3);
    CHECK(std::count(recorded.begin(), recorded.end(), '<') == 3);
    CHECK(recorded.find("lost") == std::string::npos);
}

TEST_CASE("proxy: a dropped answer is seen by the recorder and by nobody else")
{
    Street street({{{Direction::answer, 0}, treat(Treatment::Kind::drop)}});
    street.send(2);
    REQUIRE(street.wait_for_answers(1));
    CHECK(street.got == std::vector{street.stans[1]});
    CHECK(street.asked() == street.stans);
    CHECK(street.recorded().find("lost<") != std::string::npos);
}

TEST_CASE("proxy: a dropped request never reaches the host")
{
    Street street({{{Direction::request, 0}, treat(Treatment::Kind::drop)}});
    street.send(2);
    REQUIRE(street.wait_for_answers(1));
    CHECK(street.asked() == std::vector{street.stans[1]});
    CHECK(street.recorded() == "lost> whole> whole<");
}

TEST_CASE("proxy: a doubled request is asked twice")
{
    Street street({{{Direction::request, 0}, treat(Treatment::Kind::twice)}});
    street.send(1);
    REQUIRE(street.wait_for_answers(2));
    CHECK(street.asked() == std::vector{street.stans[0], street.stans[0]});
}

TEST_CASE("proxy: swapped and delayed requests are overtaken")
{
    using std::chrono::milliseconds;
    for (const Treatment& treatment :
         {treat(Treatment::Kind::swap), treat(Treatment::Kind::delay, 0, milliseconds(300))}) {
        Street street({{{Direction::request, 0}, treatment}});
        street.send(2);
        REQUIRE(street.wait_for_answers(2));
        CHECK(street.asked() == std::vector{street.stans[1], street.stans[0]});
    }
}

TEST_CASE("proxy: a swapped request that nobody overtakes goes on alone")
{
    Street street({{{Direction::request, 0}, treat(Treatment::Kind::swap)}});
    street.send(1);
    CHECK(street.wait_for_answers(1));
}

TEST_CASE("proxy: a connection breaks in the middle of a request, at any byte")
{
    for (const std::size_t bytes : {0U, 1U, 2U, 3U, 20U}) {
        CAPTURE(bytes);
        Street street({{{Direction::request, 1}, treat(Treatment::Kind::cut, bytes)}});
        street.send(1);
        REQUIRE(street.wait_for_answers(1));
        street.send(1);
        REQUIRE(street.wait_until_closed());
        CHECK(street.asked() == std::vector{street.stans[0]});
        CHECK(street.recorded() == "whole> whole< torn>");
    }
}

TEST_CASE("proxy: a connection breaks in the middle of an answer")
{
    Street street({{{Direction::answer, 0}, treat(Treatment::Kind::cut, 7)}});
    street.send(1);
    REQUIRE(street.wait_until_closed());
    CHECK(street.got.empty());
    CHECK(street.asked() == street.stans);
    CHECK(street.recorded() == "whole> whole<");
}

TEST_CASE("proxy: a request with a flipped byte is unreadable to the host, and recorded as it came")
{
    constexpr std::size_t in_mti = 2;
    Street street({{{Direction::request, 1}, treat(Treatment::Kind::flip, in_mti)}});
    street.send(1);
    REQUIRE(street.wait_for_answers(1));
    street.send(1);
    REQUIRE(street.wait_until_closed()); // by the host, which cannot read it
    CHECK(street.asked() == std::vector{street.stans[0]});
    REQUIRE(street.recorded() == "whole> whole< damaged>");
    const auto& frame = street.recording.frames().back();
    const auto message = codec::decode(street.network->dialect(), street.recording.message(frame));
    REQUIRE(message.has_value());
    CHECK(message->get(11) == street.stans[1]);
}

TEST_CASE("proxy: an answer with a flipped byte is recorded as the host said it")
{
    constexpr std::size_t in_mti = 1;
    Street street({{{Direction::answer, 0}, treat(Treatment::Kind::flip, in_mti)}});
    street.send(2);
    REQUIRE(street.wait_for_answers(1));
    CHECK(street.got == std::vector{street.stans[1]});
    CHECK(street.asked() == street.stans);
    CHECK(street.recorded().find("damaged") == std::string::npos);
}

TEST_CASE("proxy: a direction ends behind its request, and what was asked is still answered")
{
    Street street({{{Direction::request, 1}, treat(Treatment::Kind::half_close)}});
    street.send(3);
    REQUIRE(street.wait_until_closed()); // by the host, when it has answered
    const std::vector first_two{street.stans[0], street.stans[1]};
    CHECK(street.asked() == first_two);
    CHECK(street.got == first_two);
    const std::string recorded = street.recorded();
    CHECK(std::count(recorded.begin(), recorded.end(), 'w') == 4); // the third is lost, or was not read
}

TEST_CASE("proxy: a direction ends behind its answer, and the shop sees the end")
{
    Street street({{{Direction::answer, 0}, treat(Treatment::Kind::half_close)}});
    street.send(1);
    REQUIRE(street.wait_until_closed());
    CHECK(street.got == street.stans);
    CHECK(street.recorded() == "whole> whole<");
}

TEST_CASE("proxy: a pause holds back what comes behind it")
{
    Street street(
        {{{Direction::request, 0}, treat(Treatment::Kind::pause, 0, std::chrono::milliseconds(50))}});
    street.send(1);
    REQUIRE(street.wait_for_answers(1));
    street.send(1);
    CHECK(street.wait_for_answers(2));
}

TEST_CASE("proxy: a door that leads nowhere closes, and opens again")
{
    Street street({});
    street.proxy->lead(0, std::nullopt);
    street.proxy->cut_all();
    REQUIRE(street.wait_until_closed());
    street.is_closed = false;
    street.wire.connect("shop", street.proxy->door(0));
    REQUIRE(street.wait_until_closed());
    street.proxy->lead(0, street.host.address(""));
    street.wire.connect("shop", street.proxy->door(0));
    street.send(1);
    CHECK(street.wait_for_answers(1));
}
