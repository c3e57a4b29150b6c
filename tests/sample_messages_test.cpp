// Published messages of somebody else's dialect, sent over TCP to a link that knows it.

#include "tests/support/golden.hpp"
#include "tests/support/running_server.hpp"

#include <doctest/doctest.h>

using namespace wire;

namespace {

const std::string source_dir = TOLLGATE_SOURCE_DIR;

net::Config sample_config()
{
    auto config = RunningServer::good_config();
    config.links[0].dialect = source_dir + "/codec/dialects/moov-sample.toml";
    config.links[0].profile = source_dir + "/tests/data/moov-sample-profile.toml";
    return config;
}

golden::GoldenMessage sample(std::string_view id)
{
    for (auto& message : golden::golden_messages("moov-sample"))
        if (message.id == id) return message;
    throw std::runtime_error("no golden message " + std::string(id));
}

} // namespace

TEST_CASE("sample messages: each published request gets its correct answer over TCP")
{
    struct Row {
        std::string id;
        const char* why;
        std::string mti;
        std::string code;
        std::string element;
    };
    const Row rows[] = {
        {"0800-sign-on", "a sign-on", "0810", "00", ""},
        {"0200-financial-request", "a mini statement, which is not served", "0210", "40", ""},
        {"0400-reversal-request", "a cancel of something that we have never seen", "0410", "25", ""},
        {"0420-reversal-advice", "it says that something is to be reversed, and not what", "0430", "30",
         "090"},
        {"0420-reversal-advice-missing-element", "its acquirer is missing", "0430", "30", "032"},
    };
    SharedBooks books;
    RunningServer server(books, sample_config());
    const Peer peer(server.port());
    const auto dialect = golden::golden_dialect("moov-sample");
    for (const Row& row : rows) {
        CAPTURE(row.id);
        const auto bytes = sample(row.id).bytes;
        REQUIRE(peer.send(frame(bytes)));
        const auto frame_back = peer.read_frame();
        REQUIRE(frame_back);
        const auto answer = unframe(*frame_back, *dialect);
        const auto request = codec::decode(*dialect, bytes).value();
        CHECK(answer.mti().text() == row.mti);
        CHECK(answer.get(39) == row.code);
        CHECK(answer.get(44) == row.element);
        for (const int de : {7, 11}) CHECK(answer.get(de) == request.get(de));
    }
    CHECK(books.balance() == 1'000'000);
}

TEST_CASE("sample messages: the cancel's answer repeats its elements byte for byte, an empty one included")
{
    SharedBooks books;
    RunningServer server(books, sample_config());
    const Peer peer(server.port());
    const auto dialect = golden::golden_dialect("moov-sample");
    const auto bytes = sample("0400-reversal-request").bytes;
    REQUIRE(peer.send(frame(bytes)));
    const auto frame_back = peer.read_frame();
    REQUIRE(frame_back);
    const auto answer = unframe(*frame_back, *dialect);
    const auto request = codec::decode(*dialect, bytes).value();
    for (const int de : {2, 3, 4, 7, 11, 12, 13, 15, 32, 37, 42, 49, 90}) {
        CAPTURE(de);
        CHECK(answer.has(de));
        CHECK(answer.wire(de) == request.wire(de));
    }
}

TEST_CASE("sample messages: a damaged one is refused where it is damaged, and the connection lives")
{
    SharedBooks books;
    RunningServer server(books, sample_config());
    const Peer peer(server.port());
    const auto dialect = golden::golden_dialect("moov-sample");
    REQUIRE(peer.send(frame(sample("0400-truncated").bytes)));
    const auto refused = peer.read_frame();
    REQUIRE(refused);
    CHECK(unframe(*refused, *dialect).get(39) == "30");
    REQUIRE(peer.send(frame(sample("0800-sign-on").bytes)));
    const auto lives = peer.read_frame();
    REQUIRE(lives);
    CHECK(unframe(*lives, *dialect).get(39) == "00");
}
