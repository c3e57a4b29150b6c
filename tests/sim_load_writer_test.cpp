#include "codec/decode.hpp"
#include "codec/framing.hpp"
#include "sim/load_writer.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>

using namespace sim;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t start_us = 1'785'554'100'000'000; // 2026-08-01 03:15:00 UTC

Schedule schedule_of(std::vector<ScheduleSettings::Scenario> mix, double per_second = 200)
{
    ScheduleSettings settings;
    settings.seed = 3;
    RateStage stage;
    stage.lasts = 2s;
    stage.from = per_second;
    settings.stages = {stage};
    settings.mix = std::move(mix);
    settings.cards = 2;
    settings.amount_max = 99'999;
    return Schedule(settings);
}

LoadWriterSettings settings_of(std::vector<std::string> scenarios)
{
    LoadWriterSettings settings;
    settings.scenarios = std::move(scenarios);
    settings.cards = {{"9999991234567890", "3512"}, {"9999990987654321", "3011"}};
    settings.currency = "JPY";
    settings.seed = 3;
    settings.start_us = start_us;
    return settings;
}

codec::Message read(const NetworkModel& network, const Bytes& frame)
{
    codec::FrameReader reader(network.wire_form().framing);
    std::copy(frame.begin(), frame.end(), reader.space().begin());
    reader.received(frame.size());
    const auto next = reader.next();
    REQUIRE(next.status == codec::FrameReader::Status::message);
    auto message = codec::decode(network.dialect(), next.message);
    REQUIRE(message.has_value());
    message->own();
    return *message;
}

std::vector<codec::Message> all_of(const NetworkModel& network, LoadWriter& writer, std::uint32_t count)
{
    std::vector<codec::Message> all;
    for (std::uint32_t i = 0; i < count; ++i) {
        Bytes frame;
        writer.append(i, frame);
        all.push_back(read(network, frame));
    }
    return all;
}

codec::Message answer_to(const codec::Message& request)
{
    codec::Message answer(codec::answer_to(request.mti()));
    for (const int de : {7, 11, 41}) answer.echo(de, request);
    return answer;
}

} // namespace

TEST_CASE("load writer: scenarios are written as both networks want them, digit by digit")
{
    for (const char* name : {"iso-single-message", "japanese-house"}) {
        const auto network = network_named(name);
        for (const char* scenario :
             {"sale", "refund", "sale+refund", "sale+reversal", "sale+repeat", "sale+cancel",
              "sale+cancel+reversal", "sale+repeat+reversal+repeat", "echo"}) {
            CAPTURE(name);
            CAPTURE(scenario);
            CHECK_NOTHROW(
                LoadFrames(*network, scenario, {"JPY", 16, false})); // it compares with what the codec writes
        }
        CHECK_NOTHROW(LoadFrames(*network, "sale", {"JPY", 19, false}));
    }
}

TEST_CASE("load writer: what the network cannot say is refused")
{
    const auto network = network_named("iso-single-message");
    for (const char* scenario : {"", "sail", "repeat", "sale+", "sale+sail",
                                 "sale+repeat+repeat+repeat+repeat+"
                                 "repeat+repeat+repeat+repeat"}) {
        CAPTURE(scenario);
        CHECK_THROWS_AS(LoadFrames(*network, scenario, {"JPY", 16, false}), std::invalid_argument);
    }
    CHECK_THROWS_AS(LoadFrames(*network, "sale", {"JPY", 20, false}), std::invalid_argument);
    LoadWriterSettings mixed = settings_of({"sale"});
    mixed.cards.push_back({"999999123456789", "3512"});
    const Schedule schedule = schedule_of({{1, 1, 0ns}});
    CHECK_THROWS_AS(LoadWriter(*network, schedule, mixed), std::invalid_argument);
}

