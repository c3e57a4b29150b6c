#include "sim/network_model.hpp"
#include "sim/replay_links.hpp"
#include "sim/replay_traffic.hpp"
#include "tests/support/replay_capture.hpp"

#include <doctest/doctest.h>

using namespace sim;
using test::ReplayCapture;

namespace {

constexpr std::size_t nothing = 99;

std::size_t target_of(const ReplayTraffic& traffic, std::size_t place)
{
    return traffic.requests.at(place).target.value_or(nothing);
}

/// A message with another value in one element.
std::uint64_t changed(ReplayCapture& made, std::uint64_t record, const std::string& mti, const char* de,
                      const std::string& value)
{
    boost::json::object fields = made.record(record).message.at("fields").as_object();
    if (value.empty())
        fields.erase(de);
    else
        fields[de] = value;
    return made.request(mti, fields);
}

} // namespace

TEST_CASE("a request, its answer and what refers to it are found")
{
    ReplayCapture made;
    made.sign_on();
    const auto sale = made.sale("000001");
    made.answer(sale, "00", "A12345");
    const auto reversal = made.reversal(sale);
    made.answer(reversal, "00");
    made.sale("000002", ReplayCapture::card_2);
    const ReplayTraffic traffic = made.traffic();

    REQUIRE(traffic.requests.size() == 4);
    CHECK(traffic.requests[0].role == ReplayRole::management);
    CHECK(traffic.requests[1].role == ReplayRole::original);
    CHECK(traffic.requests[1].answer->message.get(38) == "A12345");
    CHECK(traffic.requests[1].answer->number == 3);
    CHECK(traffic.requests[2].role == ReplayRole::reversal);
    CHECK(target_of(traffic, 2) == 1);
    CHECK(traffic.requests[3].group == 3);
    CHECK_FALSE(traffic.requests[3].answer);
    CHECK(traffic.groups() == std::vector<std::vector<std::size_t>>{{1, 2}});
}

TEST_CASE("what overtook its original refers to it all the same")
{
    ReplayCapture made;
    made.at(std::chrono::milliseconds{5000});
    const auto sale = made.sale("000001");
    made.at(std::chrono::milliseconds{1000});
    made.reversal(sale);
    ReplayTraffic traffic = made.traffic(); // by time: the reversal is first
    REQUIRE(traffic.requests[0].role == ReplayRole::reversal);
    CHECK(target_of(traffic, 0) == 1);
    CHECK(traffic.requests[1].group == 0);
}

