// A server that records, and `tollgatectl record` that tells it to: over TLS and plain TCP, in both roles.
#include "tests/support/recorded_link.hpp"

#include "net/control_socket.hpp"
#include "sim/child_process.hpp"
#include "sim/replay_plan.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/dialled.hpp"
#include "tests/support/running_server.hpp"
#include "tests/support/tls_peer.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace wire;
using sim::Direction;
using test::message_of;
using test::parties;
using test::RecordFolder;

namespace {

net::Config config_in(const RecordFolder& folder)
{
    net::Config config = RunningServer::good_config();
    config.node.control_socket = folder.file("control.sock");
    config.record = folder.config();
    return config;
}

sim::Finished ctl(const RecordFolder& folder, std::vector<std::string> words)
{
    words.insert(words.begin(), {TOLLGATECTL, "record"});
    words.insert(words.end(), {"--socket", folder.file("control.sock")});
    return sim::run_program(words, "");
}

/// The only capture in the folder.
std::filesystem::path capture_in(const RecordFolder& folder)
{
    std::filesystem::path found;
    for (const auto& entry : std::filesystem::directory_iterator(folder.file("")))
        if (entry.path().extension() == ".jsonl") found = entry.path();
    return found;
}

/// Waits until the server listens on its socket.
void wait_for_socket(const RecordFolder& folder)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!std::filesystem::exists(folder.file("control.sock")) && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// As it was sent, apart from the card number.
void check_same(const sim::CaptureRecord& record, const codec::Message& sent)
{
    const auto kept = message_of(record);
    CHECK(without(kept, {2}) == without(sent, {2}));
    CHECK(kept.has(2) == sent.has(2));
    CHECK(kept.get(2).substr(0, 6) == sent.get(2).substr(0, 6));
    if (sent.has(2)) CHECK(kept.get(2) != sent.get(2));
}

} // namespace

TEST_CASE("record server: what passed over TLS is in the capture, and a replay takes it")
{
    const RecordFolder folder;
    auto config = config_in(folder);
    config.links[0].tls = parties().server_config();
    SharedBooks books;
    RunningServer server(books, config);
    wait_for_socket(folder);
    const TlsPeer before(server.port(), parties().client_config());
    CHECK(before.code_of(sale("000001")) == "00");

    const auto started = ctl(folder, {"start", "acq-a"});
    CAPTURE(started.err);
    REQUIRE(started.status == 0);
    CHECK(contains(started.out, "recording"));
    const TlsPeer after(server.port(), parties().client_config());
    std::vector<codec::Message> sent{sale("000002"), management("301"), reversal(sale("000002"))};
    std::vector<codec::Message> answers;
    for (const auto& request : sent) answers.push_back(after.ask(request));
    sent.push_back(sale("000003"));
    answers.push_back(before.ask(sent.back()));
    for (const auto& answer : answers) CHECK(answer.get(39) == "00");
    const auto listed = ctl(folder, {"list"});
    CHECK(contains(listed.out, "acq-a"));
    const auto stopped = ctl(folder, {"stop", "acq-a"});
    REQUIRE(stopped.status == 0);
    CHECK(contains(stopped.out, "stopped"));
    CHECK(before.code_of(sale("000004")) == "00");

    const sim::Capture capture = sim::load_capture(capture_in(folder));
    REQUIRE(capture.records.size() == 2 * sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        CAPTURE(i);
        const auto& request = capture.records[2 * i];
        const auto& answer = capture.records[2 * i + 1];
        CHECK(request.place.direction == Direction::request);
        CHECK(answer.place.direction == Direction::answer);
        CHECK(request.place.connection == (i < 3 ? 1 : 2));
        check_same(request, sent[i]);
        check_same(answer, answers[i]);
    }
    CHECK_FALSE(contains(test::text_of_file(capture_in(folder)), pan));

    const auto traffic = sim::traffic_of(capture, {});
    REQUIRE(traffic.requests.size() == sent.size());
    CHECK(traffic.unread == 0);
    CHECK(traffic.groups().size() == 1); // the sale and its reversal
    for (const auto& request : traffic.requests) CHECK(request.answer.has_value());
    CHECK(sim::plan_replay(traffic, {}).sends.size() == sent.size());
    CHECK(server.stop());
}

