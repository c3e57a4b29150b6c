// Recordings of the server, without a server: frames go in, captures come out.
#include "tests/support/recorded_link.hpp"

#include "codec/hex.hpp"
#include "net/control.hpp"

#include <boost/json.hpp>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include <sys/resource.h>

using namespace wire;
using net::Direction;
using test::RecordFolder;

namespace {

net::LinkConfig link_named(const std::string& name)
{
    net::LinkConfig link;
    link.name = name;
    link.network = "net-a";
    link.dialect = "iso87-ascii";
    link.profile = "iso-single-message";
    return link;
}

/// A recorder of the links acq-a and acq-b, and what it logs.
struct Office {
    explicit Office(net::RecordConfig config) { recorder.configure(config, net::recorded_links(links)); }
    explicit Office(const RecordFolder& folder) : Office(folder.config()) {}

    [[nodiscard]] net::ConnectionTap connection(const net::LinkConfig& link)
    {
        return net::ConnectionTap(recorder.tap_of(net::recorded_link(link)));
    }
    net::RecordingStatus start(const std::string& link = "acq-a") { return recorder.start(link, {}); }

    [[nodiscard]] std::string why_not_started(const std::string& link)
    {
        try {
            (void)start(link);
        } catch (const std::exception& error) {
            return error.what();
        }
        return "";
    }
    [[nodiscard]] std::string why_not_stopped(const std::string& link)
    {
        try {
            (void)recorder.stop(link);
        } catch (const net::RecordError& error) {
            return error.what();
        }
        return "";
    }

