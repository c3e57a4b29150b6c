// What a serving network believes is written, whatever stands in the way.
#include "tests/support/serving.hpp"

#include <boost/json.hpp>

using namespace test::serving;

namespace {

/// Neither a folder nor a place for one.
void put_file_in_place_of(const std::filesystem::path& folder)
{
    std::filesystem::remove_all(folder);
    std::ofstream(folder) << "in the way";
}

/// The rows that were told as events, put together.
std::string rows_in(const std::string& events)
{
    std::istringstream each(events);
    std::string rows;
    for (std::string line; std::getline(each, line);) {
        const auto event = boost::json::parse(line).as_object();
        if (event.at("event") == "settlement_row") rows += std::string(event.at("row").as_string()) + "\n";
    }
    return rows;
}

} // namespace

TEST_CASE("serve: days that cannot be written wait, are told once, and are written when that is possible")
{
    Issuer issuer({});
    const Folder folder;
    std::ostringstream events;
    auto made = settings(folder, {issuer.proxy->address()});
    made.settlement_retry = milliseconds(5);
    ServeNetwork network(issuer.network, plan(60), made, events);
    put_file_in_place_of(folder.path);
    const auto approved = [&](std::uint64_t number) {
        return network.run_until([&] { return network.role().counts().approved >= number; },
                                 Clock::now() + patience);
    };
    REQUIRE(approved(20));
    network.cut_over();
    REQUIRE(approved(40));
    network.cut_over();
    REQUIRE(serve_all(network));
    network.tell_state();
    CHECK(count(events.str(), R"("event":"settlement_put_off")") == 2);
    CHECK(count(events.str(), R"("event":"settlement",)") == 0);
    CHECK(count(events.str(), R"("unwritten":2)") == 1);

    std::filesystem::remove(folder.path);
    REQUIRE(network.run_until([&] { return count(events.str(), R"("event":"settlement",)") == 2; },
                              Clock::now() + patience));
    CHECK(network.end() == End::settled);
    const auto lines = folder.lines();
    CHECK(lines.size() == 60);
    CHECK(issuer.books.balance_minor(1) == 100'000 - owed(lines));
    CHECK(rows_in(events.str()).empty());
}

TEST_CASE("serve: what cannot be written until the end goes out as events, and the end says so")
{
    Issuer issuer({});
    const Folder folder;
    std::ostringstream events;
    auto made = settings(folder, {issuer.proxy->address()});
    made.drain = milliseconds(100);
    ServeNetwork network(issuer.network, plan(30), made, events);
    put_file_in_place_of(folder.path);
    REQUIRE(serve_all(network));
    CHECK(network.end() == End::not_written);
    const SettlementDay day = parse_settlement(rows_in(events.str()));
    CHECK(day.lines.size() == 30);
    CHECK(issuer.books.balance_minor(1) == 100'000 - owed(day.lines));
    std::filesystem::remove(folder.path);
}

TEST_CASE("serve: what is believed is written when nothing can go on")
{
    Issuer issuer({"mti=0210 && n=3: drop"});
    const Folder folder;
    std::ostringstream events;
    auto made = settings(folder, {issuer.proxy->address()});
    made.role.timeout = std::chrono::minutes(1);
    ServeNetwork network(issuer.network, plan(5), made, events);
    REQUIRE(
        network.run_until([&] { return network.role().counts().approved == 4; }, Clock::now() + patience));
    network.rescue();
    const auto lines = folder.lines();
    CHECK(count(lines, Outcome::approved) == 4);
    CHECK(count(lines, Outcome::reversed) == 1);
}

TEST_CASE("serve: an approval that would end a column of the settlement file costs no day")
{
    const auto network_model = network_named("iso-single-message");
    test::FakeBooks books;
    AccountGiven account;
    account.balance = Amount{100'000, "JPY"};
    (void)books.open_account(account);
    test::FakeHost host{network_model->dialect(), [&](const codec::Message& request) {
                            auto reply = books.answer(request);
                            if (reply->has(38)) reply->set(38, "A,\"\r\n1");
                            return reply;
                        }};
    const Folder folder;
    std::ostringstream events;
    ServeNetwork network(network_model, plan(3), settings(folder, {host.address("")}), events);
    REQUIRE(serve_all(network));
    CHECK(network.end() == End::settled);
    const auto lines = folder.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].approval == "A????1");
}
