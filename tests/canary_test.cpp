// Card data goes in by every way there is. Then every artefact of the run is searched for it: tables, WAL,
// PostgreSQL's log at its most talkative, our log, the server's memory, and what our tools print.
#include "sim/capture.hpp"
#include "tests/support/canary_cards.hpp"
#include "tests/support/canary_traffic.hpp"
#include "tests/support/own_cluster.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/secret_search.hpp"
#include "tests/support/stream_tap.hpp"

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <thread>

namespace {

using namespace sim;
using test::CanaryTraffic;
using test::Hit;
using test::own_number;
using test::OwnCluster;
using test::ScratchFolder;
using test::SecretSearch;

constexpr std::chrono::seconds patience{2};
constexpr std::chrono::milliseconds poll_every{50};

const std::vector<std::string> tool_names{"issued",   "issued twice",   "argument",
                                          "imported", "imported twice", "shifted"};

/// PostgreSQL's log tells all that it can: every statement, every parameter, every row of an error.
const std::vector<std::string> talkative{
    "log_statement=all",           "log_min_duration_statement=0",
    "log_parameter_max_length=-1", "log_parameter_max_length_on_error=-1",
    "log_error_verbosity=verbose", "log_min_messages=debug1",
    "log_connections=on"};

SecretSearch search_for_all()
{
    std::vector<std::string> names = test::traffic_names;
    names.insert(names.end(), tool_names.begin(), tool_names.end());
    return SecretSearch(test::canary_secrets(names));
}

void check_none(const std::vector<Hit>& hits)
{
    INFO(test::text_of(hits));
    CHECK(hits.empty());
}

// --- our tools ---

enum class Ends { well, badly };

/// Our programs, given card data; what they print is kept in a file.
class Tools {
public:
    Tools(TestBed& bed, const OwnCluster& cluster, std::string printed)
        : bed_(bed), url_(cluster.url()), printed_(std::move(printed))
    {
    }

    void run(CanaryTraffic& traffic, const Side& side)
    {
        issue_cards();
        import_cards();
        const codec::Message& sale = traffic.first_sale();
        ctl({"tx", "show", "--network", side.network, "--mti", std::string(sale.mti().text()), "--stan",
             std::string(sale.get(11)), "--terminal", std::string(sale.get(41))},
            "", Ends::well);
        ctl({"check"}, "", Ends::well);
        const Bytes message = traffic.sale("tools");
        const std::string hex = test::hex_of(std::string(message.begin(), message.end()));
        for (const char* verb : {"describe", "validate"})
            keep({TOLLGATE_BIN_DIR "/tollgate-sim", "msg", verb, "--dialect", side.model->dialect_name()},
                 hex, Ends::well);
    }

private:
    void issue_cards()
    {
        const std::string account = std::to_string(bed_.office().open_account({{100, "JPY"}, {}}));
        const std::vector<std::string> issue{
            "card",     "issue",  "--account",        account,   "--expiry", "2035-12",
            "--status", "active", "--token-key-file", key_file()};
        ctl(issue, own_number("issued") + "\n", Ends::well);
        ctl(issue, own_number("issued twice") + "\n", Ends::well);
        ctl(issue, own_number("issued twice") + "\n", Ends::badly);
        ctl(issue, test::mistyped_number("issued") + "\n", Ends::badly);
        auto with_argument = issue;
        with_argument.push_back(own_number("argument"));
        ctl(with_argument, "", Ends::badly);
    }

    void import_cards()
    {
        const auto row = [](const std::string& pan) { return pan + ",2035-12,JPY,100\n"; };
        import(row(own_number("imported")), Ends::well);
        import(row(own_number("imported")), Ends::badly);
        import(row(test::mistyped_number("imported")), Ends::badly);
        import(row(own_number("imported twice")) + row(own_number("imported twice")), Ends::badly);
        import("1," + own_number("shifted") + ",2035-12,JPY\n", Ends::badly);
    }

    void import(const std::string& rows, Ends ends)
    {
        const std::string file = printed_ + ".csv";
        std::ofstream(file) << "pan,expiry,currency,balance\n" << rows;
        ctl({"card", "import", file, "--token-key-file", key_file()}, "", ends);
        std::filesystem::remove(file);
    }

    void ctl(std::vector<std::string> words, const std::string& input, Ends ends)
    {
        words.insert(words.begin(), {TOLLGATE_BIN_DIR "/tollgatectl", "--database", url_});
        keep(words, input, ends);
    }

