#include "codec/utf8.hpp"
#include "sim/awaited_signals.hpp"
#include "sim/html_report.hpp"
#include "sim/junit.hpp"
#include "sim/report_command.hpp"
#include "sim/toml_reader.hpp"

#include <doctest/doctest.h>
#include <pugixml.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

using namespace sim;

namespace {

Played played(const std::string& scenario, const std::string& network)
{
    Played one;
    one.scenario = scenario;
    one.network = network;
    one.verdict.passed = true;
    one.verdict.took = std::chrono::milliseconds{1'042};
    return one;
}

Report mixed_report()
{
    Report report;
    report.played = {played("10-sale", "net-a"), played("11-refund", "net-a"), played("10-sale", "net-b")};
    report.played[1].was_skipped = true;
    Verdict& failed = report.played[2].verdict;
    failed.passed = false;
    failed.place = "10-sale.toml:7";
    failed.problem = "DE39 is \"51\" & not <00>";
    failed.ladder = "0200 ->\n<- 0210\n";
    return report;
}

} // namespace

TEST_CASE("junit: a suite per network, a case per scenario, and its ladder where it failed")
{
    pugi::xml_document read;
    REQUIRE(read.load_string(junit_of(mixed_report()).c_str()));
    const auto a = read.select_node("//testsuite[@name='net-a']").node();
    CHECK(a.attribute("tests").as_int() == 2);
    CHECK(a.attribute("failures").as_int() == 0);
    CHECK(a.attribute("skipped").as_int() == 1);
    CHECK(a.attribute("time").as_string() == std::string("1.042"));
    CHECK(read.select_node("//testcase[@name='11-refund']/skipped").node());
    const auto b = read.select_node("//testsuite[@name='net-b']").node();
    CHECK(b.attribute("failures").as_int() == 1);
    const auto failure = b.select_node("testcase/failure").node();
    CHECK(failure.attribute("message").as_string() == std::string("DE39 is \"51\" & not <00>"));
    CHECK(failure.text().as_string() ==
          std::string("10-sale.toml:7\nDE39 is \"51\" & not <00>\n0200 ->\n<- 0210\n"));
}

TEST_CASE("junit: what XML cannot write does not lose the file")
{
    Report report = mixed_report();
    report.played[2].verdict.problem = "DE39 is \"\x01\x1F\"";
    report.played[2].verdict.ladder = "0200\x02\n";
    const std::string xml = junit_of(report);
    CHECK(xml.find("DE39 is &quot;??&quot;") != std::string::npos);
    CHECK(xml.find("0200?\n") != std::string::npos);
    CHECK(xml.find("&#") == std::string::npos);

    report.played[2].verdict.problem = "caf\xC3\xA9";       // UTF-8 stays
    report.played[2].verdict.ladder = "caf\xE9 \xC3\xA9\n"; // which this is not
    const std::string utf8 = junit_of(report);
    CHECK(utf8.find("caf\xC3\xA9") != std::string::npos);
    CHECK(codec::is_utf8(utf8));
}

TEST_CASE("report: a file that cannot be written whole leaves the one that is there")
{
    const auto folder =
        std::filesystem::temp_directory_path() / ("tollgate-report-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    const std::string file = (folder / "report.html").string();
    write_report(file, "old");
    const IgnoredSignal full(SIGXFSZ); // a limit for files is a full disk
    ::rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const ::rlimit small{1'000, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_THROWS_AS(write_report(file, std::string(100'000, 'x')), ReportError);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK(read_whole_file(file) == "old");
    const auto files = std::filesystem::directory_iterator(folder);
    CHECK(std::distance(begin(files), end(files)) == 1);
    std::filesystem::remove_all(folder);
}

TEST_CASE("report: a folder is no report, and is named")
{
    ReportOptions options;
    options.files = {"/"};
    std::ostringstream out;
    CHECK_THROWS_AS((void)run_report(options, out), FileError);
}

TEST_CASE("html report: it holds the data as it is, and nothing of it can end its element")
{
    const std::string evil = R"({"schema": "tollgate/run/1", "title": "</script><!-- @STYLE@"})";
    const std::string page = html_of(std::vector<NamedText>{{"run.json", evil}});
    CHECK(page.find("</script><!--") == std::string::npos);
    CHECK(page.find("\\u003c/script>\\u003c!-- @STYLE@") != std::string::npos); // no mark of ours either
    CHECK(page.find("default-src 'none'; style-src 'sha256-") != std::string::npos);
    CHECK(page.find("@DATA@") == std::string::npos);
}

TEST_CASE("html report: what cannot be shown is named")
{
    struct Row {
        std::string text;
        std::string complaint;
    };
    const Row rows[] = {
        {"", "odd.json: is no JSON"},
        {"{\"schema\": \"tollgate/load/1\"", "odd.json: is no JSON"},
        {"7", "odd.json: is no report"},
        {"{}", "odd.json: is no report"},
        {"{\"schema\": 1}", "odd.json: is no report"},
        {"{\"schema\": \"tollgate/load/2\"}", "tollgate/load/2"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK_THROWS_WITH_AS((void)html_of(std::vector<NamedText>{{"odd.json", row.text}}),
                             doctest::Contains(row.complaint.c_str()), ReportError);
    }
}