TEST_CASE("load writer: card, amount and intended time are the schedule's")
{
    const auto network = network_named("iso-single-message");
    const Schedule schedule = schedule_of({{1, 2, 800ms}});
    LoadWriterSettings settings = settings_of({"sale+reversal"});
    settings.merchants = 7;
    LoadWriter writer(*network, schedule, settings);
    const auto count = static_cast<std::uint32_t>(schedule.messages().size());
    REQUIRE(count > 100);
    const auto all = all_of(*network, writer, count);
    for (std::uint32_t i = 0; i < count; i += 2) {
        CAPTURE(i);
        const auto& transaction = schedule.transactions()[schedule.messages()[i].transaction];
        const codec::Message& sale = all[i];
        const codec::Message& reversal = all[i + 1];
        CHECK(sale.mti().text() == "0200");
        CHECK(sale.get(2) == settings.cards[transaction.card].pan);
        CHECK(sale.get(14) == settings.cards[transaction.card].expiry_yymm);
        CHECK(sale.get(4) == de4_of({transaction.amount_minor, "JPY"}));
        const auto at_ms =
            static_cast<std::int64_t>(start_us / 1'000) +
            std::chrono::duration_cast<std::chrono::milliseconds>(schedule.messages()[i].due).count();
        CHECK(sale.get(7) == month_to_second(at_ms));
        CHECK(sale.get(12) == month_to_second(at_ms + network->local_ahead_ms()).substr(4));
        CHECK(sale.get(42) == "SHOP0000000000" + std::to_string(i / 2 % 7));
        CHECK(reversal.get(42) == sale.get(42));
        CHECK(reversal.mti().text() == "0420");
        CHECK(reversal.get(11) == sale.get(11));
        CHECK(reversal.get(90) == original_data_of(sale));
        CHECK(reversal.get(7) == month_to_second(at_ms + 800));
    }
}

TEST_CASE("load writer: no two messages have STAN and terminal in common, and answers find theirs")
{
    const auto network = network_named("iso-single-message");
    const Schedule schedule = schedule_of({{5, 1, 0ns}, {5, 2, 1ms}, {5, 3, 1ms}});
    LoadWriter writer(*network, schedule, settings_of({"sale", "sale+cancel", "sale+repeat+reversal"}));
    const auto count = static_cast<std::uint32_t>(schedule.messages().size());
    const auto all = all_of(*network, writer, count);
    std::set<std::string> names;
    std::vector<std::uint32_t> candidates;
    for (std::uint32_t i = 0; i < count; ++i) {
        CAPTURE(i);
        const auto& planned = schedule.messages()[i];
        const auto scenario = schedule.transactions()[planned.transaction].scenario;
        writer.asked_by(answer_to(all[i]), candidates);
        const std::uint32_t first = schedule.transactions()[planned.transaction].first_message;
        if (scenario == 2 && planned.step < 2)
            CHECK(candidates == std::vector<std::uint32_t>{first, first + 1}); // a repeat is its sale again
        else
            CHECK(candidates == std::vector<std::uint32_t>{i});
        if (planned.step == 0 || scenario == 1)
            CHECK(names.insert(std::string(all[i].get(11)) + std::string(all[i].get(41))).second);
    }
    for (const auto& [de, value] : {std::pair{41, "T9999999"}, {41, "X"}, {11, "000000"}}) {
        codec::Message answer = answer_to(all[0]);
        answer.set(de, value);
        writer.asked_by(answer, candidates);
        CHECK(candidates.empty());
    }
}

TEST_CASE(
    "load writer: after a million messages a transaction still has one terminal, and answers find theirs")
{
    const auto network = network_named("iso-single-message");
    const Schedule schedule = schedule_of({{1, 3, 0ns}}, 350'000); // 2.1 million messages
    LoadWriter writer(*network, schedule, settings_of({"sale+cancel+reversal"}));
    const auto count = static_cast<std::uint32_t>(schedule.messages().size());
    REQUIRE(count > 2'000'100);
    std::vector<std::uint32_t> candidates;
    for (const std::uint32_t from : {999'980U, 1'999'960U}) {
        for (std::uint32_t i = from; i < from + 60; ++i) {
            CAPTURE(i);
            Bytes frame;
            writer.append(i, frame);
            const codec::Message message = read(*network, frame);
            writer.asked_by(answer_to(message), candidates);
            CHECK(candidates == std::vector<std::uint32_t>{i});
        }
    }
}

TEST_CASE("load writer: the same seed and begin give the same bytes, another begin other times and terminals")
{
    const auto network = network_named("japanese-house");
    const Schedule schedule = schedule_of({{1, 2, 5ms}});
    LoadWriterSettings settings = settings_of({"sale+reversal"});
    LoadWriter one(*network, schedule, settings);
    LoadWriter two(*network, schedule, settings);
    settings.start_us += 60'000'000;
    LoadWriter later(*network, schedule, settings);
    for (std::uint32_t i = 0; i < schedule.messages().size(); ++i) {
        Bytes frames[3];
        one.append(i, frames[0]);
        two.append(i, frames[1]);
        later.append(i, frames[2]);
        CHECK(frames[0] == frames[1]);
        CHECK(frames[0] != frames[2]);
    }
}
