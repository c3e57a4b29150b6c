// `tollgate-sim fire` as a program. It stops and starts its PostgreSQL and has one of its own.
#include "sim/child_process.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

TEST_CASE("fire: with --json the report is all that stands on standard output")
{
    const sim::Finished run =
        sim::run_program({std::string(TOLLGATE_BIN_DIR) + "/tollgate-sim", "fire", "--bin", TOLLGATE_BIN_DIR,
                          "--messages", "400", "--seed", "7", "--json"},
                         "");
    INFO(run.out);
    INFO(run.err);
    REQUIRE(run.status == 0);
    CHECK(run.err.starts_with("seed 7\n")); // for whoever has to repeat it
    const auto report = boost::json::parse(run.out);
    CHECK(report.at("schema") == "tollgate/fire/1");
    CHECK(report.at("seed") == "7");
    CHECK(report.at("messages") == 400);
    CHECK(report.at("good") == true);
    for (const auto& fault : report.at("faults").as_object()) {
        CAPTURE(fault.key());
        CHECK(fault.value().at("count").to_number<int>() >= 1);
    }
    CHECK(report.at("approved").to_number<int>() > 0);
    CHECK(report.at("violations").as_array().empty());
}