TEST_CASE("an original is found by each of the keys that networks give")
{
    struct Row {
        const char* name;
        const char* mti;
        const char* de;
        std::string value;
        std::size_t expected;
    };
    const std::string none(42, '0');
    const Row rows[] = {
        {"DE90 whole", "0420", "39", "68", 0},
        {"DE90 without the MTI", "0420", "90",
         "0000"
         "000001"
         "0302091500" +
             std::string(22, '0'),
         0},
        {"DE90 with the local time", "0420", "90",
         "0200"
         "000001"
         "0303001500" +
             std::string(22, '0'),
         0},
        {"DE90 with another STAN", "0420", "90",
         "0200"
         "000009"
         "0302091500" +
             std::string(22, '0'),
         nothing},
        {"DE90 with another MTI", "0420", "90",
         "0220"
         "000001"
         "0302091500" +
             std::string(22, '0'),
         nothing},
        {"DE90 and another terminal", "0420", "41", "T0000099", nothing},
        {"DE90 and another card", "0420", "2", ReplayCapture::card_2, nothing},
        {"DE90 and no card", "0420", "2", "", 0},
        {"no DE90, its own STAN and DE7", "0420", "90", "", 0},
        {"a zero DE90 is none", "0420", "90", none, 0},
        {"a void with a linked 0200", "0200", "7", "0302091509", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        ReplayCapture made;
        const auto sale = made.sale("000001");
        const auto other = made.at(std::chrono::milliseconds{0}).follow("0420", "000001", sale);
        made.capture().records.pop_back();
        (void)other;
        boost::json::object fields = made.record(sale).message.at("fields").as_object();
        fields["90"] = "0200"
                       "000001"
                       "0302091500" +
                       std::string(22, '0');
        if (row.value.empty())
            fields.erase(row.de);
        else
            fields[row.de] = row.value;
        made.request(row.mti, fields);
        CHECK(target_of(made.traffic(), 1) == row.expected);
    }
}

TEST_CASE("a retrieval number links only what is alone with it")
{
    ReplayCapture made;
    const auto sale = made.sale("000001");
    boost::json::object fields = made.record(sale).message.at("fields").as_object();
    fields["11"] = "000777";
    fields["7"] = "0302093000";
    made.request("0420", fields);
    CHECK(target_of(made.traffic(), 1) == 0);

    ReplayCapture twice;
    const auto first = twice.sale("000001");
    (void)changed(twice, first, "0200", "11", "000002"); // same RRN, terminal and card
    twice.request("0420", fields);
    CHECK(target_of(twice.traffic(), 2) == nothing);
}

TEST_CASE("messages that name the same absent original are one group")
{
    ReplayCapture made;
    const auto sale = made.sale("000001");
    made.reversal(sale);
    made.reversal(sale);
    made.capture().records.erase(made.capture().records.begin());
    const ReplayTraffic traffic = made.traffic();
    CHECK(traffic.requests[0].names_absent);
    CHECK(traffic.requests[1].group == 0);
}

TEST_CASE("a repeat belongs to the group of the first")
{
    ReplayCapture made;
    const auto sale = made.sale("000001");
    made.reversal(sale);
    (void)changed(made, sale, "0201", "42", "SHOP00000000001");
    CHECK(made.traffic().requests[2].group == 0);
}

TEST_CASE("what has no STAN is nobody's copy, and a reversal of it is found by the retrieval number alone")
{
    ReplayCapture made;
    const auto sale = made.sale("000001");
    const auto first = changed(made, sale, "0200", "11", "");
    (void)changed(made, first, "0200", "37", "306109000009");
    (void)changed(made, first, "0420", "42", "");
    const ReplayTraffic traffic = made.traffic();
    CHECK(traffic.requests[1].group == 1);
    CHECK(traffic.requests[2].group == 2);
    CHECK(target_of(traffic, 3) == nothing); // two have its retrieval number
    CHECK(traffic.requests[3].group == 3);
}

TEST_CASE("one key may come again and again: all of it is one group, and what refers to it finds the first")
{
    ReplayCapture made;
    const auto sale = made.sale("000001");
    for (int i = 0; i < 500; ++i) {
        (void)changed(made, sale, "0200", "42", "SHOP00000000002");
        (void)changed(made, sale, "0420", "39", "68");
    }
    const auto other = changed(made, sale, "0200", "2", ReplayCapture::card_2); // under the same key
    (void)changed(made, other, "0420", "39", "68");
    const ReplayTraffic traffic = made.traffic();
    for (std::size_t i = 2; i <= 1'000; i += 2) {
        REQUIRE(target_of(traffic, i) == 0);
        REQUIRE(traffic.requests[i].group == 0);
    }
    CHECK(target_of(traffic, 1'002) == 1'001); // that of its own card
}

TEST_CASE("the network's own file says what a reversal is")
{
    CHECK(ReversalKinds::of(*network_named("iso-single-message")).kinds == std::vector<std::string>{"42"});
    CHECK(ReversalKinds::of(*network_named("japanese-house")).kinds == std::vector<std::string>{"12", "42"});

    ReplayCapture made; // the house dialect's way: everything alike but the MTI
    const auto sale = made.sale("000001");
    made.capture().records[0].message["mti"] = "0100";
    (void)changed(made, sale, "0120", "42", "SHOP00000000001");
    (void)changed(made, sale, "0400", "42", "SHOP00000000001");
    (void)changed(made, sale, "0420", "42", "SHOP00000000001");
    const auto traffic = traffic_of(made.capture(), ReversalKinds::of(*network_named("japanese-house")));
    CHECK(traffic.requests[1].role == ReplayRole::reversal);
    CHECK(target_of(traffic, 1) == 0);
    CHECK(traffic.requests[2].role == ReplayRole::question);
    CHECK(target_of(traffic, 2) == 0);
    CHECK(target_of(traffic, 3) == 2);
}

TEST_CASE("what cannot be replayed is counted")
{
    ReplayCapture made;
    const auto sale = made.sale("000001");
    made.answer(sale, "00");
    made.answer(sale, "00");                              // nobody asked twice
    made.capture().records[0].unread = Unread{12, "cut"}; // and now nobody asked at all
    const ReplayTraffic traffic = made.traffic();
    CHECK(traffic.requests.empty());
    CHECK(traffic.unread == 1);
    CHECK(traffic.answers_alone == 2);

    made.capture().records[1].place.direction = Direction::request;
    CHECK(made.traffic().from_server == 1);
    made.capture().records[2].message["fields"].as_object()["7"] = "no digits";
    CHECK_THROWS_WITH_AS((void)made.traffic(), doctest::Contains("record 3: "), CaptureError);
}
