#include "codec/decode.hpp"
#include "sim/fire_plan.hpp"
#include "sim/fire_writer.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>

using namespace sim;

namespace {

std::string text_of(const FirePlan& plan)
{
    std::ostringstream out;
    write_plan(plan, out);
    return out.str();
}

} // namespace

TEST_CASE("fire plan: a seed is one plan, another seed another")
{
    const std::string first = text_of(make_fire_plan({.seed = 7, .messages = 3000}));
    CHECK(first == text_of(make_fire_plan({.seed = 7, .messages = 3000})));
    CHECK(first != text_of(make_fire_plan({.seed = 8, .messages = 3000})));
}

TEST_CASE("fire plan: every kind of fault is in it, in order, and inside the run")
{
    for (const std::size_t messages : {100U, 3000U, 20'000U}) {
        CAPTURE(messages);
        const FirePlan plan = make_fire_plan({.seed = 3, .messages = messages});
        std::map<ProcessFault::Kind, std::size_t> kinds;
        std::size_t last = 0;
        for (const ProcessFault& fault : plan.faults) {
            ++kinds[fault.kind];
            CHECK(fault.at >= last);
            CHECK(fault.at < messages);
            last = fault.at;
        }
        CHECK(kinds.size() == ProcessFault::kinds);
        CHECK(plan.faults.size() == std::max<std::size_t>(ProcessFault::kinds, messages / 800));
    }
}

TEST_CASE("fire plan: shares are as promised")
{
    const std::size_t messages = 50'000;
    const FirePlan plan = make_fire_plan({.seed = 5, .messages = messages});
    std::map<PlannedMessage::Kind, std::size_t> kinds;
    std::size_t overtaking = 0;
    for (std::size_t i = 0; i < plan.messages.size(); ++i) {
        const PlannedMessage& message = plan.messages[i];
        ++kinds[message.kind];
        CHECK(message.of < messages + 1);
        if (message.kind == PlannedMessage::Kind::reversal && message.of > i) {
            ++overtaking;
            CHECK(plan.messages[message.of].kind == PlannedMessage::Kind::sale);
        }
    }
    using Kind = PlannedMessage::Kind;
    const auto per_mille = [&](std::size_t count) { return 1000 * count / messages; };
    CHECK(per_mille(kinds[Kind::marked_repeat] + kinds[Kind::same_bytes]) >= 95);
    CHECK(per_mille(kinds[Kind::marked_repeat] + kinds[Kind::same_bytes]) <= 105);
    CHECK(per_mille(kinds[Kind::other_content]) >= 8);
    CHECK(per_mille(kinds[Kind::other_content]) <= 12);
    CHECK(per_mille(kinds[Kind::sale]) > 500);
    CHECK(per_mille(overtaking) >= 8);

    std::map<Treatment::Kind, std::size_t> treatments;
    for (std::uint64_t i = 0; i < messages; ++i)
        ++treatments[plan.treatment(Direction::request, i, 150).kind];
    CHECK(treatments.size() == Treatment::kinds);
    CHECK(per_mille(treatments[Treatment::Kind::swap]) >= 18);
    CHECK(per_mille(treatments[Treatment::Kind::swap]) <= 22);
}

TEST_CASE("fire plan: no reader takes a message with a flipped byte for a message")
{
    std::set<std::size_t> places;
    const FirePlan plan = make_fire_plan({.seed = 5, .messages = 100});
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        const Treatment treatment = plan.treatment(Direction::request, i, 150);
        if (treatment.kind == Treatment::Kind::flip) places.insert(treatment.bytes);
    }
    CHECK(places.size() > 40); // of MTI, bitmaps and elements

    const auto network = network_named("iso-single-message");
    RunIds ids{1, 1};
    FireWriter writer{*network, ids, {{"9999990000000018", "3012"}}};
    const Bytes sale = writer.write({.kind = PlannedMessage::Kind::sale, .amount_minor = 5}, nullptr);
    const Bytes requests[] = {
        sale,
        writer.sign_on(),
        writer.reversal_of(sale),
        writer.write({.kind = PlannedMessage::Kind::refund, .amount_minor = 5}, nullptr),
        writer.write({.kind = PlannedMessage::Kind::inquiry}, nullptr),
        writer.write({.kind = PlannedMessage::Kind::cancel, .amount_minor = 5}, &sale),
        writer.write({.kind = PlannedMessage::Kind::linked_refund, .amount_minor = 5}, &sale),
    };
    for (const Bytes& request : requests) {
        for (const std::size_t place : places) {
            CAPTURE(place);
            Bytes flipped = request;
            flipped.at(place) ^= 0x80U;
            codec::Message message;
            CHECK_FALSE(codec::decode(network->dialect(), flipped, message).has_value());
        }
    }
}

TEST_CASE("fire plan: the last message may be a reversal whose sale stands behind it")
{
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        const FirePlan plan = make_fire_plan({.seed = seed, .messages = 100});
        for (const PlannedMessage& message : plan.messages) CHECK(message.of < plan.messages.size());
    }
}