    void keep(const std::vector<std::string>& words, const std::string& input, Ends ends)
    {
        const Finished finished = run_program(words, input);
        INFO(finished.out, finished.err);
        CHECK((finished.status == 0) == (ends == Ends::well));
        std::ofstream(printed_, std::ios::app) << finished.out << finished.err << '\n';
    }

    [[nodiscard]] std::string key_file() const { return bed_.folder() + "/token.key"; }

    TestBed& bed_;
    std::string url_;
    std::string printed_;
};

// --- the server's memory ---

/// What a core file would hold, taken while the process stands still.
std::vector<Hit> in_memory(const SecretSearch& search, pid_t process)
{
    ::kill(process, SIGSTOP);
    siginfo_t stopped{};
    ::waitid(P_PID, static_cast<id_t>(process), &stopped, WSTOPPED);
    try {
        auto hits = search.in_memory("memory of tollgated", process);
        ::kill(process, SIGCONT);
        return hits;
    } catch (...) {
        ::kill(process, SIGCONT);
        throw;
    }
}

/// Looks until `is_good(hits)`: the server may not have seen yet what we did.
template <class IsGood>
std::vector<Hit> in_memory_until(const SecretSearch& search, pid_t process, const IsGood& is_good)
{
    const auto end = Clock::now() + patience;
    for (;;) {
        std::vector<Hit> hits = in_memory(search, process);
        if (is_good(hits) || Clock::now() > end) return hits;
        std::this_thread::sleep_for(poll_every);
    }
}

bool may_look_into(pid_t process)
{
    if (test::has_sanitizer) return false; // it keeps what is freed, and a sanitizer's program wipes nothing
    const bool may = std::ifstream("/proc/" + std::to_string(process) + "/mem").is_open();
    if (!may) std::cout << "only root may look into tollgated's memory: not searched" << std::endl;
    return may;
}

void check_memory(const SecretSearch& search, pid_t process)
{
    check_none(in_memory_until(search, process, [](const auto& hits) { return hits.empty(); }));
}

/// What is there is found: a number that waits for the rest of its frame.
void check_memory_is_searched(const SecretSearch& search, pid_t process, CanaryTraffic& traffic)
{
    const auto held = traffic.hold_half_a_frame();
    const auto hits = in_memory_until(search, process, [](const auto& found) { return !found.empty(); });
    REQUIRE_FALSE(hits.empty());
    for (const Hit& hit : hits) CHECK(hit.secret == "held frame");
}

void check_no_core(pid_t process)
{
    ::kill(process, SIGABRT);
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOWAIT) == 0);
    CHECK(ended.si_status == SIGABRT);
    CHECK(ended.si_code == CLD_KILLED); // CLD_DUMPED would be a core
}

// --- the database ---

/// Errors whose messages show rows and keys.
void provoke_errors(const OwnCluster& cluster)
{
    for (const char* sql :
         {"insert into card select * from card", "update card set expiry = null",
          "insert into journal select * from journal", "update account set currency = null"})
        CHECK_THROWS(cluster.sql(sql));
}

std::string dump_of(const OwnCluster& cluster)
{
    const Finished dumped =
        run_program({"/usr/lib/postgresql/15/bin/pg_dump", "--dbname=" + cluster.url()}, "");
    REQUIRE(dumped.status == 0);
    return dumped.out;
}

void check_database(const SecretSearch& search, const OwnCluster& cluster)
{
    provoke_errors(cluster);
    cluster.sql("checkpoint");
    check_none(search.in_files(cluster.data_folder()));
    check_none(search.in_files(cluster.log_file()));
    check_none(search.in_bytes("dump", dump_of(cluster)));
    CHECK(cluster.logged("Failing row contains") > 0);

    // What is there is found.
    const std::string pan = own_number("DE2 alone");
    cluster.sql("create table planted as select '" + pan + "' as number, '\\x" + pan + "'::bytea as packed");
    cluster.sql("checkpoint");
    CHECK(search.in_files(cluster.data_folder() + "/base").size() >= 2);
    CHECK(search.in_files(cluster.data_folder() + "/pg_wal").size() >= 2);
    CHECK_FALSE(search.in_files(cluster.log_file()).empty());
    CHECK_FALSE(search.in_bytes("dump", dump_of(cluster)).empty());
}

// --- captures ---

