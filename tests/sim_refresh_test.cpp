#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "sim/msg_input.hpp"
#include "sim/refresh.hpp"
#include "sim/refresh_times.hpp"
#include "sim/replay_links.hpp"
#include "tests/support/replay_capture.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <functional>
#include <map>
#include <optional>
#include <set>

using namespace sim;
using test::ReplayCapture;

namespace {

ReplayTraffic refreshed(const ReplayTraffic& traffic, const RefreshSettings& settings, std::uint64_t copy = 0)
{
    const Refresher refresher(traffic, settings);
    ReplayTraffic made = traffic;
    for (std::size_t i = 0; i < traffic.requests.size(); ++i) {
        made.requests[i].message = refresher.message(i, copy);
        made.requests[i].at += settings.offset;
        made.requests[i].target.reset();
        made.requests[i].names_absent = false;
    }
    link_requests(made.requests, ReplayCapture::reversals);
    return made;
}

std::string key_of(const codec::Message& message)
{
    return std::string(message.mti().text().substr(1, 2)) + "|" + std::string(message.get(11)) + "|" +
           std::string(message.get(7)) + "|" + std::string(message.get(41));
}

/// Sales, and what follows on them in any order: reversals, cancels, repeats, with the keys that networks
/// have.
ReplayTraffic any_traffic(std::size_t count, std::uint32_t choices_seed)
{
    const auto choices =
        *rc::gen::container<std::vector<std::uint32_t>>(count, rc::gen::inRange<std::uint32_t>(0, 1'000'000));
    ReplayCapture made;
    std::vector<std::uint64_t> records;
    for (const std::uint32_t choice : choices) {
        made.at(std::chrono::milliseconds{(choice ^ choices_seed) % 200'000});
        const std::string stan = std::to_string(100'000 + choice % 40); // often the same
        const std::string card = choice % 2 == 0 ? ReplayCapture::card_1 : ReplayCapture::card_2;
        const std::uint64_t earlier = records.empty() ? 0 : records[choice % records.size()];
        if (records.empty() || choice % 5 < 2)
            records.push_back(made.sale(stan, card));
        else if (choice % 5 == 2)
            made.reversal(earlier);
        else if (choice % 5 == 3)
            records.push_back(made.follow("0400", stan, earlier, "17"));
        else
            made.request("0201", made.record(earlier).message.at("fields").as_object());
    }
    return made.traffic();
}

} // namespace

TEST_CASE("times move together, across days, months and years")
{
    using namespace std::chrono;
    struct Row {
        const char* name;
        const char* before;
        std::int64_t offset_s;
        const char* expected;
    };
    const Row rows[] = {
        {"a second", "0302091500", 1, "0302091501"},
        {"over midnight", "0302235959", 1, "0303000000"},
        {"back over midnight", "0302000000", -1, "0301235959"},
        {"over the end of February", "0228235959", 1, "0301000000"},
        {"over the year", "1231235959", 1, "0101000000"},
        {"half a year", "0302091500", 184 * 86'400, "0902091500"},
        {"no time stays", "9999999999", 1, "9999999999"},
        {"no digits stay", "03020915ab", 1, "03020915ab"},
        {"another length stays", "0302", 1, "0302"},
    };
    const WallTime near = sys_days(year{2026} / 3 / 2);
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(moved_stamp(row.before, seconds{row.offset_s}, near) == row.expected);
    }
    const WallTime new_year = sys_days(year{2028} / 1 / 1); // DE7 was written the year before
    CHECK(moved_stamp("1231235959", seconds{60 * 86'400}, new_year) == "0229235959");
}

TEST_CASE("every time of a message moves, and dates keep their distance")
{
    codec::Message message(*codec::Mti::parse("0200"));
    message.set(7, "0302230000");
    message.set(12, "080000");
    message.set(13, "0303");
    message.set(15, "0304");
    message.set(17, "0302");
    move_times(message, std::chrono::hours{2}, ReplayCapture::start());
    CHECK(message.get(7) == "0303010000");
    CHECK(message.get(12) == "100000");
    CHECK(message.get(13) == "0303");
    CHECK(message.get(15) == "0305");
    CHECK(message.get(17) == "0303");

    codec::Message short_one(*codec::Mti::parse("0200"));
    short_one.set(12, "233000");
    move_times(short_one, std::chrono::hours{1}, ReplayCapture::start());
    CHECK(short_one.get(12) == "003000"); // a time of day alone goes round

    codec::Message of_1993(*codec::Mti::parse("1200"));
    of_1993.set(12, "260302233000");
    of_1993.set(13, "2801"); // when the card became valid
    move_times(of_1993, std::chrono::hours{1}, ReplayCapture::start());
    CHECK(of_1993.get(12) == "260303003000");
    CHECK(of_1993.get(13) == "2801");
}

TEST_CASE("a reversal still refers to its sale, with new STAN, RRN and times")
{
    ReplayCapture made;
    const auto sale = made.sale("000001");
    made.reversal(sale);
    const ReplayTraffic traffic = made.traffic();
    RefreshSettings settings;
    settings.offset = std::chrono::hours{24};
    settings.first_stan = 999'998; // the last STAN is 999999, then comes 1
    settings.first_rrn = 77;
    const Refresher refresher(traffic, settings);
    const codec::Message new_sale = refresher.message(0, 0);
    const codec::Message new_reversal = refresher.message(1, 0);
    CHECK(new_sale.get(11) == "999999");
    CHECK(new_sale.get(7) == "0303091500");
    CHECK(new_sale.get(12) == "001500");
    CHECK(new_sale.get(13) == "0304");
    CHECK(new_sale.get(37) == "000000000077");
    CHECK(new_reversal.get(11) == "999999"); // it had its sale's
    CHECK(new_reversal.get(7) == "0303091501");
    CHECK(new_reversal.get(90) == "0200"
                                  "999999"
                                  "0303091500" +
                                      std::string(22, '0'));
    CHECK(refresher.message(0, 1).get(11) == "000001");
    CHECK(refresher.message(0, 0).get(4) == traffic.requests[0].message.get(4));
}

TEST_CASE("an original that the capture does not have keeps its place behind the others")
{
    ReplayCapture made;
    const auto sale = made.sale("000001");
    made.reversal(sale);
    made.capture().records.erase(made.capture().records.begin());
    const ReplayTraffic traffic = made.traffic();
    RefreshSettings settings;
    settings.first_stan = 5;
    const Refresher refresher(traffic, settings);
    CHECK(refresher.message(0, 0).get(11) == "000006");
    CHECK(refresher.message(0, 0).get(90).substr(0, 20) == "02000000060302091500");
}

TEST_CASE("another card takes the place of a test card, in the track, too")
{
    ReplayCapture made;
    made.sale("000001");
    made.capture().records[0].message["fields"].as_object()["35"] =
        ReplayCapture::card_1 + "=35120000000000000";
    const ReplayTraffic traffic = made.traffic();
    RefreshSettings settings;
    settings.cards[ReplayCapture::card_1] = ReplayCapture::card_2;
    const codec::Message message = Refresher(traffic, settings).message(0, 0);
    CHECK(message.get(2) == ReplayCapture::card_2);
    CHECK(message.get(35).starts_with(ReplayCapture::card_2 + "="));
}

TEST_CASE("a MAC is made for all but network management, and there where the capture had one")
{
    ReplayCapture made;
    made.sale("000001");
    made.dropped({"64"});
    made.sale("000002");
    made.sign_on();
    made.sign_on();
    made.dropped({"64"});
    const ReplayTraffic traffic = made.traffic();
    const std::vector<std::uint8_t> key(16, 0x2B);
    RefreshSettings settings;
    settings.mac = std::make_shared<codec::MessageMac>(traffic.dialect, codec::MacRule{}, key);
    settings.first_stan = 4;
    const Refresher refresher(traffic, settings);
    const codec::Message sealed = refresher.message(0, 0);
    std::vector<std::uint8_t> wire;
    REQUIRE(codec::encode(*traffic.dialect, sealed, wire).has_value());
    const auto decoded = codec::decode(*traffic.dialect, wire);
    REQUIRE(decoded.has_value());
    CHECK(settings.mac->verify(wire, *decoded) == codec::MacCheck::ok);
    CHECK(refresher.message(1, 0).has(64));
    CHECK_FALSE(refresher.message(2, 0).has(128)); // it has elements above 64
    CHECK(refresher.message(3, 0).has(128));
}

TEST_CASE("property: what refers to what is kept, and so is what is the same")
{
    CHECK(rc::check("refresh keeps links and groups", [] {
        const ReplayTraffic before = any_traffic(*rc::gen::inRange<std::size_t>(1, 40), 0);
        RefreshSettings settings;
        settings.offset = std::chrono::seconds{*rc::gen::inRange<std::int64_t>(-20'000'000, 20'000'000)};
        settings.first_stan = *rc::gen::arbitrary<std::uint32_t>();
        settings.first_rrn = *rc::gen::arbitrary<std::uint32_t>();
        const ReplayTraffic after = refreshed(before, settings);
        for (std::size_t i = 0; i < before.requests.size(); ++i) {
            const ReplayRequest& a = before.requests[i];
            const ReplayRequest& b = after.requests[i];
            RC_ASSERT(a.target == b.target);
            RC_ASSERT(a.group == b.group);
            RC_ASSERT(a.role == b.role);
            for (std::size_t j = 0; j < i; ++j) {
                const bool were_same = key_of(a.message) == key_of(before.requests[j].message);
                const bool are_same = key_of(b.message) == key_of(after.requests[j].message);
                RC_ASSERT(were_same == are_same);
            }
        }
    }));
}

TEST_CASE("property: two copies, and two starts, have no key in common")
{
    CHECK(rc::check("refresh gives fresh keys", [] {
        const ReplayTraffic traffic = any_traffic(*rc::gen::inRange<std::size_t>(1, 40), 0);
        RefreshSettings settings;
        settings.first_stan = *rc::gen::arbitrary<std::uint32_t>();
        const Refresher refresher(traffic, settings, 2);
        RefreshSettings later = settings;
        later.offset = std::chrono::hours{24}; // longer than the capture
        const Refresher afterwards(traffic, later);
        std::set<std::string> keys;
        for (std::size_t i = 0; i < traffic.requests.size(); ++i)
            keys.insert(key_of(refresher.message(i, 0)));
        for (std::size_t i = 0; i < traffic.requests.size(); ++i) {
            RC_ASSERT(!keys.contains(key_of(refresher.message(i, 1))));
            RC_ASSERT(!keys.contains(key_of(afterwards.message(i, 0))));
        }
    }));
}

TEST_CASE(
    "copies that begin with the first STAN again are later than all before, and name their own originals")
{
    ReplayCapture made;
    for (int i = 100'001; i < 100'028; ++i) made.reversal(made.sale(std::to_string(i)));
    const ReplayTraffic traffic = made.traffic();
    const RefreshSettings settings;
    constexpr std::uint64_t of_lap = 37'037; // 27 STANs each: 999,999
    const Refresher refresher(traffic, settings, 3 * of_lap);
    CHECK(refresher.message(0, 0).get(11) == refresher.message(0, of_lap).get(11));
    CHECK(refresher.message(0, of_lap - 1).get(7) == "0302091500");
    CHECK(refresher.message(0, of_lap).get(7) == "0302091554");
    CHECK(refresher.message(0, 2 * of_lap).get(7) == "0302091648");
    CHECK(refresher.message(1, of_lap).get(90).substr(10, 10) == "0302091554");
    std::set<std::string> keys;
    for (const std::uint64_t copy : {std::uint64_t{0}, of_lap - 1, of_lap, 2 * of_lap, 3 * of_lap - 1})
        for (std::size_t i = 0; i < traffic.requests.size(); ++i)
            CHECK(keys.insert(key_of(refresher.message(i, copy))).second);
}

TEST_CASE("copies and captures for which there are not enough keys are refused, with the reason")
{
    struct Row {
        const char* name;
        std::function<void(ReplayCapture&)> fill;
        std::uint64_t copies;
        const char* problem; ///< empty: none
    };
    const auto sales = [](int count, std::chrono::milliseconds apart) {
        return [=](ReplayCapture& made) {
            for (int i = 0; i < count; ++i) {
                made.at(i * apart);
                made.sale(std::to_string(100'000 + i));
            }
        };
    };
    const auto without_times = [](ReplayCapture& made) {
        for (int i = 0; i < 10; ++i) {
            made.sale(std::to_string(100'000 + i));
            made.capture().records.back().message["fields"].as_object().erase("7");
        }
    };
    using std::chrono::milliseconds;
    const Row rows[] = {
        {"as many as there are", sales(10, milliseconds{0}), 1, ""},
        {"more, at other times", sales(11, milliseconds{1'000}), 1, ""},
        {"more, at one time", sales(11, milliseconds{0}), 1,
         "records 1 and 11 would get the same STAN, time and terminal: the capture has 11 STANs, and there "
         "are 10"},
        {"copies at one time", sales(10, milliseconds{0}), 1'000, ""},
        {"copies of half a year", sales(10, milliseconds{3'600'000}), 500, "more than half a year"},
        {"copies of messages without a time", without_times, 2, "record 1 has no time"},
        {"one copy of them", without_times, 1, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        ReplayCapture made;
        row.fill(made);
        const ReplayTraffic traffic = made.traffic();
        RefreshSettings settings;
        settings.stan_count = 10;
        std::string problem;
        try {
            (void)Refresher(traffic, settings, row.copies);
        } catch (const InputError& error) {
            problem = error.what();
        }
        CAPTURE(problem);
        CHECK((row.problem[0] == '\0' ? problem.empty() : problem.find(row.problem) != std::string::npos));
    }
}

TEST_CASE("property: however few STANs there are, no two transactions get one key")
{
    CHECK(rc::check("refresh keeps keys apart or refuses", [] {
        const ReplayTraffic traffic = any_traffic(*rc::gen::inRange<std::size_t>(1, 30), 0);
        RefreshSettings settings;
        settings.first_stan = *rc::gen::arbitrary<std::uint32_t>();
        settings.stan_count = *rc::gen::inRange<std::uint64_t>(1, 40);
        const auto copies = *rc::gen::inRange<std::uint64_t>(1, 6);
        std::optional<Refresher> refresher;
        try {
            refresher.emplace(traffic, settings, copies);
        } catch (const InputError&) {
            RC_CLASSIFY(true, "refused");
            return;
        }
        std::map<std::string, std::string> seen; // new key -> copy and old key
        for (std::uint64_t copy = 0; copy < copies; ++copy)
            for (std::size_t i = 0; i < traffic.requests.size(); ++i) {
                const std::string whose = std::to_string(copy) + " " + key_of(traffic.requests[i].message);
                const std::string key = key_of(refresher->message(i, copy));
                RC_ASSERT(seen.emplace(key, whose).first->second == whose);
            }
    }));
}

TEST_CASE("property: every time moves by the same offset, and nothing else changes")
{
    CHECK(rc::check("refresh moves times as one", [] {
        const ReplayTraffic before = any_traffic(*rc::gen::inRange<std::size_t>(1, 20), 0);
        RefreshSettings settings;
        settings.offset = std::chrono::seconds{*rc::gen::inRange<std::int64_t>(0, 20'000'000)};
        const ReplayTraffic after = refreshed(before, settings);
        const std::set<int> may_change{7, 11, 12, 13, 37, 90};
        for (std::size_t i = 0; i < before.requests.size(); ++i) {
            const codec::Message& a = before.requests[i].message;
            const codec::Message& b = after.requests[i].message;
            RC_ASSERT(a.elements() == b.elements());
            RC_ASSERT(moved_stamp(b.get(7), -settings.offset, after.requests[i].at) == a.get(7));
            for (const int de : a.elements())
                if (!may_change.contains(de)) RC_ASSERT(a.get(de) == b.get(de));
        }
    }));
}
