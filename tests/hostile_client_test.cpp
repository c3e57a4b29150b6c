// Clients that break every rule, over plain TCP (RELIABILITY P11, rows 54 to 59). Another way of attack is a
// function and a row.
#include "tests/support/hostile.hpp"

using namespace wire;
using namespace hostile;

namespace {

/// Whatever it sends, it is shown the door.
void send_to_the_end(const Scene& scene, const Bytes& bytes)
{
    const Peer peer = scene.client();
    peer.send(bytes);
    CHECK(peer.ends());
}

void send_garbage(const Scene& scene)
{
    std::minstd_rand random(20'260'302);
    for (int i = 0; i < 20; ++i) send_to_the_end(scene, garbage(random));
}

void send_text(const Scene& scene)
{
    for (const char* const words : {"GET / HTTP/1.1\r\n\r\n", "HTTP", "SSH-2.0-client\r\n"})
        send_to_the_end(scene, text(words));
}

template <std::size_t length> void claim_length(const Scene& scene)
{
    send_to_the_end(scene, claim(length));
}

void send_empty_frames(const Scene& scene)
{
    send_to_the_end(scene, empty_frames(100));
}

void send_byte_by_byte(const Scene& scene)
{
    const Peer peer = scene.client();
    for (std::size_t i = 0; i < 20; ++i) {
        for (const std::uint8_t byte : frame(sale(stan_of(i)))) peer.send(Bytes{byte});
        const auto answer = peer.read_frame();
        REQUIRE(answer);
        CHECK(unframe(*answer).get(39) == "00");
    }
}

void never_end_a_frame(const Scene& scene)
{
    Bytes begun = frame(sale());
    begun.resize(begun.size() / 2);
    send_to_the_end(scene, begun);
}
void hurry_frames(net::Config& config)
{
    config.links.front().frame_timeout = std::chrono::milliseconds{200};
}

/// All at once, while the answers are read.
/// returns  how many came
std::size_t send_at_once(const Scene& scene, const Bytes& all)
{
    const Peer peer = scene.client();
    std::thread sender([&] {
        peer.send(all);
        peer.end_sending();
    });
    std::size_t answers = 0;
    while (peer.read_frame()) ++answers;
    sender.join();
    return answers;
}

void pipeline(const Scene& scene)
{
    constexpr std::size_t count = 10'000 / slowness;
    const std::size_t answers = send_at_once(scene, sales(0, count));
    CHECK(answers > 0);
    CHECK(answers <= count); // what is above the window is met with silence
}

void storm(const Scene& scene)
{
    for (std::size_t i = 0; i < 2'000 / slowness + 200; ++i) (void)scene.bold_client();
}

void hold_connections(const Scene& scene)
{
    std::vector<std::unique_ptr<Peer>> held;
    for (int i = 0; i < 20; ++i) held.push_back(scene.bold_client());
    REQUIRE(scene.server.comes_to_log("connection_refused"));
    std::size_t ended = 0;
    for (std::size_t i = 8; i < held.size(); ++i) ended += !held[i] || held[i]->ends() ? 1 : 0;
    CHECK(ended == held.size() - 8);
    CHECK(held[0]->code_of(management("301")) == "00");
}
void few_of_a_source(net::Config& config)
{
    config.limits.connections_per_source = 8;
}

void come_uninvited(const Scene& scene)
{
    for (int i = 0; i < 10; ++i) {
        const auto peer = scene.bold_client();
        CHECK((!peer || peer->ends()));
    }
}
void invite_others(net::Config& config)
{
    config.links.front().allow = {{"127.0.0.1", 32}, {"10.0.0.0", 8}};
}

void end_sending_at_once(const Scene& scene)
{
    for (std::size_t i = 0; i < 50; ++i) {
        const Peer peer = scene.client();
        peer.send(sale(stan_of(i)));
        peer.end_sending();
        const auto answer = peer.read_frame();
        REQUIRE(answer);
        CHECK(unframe(*answer).get(39) == "00");
        CHECK(peer.is_ended());
    }
}

void reset_connections(const Scene& scene)
{
    for (std::size_t i = 0; i < 80; ++i) {
        Peer peer = scene.client();
        peer.send(sale(stan_of(i)));
        peer.reset();
    }
}

void never_read(const Scene& scene)
{
    const Peer peer = scene.client(4'096);
    const Bytes all = echoes(500);
    while (peer.send(all)) {
    }
}

void sign_on_and_off(const Scene& scene)
{
    const Peer peer = scene.client();
    const Bytes both = sessions(1);
    for (std::size_t i = 0; i < 2'000 / slowness; ++i) {
        REQUIRE(peer.send(both));
        REQUIRE(peer.read_frame());
        REQUIRE(peer.read_frame());
    }
}

void send_unknown_types(const Scene& scene)
{
    constexpr std::size_t count = 8'000 / slowness;
    CHECK(send_at_once(scene, unknown_types(count)) == count); // each is told that it is not served
}

/// Every copy gets the answer of the first.
void repeat_one_key(const Scene& scene)
{
    constexpr std::size_t window = 500;
    const Peer peer = scene.client();
    REQUIRE(peer.send(sale("777777")));
    const auto first = peer.read_frame();
    REQUIRE(first);
    const Bytes all = copies(window);
    for (std::size_t sent = 0; sent < 100'000 / slowness; sent += window) {
        REQUIRE(peer.send(all));
        for (std::size_t i = 0; i < window; ++i) {
            const auto answer = peer.read_frame();
            REQUIRE(answer);
            REQUIRE(answer == first);
        }
    }
}

} // namespace

TEST_CASE("hostile: each client harms only itself")
{
    const Attack attacks[] = {
        {"garbage", send_garbage, "garbage"},
        {"text as length", send_text, "garbage", {"frame_length_impossible"}},
        {"length 0", send_empty_frames, "empty_frames"},
        {"length 1", claim_length<1>, "garbage", {"no_message"}},
        {"length of the limit", claim_length<8'192>, "garbage", {"no_message"}},
        {"length of the limit and one", claim_length<8'193>, "garbage", {"frame_length_impossible"}},
        {"length 0xFFFF", claim_length<0xFFFF>, "garbage", {"frame_length_impossible"}},
        {"byte by byte", send_byte_by_byte, "peer_gone"},
        {"a frame that never ends", never_end_a_frame, "frame_timeout", {}, hurry_frames},
        {"10,000 frames at once", pipeline, "peer_gone"},
        {"connect and close", storm, "source_too_fast"},
        {"many connections", hold_connections, "source_full", {}, few_of_a_source},
        {"not on the list", come_uninvited, "source_not_allowed", {}, invite_others},
        {"half close", end_sending_at_once, "peer_gone"},
        {"reset", reset_connections, "peer_gone"},
        {"never reads", never_read, "peer_does_not_read"},
        {"signs on and off", sign_on_and_off, "peer_gone"},
        {"unknown types", send_unknown_types, "peer_gone", {"not_served"}},
        {"one key again and again", repeat_one_key, "peer_gone"},
    };
    for (const Attack& attack : attacks) withstand(attack);
}