/// Captures of what one shop sends: that of `tollgate-sim record`, which stands before the server, and that
/// of `tollgate-sim import` of the same bytes. The tap before both of them has the card data.
class Captures {
public:
    /// folder   for the captures, and nothing else
    Captures(Host& host, const Side& side, std::string folder) : side_(side), folder_(std::move(folder))
    {
        std::ofstream(key_file()) << std::string(64, '6');
        std::filesystem::permissions(key_file(), std::filesystem::perms(0600));
        recorder_ =
            std::make_unique<ChildProcess>(with_form({"record", "--listen", "127.0.0.1:0", "--connect",
                                                      text_of(host.address(side.links.front()))},
                                                     "record.jsonl"),
                                           folder_ + "/record.log");
        const auto listening = recorder_->read_line(std::chrono::seconds{30});
        REQUIRE(listening);
        tap_ = std::make_unique<test::StreamTap>(parse_address(listening->substr(listening->rfind(' ') + 1)));
    }

    void run(RunIds& ids)
    {
        RunningHost behind({{side_.links.front(), tap_->address()}});
        CanaryTraffic traffic(behind, ids, side_);
        traffic.run([](const std::string&) {});
    }

    void check(const SecretSearch& search)
    {
        const std::string pcap = tap_->stop();
        CHECK_FALSE(search.in_bytes("pcap", pcap).empty()); // what is there is found
        recorder_->signal(SIGTERM);
        CHECK(recorder_->wait() == 1); // some of it was no message
        const Finished imported =
            run_program(with_form({"import", "-", "--server-port", "8583"}, "import.jsonl"), pcap);
        CHECK_MESSAGE(imported.status == 1, imported.err);
        for (const char* name : {"record.jsonl", "import.jsonl"}) {
            CAPTURE(name);
            const Capture capture = load_capture(folder_ + "/" + name);
            CHECK(capture.records.size() > 2 * 200); // all ways, and many at once
        }
        check_none(search.in_files(folder_));
    }

private:
    [[nodiscard]] std::string key_file() const { return folder_ + "/captures.key"; }
    [[nodiscard]] std::vector<std::string> with_form(std::vector<std::string> words,
                                                     const std::string& out) const
    {
        words.insert(words.begin(), TOLLGATE_BIN_DIR "/tollgate-sim");
        words.insert(words.end(), {"--dialect", side_.model->dialect_name(), "--key-file", key_file(),
                                   "--out", folder_ + "/" + out});
        return words;
    }

    const Side& side_;
    std::string folder_;
    std::unique_ptr<ChildProcess> recorder_;
    std::unique_ptr<test::StreamTap> tap_;
};

/// The network of the simulator in another dialect.
std::string network_in(const std::string& dialect, const std::string& folder)
{
    std::ifstream in(TOLLGATE_SOURCE_DIR "/sim/networks/iso-single-message.toml");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::string built_in = "\"iso87-ascii\"";
    text.replace(text.find(built_in), built_in.size(), '"' + dialect + '"');
    const std::string file = folder + "/" + dialect + ".toml";
    std::ofstream(file) << text;
    return file;
}

} // namespace

TEST_CASE("canary: card data that came in by any way is found nowhere")
{
    rlimit cores{};
    ::getrlimit(RLIMIT_CORE, &cores);
    cores.rlim_cur = cores.rlim_max; // so that a core would be written where tollgated did not forbid it
    ::setrlimit(RLIMIT_CORE, &cores);

    const ScratchFolder scratch;
    OwnCluster cluster({scratch.make("cluster"), "", talkative});
    const SecretSearch search = search_for_all();
    RunIds ids(wall_clock_us(), wall_clock_us());
    std::cout << "seed " << ids.seed() << std::endl;
    for (const std::string dialect : {"iso87-ascii", "iso87-ebcdic"}) {
        TestBed bed({.bin = TOLLGATE_BIN_DIR,
                     .database_url = cluster.url(),
                     .network_a = network_in(dialect, scratch.path())});
        CanaryTraffic::issue_cards(bed);
        const auto host = bed.start_host();
        const bool may_look = may_look_into(host->pid());
        for (const Side& side : bed.sides()) {
            if (dialect == "iso87-ebcdic" && &side != &bed.sides().front()) continue; // as with the first
            CAPTURE(side.model->dialect_name());
            CanaryTraffic traffic(*host, ids, side);
            traffic.run([&](const std::string& way) {
                CAPTURE(way);
                if (may_look) check_memory(search, host->pid());
            });
            if (&side == &bed.sides().front())
                Tools(bed, cluster, bed.folder() + "/printed").run(traffic, side);
            Captures captures(*host, side, scratch.make("captures-" + dialect + side.model->name()));
            captures.run(ids);
            captures.check(search);
            if (may_look) check_memory_is_searched(search, host->pid(), traffic);
            if (may_look) check_memory(search, host->pid());
        }
        check_no_core(host->pid());
        check_none(search.in_files(bed.folder()));
    }
    check_database(search, cluster);
}
