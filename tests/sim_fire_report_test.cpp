#include "sim/fire_report.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace sim;

namespace {

/// A good run, in which no two figures are the same.
FireReport good_report()
{
    FireReport report;
    report.seed = 18'446'744'073'709'551'615U;
    report.planned = 100;
    report.traffic = {.sent = 131, .timeouts = 7, .repeats = 5, .reversals = 2, .reconnects = 9};
    for (std::size_t i = 0; i < report.faults.size(); ++i) report.faults[i] = 20 + i;
    for (std::size_t i = 0; i < report.treatments.size(); ++i) report.treatments[i] = 40 + i;
    report.audit.requests = 130;
    report.audit.answers = 126;
    report.audit.format_errors = 3;
    report.audit.messages = 90;
    report.audit.determinate = 90;
    report.audit.approved = 70;
    return report;
}

void something_lost(FireReport& r)
{
    r.audit.add(Breach::lost, "20 000001", "a \"sale\"");
}
void invariant_broken(FireReport& r)
{
    r.books.status = 6;
}
void server_ended(FireReport& r)
{
    r.own_ends = 1;
}
void one_unanswered(FireReport& r)
{
    r.unanswered = 1;
}
void one_undetermined(FireReport& r)
{
    r.audit.determinate = 89;
}
void nothing_seen(FireReport& r)
{
    r.audit.messages = r.audit.determinate = 0;
}

} // namespace

TEST_CASE("fire report: JSON is one object on one line, with every figure under its name")
{
    const std::string text = json_of(good_report());
    CHECK(text.find('\n') == text.size() - 1);
    const boost::json::object object = boost::json::parse(text).as_object();
    const std::pair<const char*, boost::json::value> rows[] = {
        {"schema", "tollgate/fire/1"},
        {"seed", "18446744073709551615"}, // more than a number of JSON holds everywhere
        {"good", true},
        {"messages", 100},
        {"sent", 131},
        {"timeouts", 7},
        {"repeats", 5},
        {"reversals", 2},
        {"requests", 130},
        {"answers", 126},
        {"format_errors", 3},
        {"different", 90},
        {"approved", 70},
        {"determinate_percent", 100.0},
        {"own_ends", 0},
        {"unanswered", 0},
        {"invariants", 0},
        {"stop_status", 0},
        {"tolerated", boost::json::array{}},
        {"violations", boost::json::array{}},
    };
    for (const auto& [name, value] : rows) {
        CAPTURE(name);
        REQUIRE(object.contains(name));
        CHECK(object.at(name) == value);
    }
    CHECK(object.at("faults").at("server_kill").at("count") == 20);
    CHECK(object.at("faults").as_object().size() == ProcessFault::kinds);
    CHECK(object.at("frames").at("drop") == 41);
    CHECK(object.at("frames").at("flip") == 48);
    CHECK(object.at("frames").as_object().size() == Treatment::kinds - 1); // without those that passed
    CHECK(object.at("verdict").as_object().size() == breach_count);
}

TEST_CASE("fire report: whatever is wrong makes a run bad, for programs and for people")
{
    struct Row {
        const char* what;
        void (*harm)(FireReport&);
    };
    constexpr Row rows[] = {
        {"an effect is lost", something_lost},  {"an invariant is broken", invariant_broken},
        {"the server ended", server_ended},     {"a message has no answer", one_unanswered},
        {"a key has no end", one_undetermined}, {"nothing was seen", nothing_seen},
    };
    CHECK(good_report().is_good());
    CHECK(text_of(good_report()).find("good: 0 lost") != std::string::npos);
    for (const Row& row : rows) {
        CAPTURE(row.what);
        FireReport report = good_report();
        row.harm(report);
        CHECK(boost::json::parse(json_of(report)).at("good") == false);
        CHECK(text_of(report).find("BAD: ") != std::string::npos);
    }
}

TEST_CASE("fire report: a breach is counted and told; one that is tolerated fails no run")
{
    FireReport report = good_report();
    something_lost(report);
    const auto object = boost::json::parse(json_of(report));
    CHECK(object.at("verdict").at("lost") == 1);
    CHECK(object.at("verdict").at("doubled") == 0);
    REQUIRE(object.at("violations").as_array().size() == 1);
    CHECK(object.at("violations").at(0).at("breach") == "lost");
    CHECK(object.at("violations").at(0).at("key") == "20 000001");
    CHECK(object.at("violations").at(0).at("text") == "a \"sale\"");
    report.tolerated = {Breach::lost};
    const auto tolerated = boost::json::parse(json_of(report));
    CHECK(tolerated.at("good") == true);
    CHECK(tolerated.at("tolerated") == boost::json::array{"lost"});
}