    void keep(std::string_view line)
    {
        const std::lock_guard lock(mutex);
        lines += std::string(line) + "\n";
        changed.notify_all();
    }
    /// False when it is not logged within half a minute.
    [[nodiscard]] bool comes_to_log(std::string_view text)
    {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds{30},
                                [&] { return lines.find(text) != std::string::npos; });
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::string lines; ///< guarded by mutex
    std::vector<net::LinkConfig> links{link_named("acq-a"), link_named("acq-b")};
    std::shared_ptr<net::RecorderCounters> counters = std::make_shared<net::RecorderCounters>();
    net::Log log{net::Log::Level::info, [this](std::string_view line) { keep(line); }};
    net::Recorder recorder{counters, log};
};

net::RecordConfig with(net::RecordConfig config, void (*change)(net::RecordConfig&))
{
    change(config);
    return config;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

codec::Message answer_to_sale()
{
    return wire::with(as(sale(), "0210"), {{39, "00"}, {38, "123456"}});
}

} // namespace

TEST_CASE("record: what passes between start and stop is in the capture, and nothing else")
{
    const RecordFolder folder;
    Office office(folder);
    const auto first = office.connection(office.links[0]);
    const auto second = office.connection(office.links[0]);
    const auto other = office.connection(office.links[1]);
    const Bytes request = message_bytes(sale());
    first.saw(Direction::request, request);
    const auto started = office.start();
    CHECK(started.ended.empty());
    second.saw(Direction::request, request);
    other.saw(Direction::request, request);
    second.saw(Direction::answer, wire::frame(answer_to_sale()));
    second.saw(Direction::answer, Bytes{0, 0}); // an echoed keep-alive is no message
    first.saw(Direction::request, Bytes{'0', '2', '0'});
    const auto stopped = office.recorder.stop("acq-a");
    first.saw(Direction::request, request);

    CHECK(stopped.ended == "stopped");
    CHECK(stopped.records == 3);
    CHECK(stopped.dropped == 0);
    CHECK(office.counters->records.value() == 3);
    const sim::Capture capture = sim::load_capture(started.file);
    CHECK(capture.header.dialect == "iso87-ascii");
    CHECK(capture.header.framing == "be16");
    CHECK(capture.header.network == "net-a");
    CHECK(capture.header.source == "record of link acq-a");
    REQUIRE(capture.records.size() == 3);
    CHECK(capture.records[0].place.connection == 1);
    CHECK(capture.records[0].place.direction == Direction::request);
    CHECK(capture.records[1].place.direction == Direction::answer);
    CHECK(capture.records[2].place.connection == 2);
    CHECK(capture.records[2].unread.has_value());
    const auto kept = test::message_of(capture.records[0]);
    CHECK(kept.get(2) != pan);
    CHECK(kept.get(2).substr(0, 6) == pan.substr(0, 6));
    CHECK(without(kept, {2}) == without(sale(), {2}));
    CHECK(test::message_of(capture.records[1]).get(2) == kept.get(2));
    REQUIRE(capture.trailer);
    CHECK(capture.trailer->dropped_records == 0);
    namespace fs = std::filesystem;
    CHECK(fs::status(started.file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("record: what finds no room is counted, in the trailer as well")
{
    const RecordFolder folder;
    Office office(with(folder.config(), [](net::RecordConfig& config) { config.queue_bytes = 1'000; }));
    const auto connection = office.connection(office.links[0]);
    const auto file = office.start().file;
    connection.saw(Direction::request, Bytes(2'000, '0')); // larger than all the room there is
    connection.saw(Direction::request, Bytes(2'000, '0'));
    connection.saw(Direction::request, message_bytes(sale()));
    CHECK(office.recorder.stop("acq-a").dropped == 2);
    CHECK(office.counters->dropped.value() == 2);
    CHECK(office.counters->records.value() == 1);
    CHECK(sim::load_capture(file).trailer.value().dropped_records == 2);
    CHECK(office.comes_to_log("\"records\":1,\"dropped\":2"));
}

TEST_CASE("record: what a kill would leave can be read, and shows that its end is missing")
{
    const RecordFolder folder;
    Office office(folder);
    const auto connection = office.connection(office.links[0]);
    const auto file = office.start().file;
    const auto header_bytes = office.recorder.list().at(0).bytes;
    connection.saw(Direction::request, message_bytes(sale()));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (office.recorder.list().at(0).bytes <= header_bytes && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    std::filesystem::copy_file(file, folder.file("left.jsonl"));
    const auto left = folder.file("left.jsonl");
    CHECK(sim::load_capture(left, sim::CaptureReader::Trailer::may_be_missing).records.size() == 1);
    CHECK_THROWS_AS((void)sim::load_capture(left), sim::CaptureError);
}

TEST_CASE("record: a start or a stop that cannot be says why")
{
    const RecordFolder folder;
    Office office(folder);
    (void)office.connection(office.links[0]);
    (void)office.connection(office.links[1]);
    CHECK(office.why_not_stopped("acq-a") == "link \"acq-a\" is not being recorded");
    CHECK(office.why_not_started("acq-c") == "there is no link \"acq-c\"; there is acq-a, acq-b");
    CHECK(office.why_not_stopped("acq-c") == "there is no link \"acq-c\"; there is acq-a, acq-b");
    const auto file = office.start().file;
    CHECK(office.why_not_started("acq-a") == "link \"acq-a\" is being recorded already, to " + file);
    CHECK(office.start("acq-b").link == "acq-b");
    (void)office.recorder.stop("acq-a");
    CHECK(office.why_not_stopped("acq-a") == "link \"acq-a\" is not being recorded");
    CHECK(office.start("acq-a").file != file); // also within the same second
    const auto all = office.recorder.list();
    REQUIRE(all.size() == 3);
    CHECK(all[2].file == file);
    CHECK(all[2].ended == "stopped");
}

TEST_CASE("record: without a good folder and key nothing begins")
{
    const RecordFolder folder;
    struct Row {
        const char* name;
        void (*change)(net::RecordConfig&);
        const char* why;
    };
    const Row rows[] = {
        {"no folder is configured", [](net::RecordConfig& c) { c.directory.clear(); },
         "record.directory is not configured"},
        {"the folder is not there", [](net::RecordConfig& c) { c.directory /= "absent"; },
         "No such file or directory"},
        {"the key is not there", [](net::RecordConfig& c) { c.key_file += ".absent"; }, "key file"},
        {"the key is short", [](net::RecordConfig& c) { std::ofstream(c.key_file) << "0011223344556677"; },
         "key file"},
        {"others may read the key",
         [](net::RecordConfig& c) { std::filesystem::permissions(c.key_file, std::filesystem::perms(0644)); },
         "chmod 600"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Office office(with(folder.config(), row.change));
        const auto connection = office.connection(office.links[0]);
        const std::string why = office.why_not_started("acq-a");
        CAPTURE(why);
        CHECK(contains(why, row.why));
        connection.saw(Direction::request, message_bytes(sale())); // goes nowhere
        CHECK(office.recorder.list().empty());
        CHECK(office.counters->records.value() == 0);
    }
}

TEST_CASE("record: one that reaches its limit ends by itself and is whole")
{
    const RecordFolder folder;
    const auto in_bytes = with(folder.config(), [](net::RecordConfig& config) { config.bytes_max = 2'000; });
    const auto in_time = with(
        folder.config(), [](net::RecordConfig& config) { config.time_max = std::chrono::milliseconds{1}; });
    for (const auto& [config, reason] : {std::pair{in_bytes, "bytes_max"}, std::pair{in_time, "time_max"}}) {
        CAPTURE(reason);
        Office office(config);
        const auto connection = office.connection(office.links[0]);
        const auto file = office.start().file;
        for (int i = 0; i < 10; ++i) connection.saw(Direction::request, message_bytes(sale()));
        REQUIRE(office.comes_to_log(std::string("\"reason\":\"") + reason));
        CHECK(sim::load_capture(file).trailer.has_value());
        connection.saw(Direction::request, message_bytes(sale())); // goes nowhere
        const auto all = office.recorder.list();
        REQUIRE(all.size() == 1);
        CHECK(all[0].ended == reason);
        CHECK(office.why_not_stopped("acq-a") == "link \"acq-a\" is not being recorded");
        CHECK(office.start().file != file);
    }
}

TEST_CASE("record: a reload ends what it changes and leaves the rest alone")
{
    const RecordFolder folder;
    Office office(folder);
    const auto changed = office.connection(office.links[0]);
    const auto same = office.connection(office.links[1]);
    (void)office.start("acq-a");
    const auto file = office.start("acq-b").file;
    office.links[0].dialect = "iso87-bcd";
    const auto after = office.connection(office.links[0]);
    office.recorder.configure(folder.config(), net::recorded_links(office.links));
    REQUIRE(office.comes_to_log("\"reason\":\"link_changed\""));
    same.saw(Direction::request, message_bytes(sale()));
    (void)office.recorder.stop("acq-b");
    CHECK(sim::load_capture(file).records.size() == 1);

    const auto of_bcd = office.start("acq-a").file;
    changed.saw(Direction::request, message_bytes(sale())); // an old connection speaks the old dialect
    after.saw(Direction::request, message_bytes(sale(), *codec::find_built_in_dialect("iso87-bcd")));
    (void)office.recorder.stop("acq-a");
    const auto capture = sim::load_capture(of_bcd);
    CHECK(capture.header.dialect == "iso87-bcd");
    CHECK(capture.records.size() == 1);
}

TEST_CASE("record: a disk that is full ends the recording and nothing else")
{
    if (!std::filesystem::exists("/dev/full")) return;
    const RecordFolder folder;
    Office office(folder);
    const auto connection = office.connection(office.links[0]);
    const rlimit before = [] {
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        return limit;
    }();
    std::signal(SIGXFSZ, SIG_IGN);
    const auto file = office.start().file;
    const rlimit small{1'000, before.rlim_max}; // as a full disk: write() fails
    ::setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 10; ++i) connection.saw(Direction::request, message_bytes(sale()));
    const bool is_logged = office.comes_to_log("\"recording_failed\"");
    ::setrlimit(RLIMIT_FSIZE, &before);
    CHECK(is_logged);
    CHECK(office.comes_to_log("File too large"));
    connection.saw(Direction::request, message_bytes(sale()));
    const auto all = office.recorder.list();
    REQUIRE(all.size() == 1);
    CHECK(all[0].ended == "failed");
    CHECK_THROWS_AS((void)sim::load_capture(file), sim::CaptureError);
    CHECK(office.why_not_started("acq-a").empty());
}

TEST_CASE("record: no card data is in the file, nor in the log")
{
    const RecordFolder folder;
    Office office(folder);
    const std::string full = "4000001928374656";
    const std::string key = "0123456789ABCDEF0123456789ABCDEF";
    auto secret = wire::with(sale(), {{2, full},
                                      {35, full + "=30121011234500000"},
                                      {45, "B" + full + "^MARMOT/EUGENIE^30121011234500000"},
                                      {48, "92" + key},
                                      {52, "\x9C\x01\xE7\x5B\xA3\x44\xD8\x62"},
                                      {64, "\x8C\x11\xE8\x5C\xA4\x45\xD9\x63"},
                                      {120, key}});
    const auto key_change =
        wire::with(management("161"), {{48, key}, {96, "\x7C\x21\xE9\x5D\xA5\x46\xDA\x64"}});
    const auto connection = office.connection(office.links[0]);
    const auto file = office.start().file;
    connection.saw(Direction::request, message_bytes(secret));
    connection.saw(Direction::request, message_bytes(key_change));
    connection.saw(Direction::answer, wire::frame(wire::with(as(secret, "0210"), {{39, "00"}})));
    connection.saw(Direction::request, message_bytes(wire::with(sale(), {{63, "card " + full + " lost"}})));
    Bytes cut = message_bytes(secret);
    cut.resize(cut.size() - 3);
    connection.saw(Direction::request, cut);
    CHECK(office.recorder.stop("acq-a").records == 5);
    const std::string text = test::text_of_file(file) + office.lines;
    for (const std::string& what : {full, full.substr(6), std::string("1234500000"), std::string("MARMOT"),
                                    key, std::string("9C01E75BA344D862"), std::string("8C11E85CA445D963"),
                                    std::string("7C21E95DA546DA64")}) {
        CAPTURE(what);
        CHECK_FALSE(contains(text, what));
    }
    const auto capture = sim::load_capture(file);
    CHECK(capture.records[0].dropped == std::vector<std::string>{"48", "52", "64", "120"});
    CHECK(capture.records[1].dropped == std::vector<std::string>{"48", "96"});
    CHECK(test::message_of(capture.records[1]).get(70) == "161");
}

TEST_CASE("record: an element that brings keys is dropped, though the dialect would show it")
{
    auto shown = std::make_shared<codec::Dialect>(ascii());
    shown->fields[48].log = codec::LogRule::clear;
    net::CardScrubber scrubber(nullptr);
    const auto wire = message_bytes(wire::with(management("161"), {{48, "0123456789ABCDEF"}}), *shown);
    net::MessageKeeper careless(shown, scrubber);
    CHECK(contains(std::string(careless.keep(wire).value().message), "0123456789ABCDEF"));
    const std::vector<int> secrets{48};
    net::MessageKeeper careful(shown, scrubber, secrets);
    const auto kept = careful.keep(wire);
    CHECK_FALSE(contains(std::string(kept.value().message), "0123456789"));
    CHECK(kept->dropped == "[\"48\"]");
}

TEST_CASE("control: a line that is no order is told what is wrong with it")
{
    const RecordFolder folder;
    Office office(folder);
    (void)office.connection(office.links[0]);
    const std::pair<const char*, const char*> rows[] = {
        {"", "expected one JSON object"},
        {"record list", "expected one JSON object"},
        {"[]", "expected one JSON object"},
        {"{}", "command: expected a text"},
        {R"({"command":"reboot","link":"acq-a"})", "unknown command"},
        {R"({"command":"record start"})", "link: expected a text"},
        {R"({"command":"record start","link":7})", "link: expected a text"},
        {R"({"command":"record start","link":"acq-a","seconds":0})", "seconds: expected"},
        {R"({"command":"record start","link":"acq-a","seconds":"9"})", "seconds: expected"},
        {R"({"command":"record start","link":"../acq"})", "there is no link"},
        {R"({"command":"record stop","link":"acq-a"})", "is not being recorded"},
    };
    for (const auto& [line, why] : rows) {
        CAPTURE(line);
        const auto answer = boost::json::parse(net::answer_to(line, office.recorder)).as_object();
        CHECK(contains(std::string(answer.at("error").as_string()), why));
    }
    const auto done =
        net::answer_to(R"({"command":"record start","link":"acq-a","seconds":60})", office.recorder);
    CHECK(contains(done, "\"state\":\"recording\""));
    CHECK(contains(net::answer_to(R"({"command":"record list"})", office.recorder), "\"link\":\"acq-a\""));
    CHECK(contains(net::answer_to(R"({"command":"record stop","link":"acq-a"})", office.recorder),
                   "\"state\":\"stopped\""));
}
