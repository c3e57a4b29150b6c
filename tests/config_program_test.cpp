// Program `tollgated`: what its command line says of the configuration, and a reload of a running one.
#include "sim/child_process.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/config_text.hpp"
#include "tests/support/database.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

namespace {

using namespace sim;

const std::string program = TOLLGATE_BIN_DIR "/tollgated";

std::string text_of(const std::string& file_name)
{
    std::ifstream file(file_name);
    return {std::istreambuf_iterator<char>(file), {}};
}

void append(const std::string& file_name, const std::string& text)
{
    std::ofstream(file_name, std::ios::app) << text;
}

/// Waits until a file holds a text.
void wait_for(const std::string& file_name, const std::string& text)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (text_of(file_name).find(text) == std::string::npos) {
        CAPTURE(text_of(file_name));
        REQUIRE(std::chrono::steady_clock::now() < end);
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

} // namespace

TEST_CASE("tollgated: a misspelt command line is told what it may have meant")
{
    struct Row {
        std::vector<std::string> arguments;
        int status;
        std::string said;
    };
    const Row rows[] = {
        {{"chek", "-f", "x"}, 2, "unknown word \"chek\"; did you mean \"check\"?"},
        {{"print", "efective", "-f", "x"}, 2, "did you mean \"effective\"?"},
        {{"check", "--stric", "-f", "x"}, 2, "did you mean \"--strict\"?"},
        {{"print"}, 2, "print what?"},
        {{"check"}, 2, "name one with -f FILE"},
        {{"check", "-f", "no.toml"}, 2, "no.toml: cannot be read\n1 error\n"},
        {{"-f", "no.toml"}, 2, "1 error; nothing was started\n"},
        {{}, 2, "Examples:"},
        {{"--help"}, 0, "tollgated print effective -f tollgated.toml"},
        {{"print", "defaults"}, 0, "in_flight_total = 20000\n"},
    };
    for (const Row& row : rows) {
        std::vector<std::string> arguments{program};
        arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
        const Finished finished = run_program(arguments, "");
        const std::string said = finished.out + finished.err;
        CAPTURE(said);
        CHECK(finished.status == row.status);
        CHECK(said.find(row.said) != std::string::npos);
    }
}

TEST_CASE("tollgated: a reload is applied or refused whole, and the server goes on")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url()});
    const std::string file = bed.folder() + "/tollgated.toml";
    const std::string log = bed.folder() + "/reload.log";
    CHECK(run_program({program, "check", "-f", file}, "").status == 0);
    CHECK(run_program({program, "--check", "-f", file}, "").status == 0); // its former name
    CHECK(run_program({program, "check", "--strict", "-f", file}, "").status == 0);
    ChildHost host({program, file, log, {}});
    append(file, "\nin_flight = 77\n");
    host.signal(SIGHUP);
    wait_for(log, "in_flight 4000 -> 77");
    wait_for(log, "config_reloaded");
    append(file, "in_fligth = 78\n");
    host.signal(SIGHUP);
    wait_for(log, "config_refused");
    CHECK(host.is_running());
    CHECK(run_program({program, "check", "-f", file}, "").status == 2);
    CHECK(host.stop() == 0);
}

TEST_CASE("tollgated: check tells of each file that cannot be used")
{
    const FreshDatabase database(FreshDatabase::Schema::none);
    TestBed bed({.bin = TOLLGATE_BIN_DIR, .database_url = database.url()});
    const std::string file = bed.folder() + "/broken.toml";
    append(file, config_text::replaced(config_text::good, "\"iso87-ascii\"", "\"mine.toml\"") +
                     "[link.tls]\ncertificate_file = \"a.crt\"\nprivate_key_file = \"a.key\"\n"
                     "ca_file = \"ca.pem\"\npeer_names = [\"a\"]\n");
    const Finished finished = run_program({program, "check", "-f", file}, "");
    CAPTURE(finished.err);
    CHECK(finished.status == 2);
    for (const std::string name : {"mine.toml", "a.crt"}) CHECK(finished.err.find(name) != std::string::npos);
}