TEST_CASE("record server: on a link that we have dialled, ours are answers and theirs are requests")
{
    const RecordFolder folder;
    const Dialled network;
    auto config = config_in(folder);
    config.links[0].role = net::Role::connect;
    config.links[0].addresses = {{"127.0.0.1", network.port()}};
    SharedBooks books;
    RunningServer server(books, config);
    wait_for_socket(folder);
    {
        const Peer peer = network.accept();
        CHECK(answer_next(peer) == "001");
        server.wait_logged("\"link_up\"");
        REQUIRE(ctl(folder, {"start", "acq-a", "--seconds", "600"}).status == 0);
        CHECK(peer.code_of(sale()) == "00");
        server.begin_stop(); // ends the recording as well
        CHECK(answer_next(peer) == "002");
    }
    server.stop();

    const sim::Capture capture = sim::load_capture(capture_in(folder));
    REQUIRE(capture.records.size() == 4);
    const std::pair<Direction, std::string> expected[] = {{Direction::request, "0200"},
                                                          {Direction::answer, "0210"},
                                                          {Direction::answer, "0800"},
                                                          {Direction::request, "0810"}};
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        CAPTURE(i);
        CHECK(capture.records[i].place.direction == expected[i].first);
        CHECK(message_of(capture.records[i]).mti().text() == expected[i].second);
    }
    CHECK(capture.trailer.has_value());
    CHECK(server.logged("\"reason\":\"server_ended\""));
}

TEST_CASE("record server: an answer that never left is not in the capture")
{
    const RecordFolder folder;
    auto config = config_in(folder);
    config.links[0].timing.network_timeout = std::chrono::milliseconds{1'250}; // cut-off after 750 ms
    SharedBooks books;
    RunningServer server(books, config);
    wait_for_socket(folder);
    REQUIRE(ctl(folder, {"start", "acq-a"}).status == 0);
    books.shut();
    const Peer peer(server.port());
    peer.send(sale());
    REQUIRE(server.comes_to_log("\"answer_too_late\""));
    REQUIRE(ctl(folder, {"stop", "acq-a"}).status == 0);
    books.open();
    const sim::Capture capture = sim::load_capture(capture_in(folder));
    REQUIRE(capture.records.size() == 1);
    CHECK(capture.records[0].place.direction == Direction::request);
}

TEST_CASE("record server: tollgatectl tells what the server does not do, and when there is none")
{
    const RecordFolder folder;
    {
        SharedBooks books;
        RunningServer server(books, config_in(folder));
        wait_for_socket(folder);
        struct ::stat status {};
        REQUIRE(::stat(folder.file("control.sock").c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        struct Row {
            std::vector<std::string> words;
            int status;
            const char* said;
        };
        const Row rows[] = {
            {{"stop", "acq-a"}, 1, "link \"acq-a\" is not being recorded"},
            {{"start", "acq-z"}, 1, "there is no link \"acq-z\"; there is acq-a"},
            {{"start", "acq-a", "--json"}, 2, "not understood"},
            {{"start"}, 2, "LINK is required"},
            {{"start", "acq-a", "--seconds", "0"}, 2, "seconds"},
            {{"start", "acq-a"}, 0, ""},
            {{"start", "acq-a"}, 1, "is being recorded already"},
            {{"list"}, 0, ""},
        };
        for (const Row& row : rows) {
            CAPTURE(row.said);
            const auto end = ctl(folder, row.words);
            CAPTURE(end.err);
            CHECK(end.status == row.status);
            CHECK(contains(end.err, row.said));
        }
    }
    CHECK(sim::load_capture(capture_in(folder)).trailer.has_value());
    CHECK_FALSE(std::filesystem::exists(folder.file("control.sock")));
    const auto end = ctl(folder, {"list"});
    CHECK(end.status == 3);
    CHECK(contains(end.err, "no tollgated answers there"));
}

TEST_CASE("record server: a socket that a crash has left is taken over, and one of a later process is left")
{
    const RecordFolder folder;
    const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    folder.file("control.sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(left);
    CHECK(ctl(folder, {"list"}).status == 3);

    net::Log log(net::Log::Level::error);
    const auto say = [](std::string text) { return [text](std::string_view) { return text; }; };
    auto first =
        std::make_unique<net::ControlSocket>(folder.file("control.sock"), say(R"({"error":"first"})"), log);
    first->start();
    CHECK(contains(ctl(folder, {"list"}).err, "first"));
    net::ControlSocket later(folder.file("control.sock"), say(R"({"error":"later"})"), log);
    CHECK(contains(ctl(folder, {"list"}).err, "first"));
    later.start();
    first.reset();
    CHECK(contains(ctl(folder, {"list"}).err, "later"));
}

TEST_CASE("record server: a client that says nothing, or too much, keeps nobody else away")
{
    const RecordFolder folder;
    net::Log log(net::Log::Level::error);
    net::ControlSocket socket(
        folder.file("control.sock"), [](std::string_view) { return "{}"; }, log);
    socket.start();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    folder.file("control.sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{100'000}}) {
        CAPTURE(bytes);
        const int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
        REQUIRE(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        const std::string text(bytes, 'x');
        (void)::send(client, text.data(), text.size(), MSG_NOSIGNAL);
        CHECK(ctl(folder, {"list"}).status == 0);
        ::close(client);
    }
}
