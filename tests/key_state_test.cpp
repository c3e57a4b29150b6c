/// What a link's keys survive: a restart, a reload, a disk that refuses. Keys are made up.
#include "codec/hex.hpp"
#include "net/key_file.hpp"
#include "net/link_keys.hpp"
#include "tests/support/link_probe.hpp"
#include "tests/support/mac_keys.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <iterator>

using namespace mac_keys;
using namespace wire;
using probe::Probe;

namespace {

/// A link whose processes come one after the other, and what they leave behind.
struct Place {
    KeyFile mac{hex(working_key)};
    KeyFile zone{hex(zone_key)};
    KeyFile state{""};
    net::KeyRings rings;

    Place() { fs::remove(state.path); }

    [[nodiscard]] net::LinkConfig config() const
    {
        net::LinkConfig link;
        link.name = "acq-a";
        link.mac_key_file = mac.path;
        link.zone_key_file = zone.path;
        link.key_state_file = state.path;
        return link;
    }
    /// What a process begins with.
    [[nodiscard]] std::shared_ptr<net::LinkSettings> start() const
    {
        auto settings = settings_with(good_session());
        net::take_keys(*settings, config());
        return settings;
    }
    [[nodiscard]] std::string text() const
    {
        std::ifstream file(state.path);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

/// Whether a sale under this key is served.
bool serves(const std::shared_ptr<net::LinkSettings>& settings, const Bytes& key)
{
    Probe p(settings);
    p.receive(sealed(sale(), key));
    return p.asked.size() == 1;
}

const Bytes third_key{16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1};

} // namespace

TEST_CASE("key state: a process goes on with the keys that the one before it had")
{
    const Place place;
    {
        Probe p(place.start());
        p.receive(key_change());
        CHECK(p.code(0) == "00");
        CHECK(p.events == std::vector<std::string>{"key_taken"});
    }
    CHECK(serves(place.start(), working_key)); // offered, and not in use yet: both are good
    CHECK(serves(place.start(), new_key));     // and now it is in use
    CHECK_FALSE(serves(place.start(), working_key));
    CHECK(serves(place.start(), new_key));
    {
        Probe p(place.start());
        p.receive(key_change("161", third_key));
    }
    const auto after = place.start();
    CHECK(serves(after, new_key));
    CHECK(serves(after, third_key));
    CHECK_FALSE(serves(place.start(), new_key));
}

TEST_CASE("key state: without the file a process begins with the key file")
{
    const Place place;
    {
        Probe p(place.start());
        p.receive(key_change());
        p.receive(sealed(sale(), new_key));
    }
    fs::remove(place.state.path);
    CHECK_FALSE(serves(place.start(), new_key));
    CHECK(serves(place.start(), working_key));
}

TEST_CASE("key state: no key stands in the file in clear, and only its owner can read it")
{
    const Place place;
    Probe p(place.start());
    p.receive(key_change());
    p.receive(sealed(sale(), new_key));
    p.receive(key_change("161", third_key));
    const std::string text = place.text();
    CHECK(text.find(codec::hex_of(wrapped(new_key))) != std::string::npos);
    CHECK(text.find(codec::hex_of(wrapped(third_key))) != std::string::npos);
    for (const Bytes& key : {working_key, new_key, third_key, zone_key})
        CHECK(text.find(hex(key)) == std::string::npos);
    CHECK((fs::status(place.state.path).permissions() & (fs::perms::group_all | fs::perms::others_all)) ==
          fs::perms::none);
    CHECK_FALSE(fs::exists(place.state.path.string() + ".new"));
}

TEST_CASE("key state: a key file that has changed wins over what was kept")
{
    for (const bool is_zone : {false, true}) {
        CAPTURE(is_zone);
        const Place place;
        {
            Probe p(place.start());
            p.receive(key_change());
            p.receive(sealed(sale(), new_key));
        }
        std::ofstream((is_zone ? place.zone : place.mac).path) << hex(third_key);
        CHECK_FALSE(serves(place.start(), new_key));
        CHECK(serves(place.start(), is_zone ? working_key : third_key));
    }
}

TEST_CASE("key state: a file that is something else, or was changed, stops the start and is named")
{
    const std::function<std::string(std::string)> spoil[] = {
        [](const std::string&) { return std::string(); },
        [](const std::string&) { return std::string("5A5A5A5A\n"); },
        [](const std::string& text) { return text.substr(0, text.find("origin")); },
        [](const std::string& text) { return text.substr(0, text.size() - 8) + "\n"; },
        [](const std::string& text) { return text + "third 00 00\n"; },
        [](std::string text) {
            char& digit = text[text.find("next ") + 5];
            digit = digit == '0' ? '1' : '0';
            return text;
        },
    };
    for (const auto& change : spoil) {
        const Place place;
        {
            Probe p(place.start());
            p.receive(key_change());
        }
        const std::string spoilt = change(place.text());
        CAPTURE(spoilt);
        std::ofstream(place.state.path) << spoilt;
        CHECK_THROWS_WITH_AS((void)place.start(), doctest::Contains(place.state.path.c_str()),
                             net::ProfileError);
    }
}

TEST_CASE("key state: a key that cannot be kept is used all the same, and that is told")
{
    const Place place;
    auto config = place.config();
    config.key_state_file = "/proc/none/mac.state";
    auto settings = settings_with(good_session());
    net::take_keys(*settings, config);
    Probe p(settings);
    p.receive(key_change());
    CHECK(p.code(0) == "00");
    CHECK(p.events == std::vector<std::string>{"key_taken", "key_not_kept"});
    p.receive(sealed(sale(), new_key));
    CHECK(p.asked.size() == 1);
    CHECK(p.events == std::vector<std::string>{"key_taken", "key_not_kept", "key_in_use", "key_not_kept"});
}

TEST_CASE("key state: connections before and after a reload have the same keys, until the key files change")
{
    Place place;
    const auto before = place.start();
    place.rings.share(*before);
    const auto after = place.start();
    place.rings.share(*after);
    Probe p(before);
    p.receive(key_change());
    CHECK(serves(after, new_key));
    CHECK_FALSE(serves(before, working_key));
    std::ofstream(place.mac.path) << hex(third_key);
    const auto changed = place.start();
    place.rings.share(*changed);
    CHECK(serves(changed, third_key));
    CHECK(serves(before, new_key)); // old connections end with the key that they have
}

TEST_CASE("key state: a key file of any size that its algorithm takes is good")
{
    auto session = good_session();
    session.mac->rule.algorithm = codec::MacAlgorithm::hmac_sha256;
    Place place;
    std::ofstream(place.mac.path) << hex(Bytes(32, 0x5A));
    const auto start = [&] {
        auto settings = link_settings();
        auto profile = std::make_shared<net::Profile>(settings->translator->profile());
        profile->session = session;
        settings->translator = std::make_shared<net::Translator>(net::TranslatorSettings{
            "net-a", profile, std::make_shared<authz::Policy>(), {"400000"}, token_of});
        net::take_keys(*settings, place.config());
        return settings;
    };
    {
        Probe p(start());
        p.receive(key_change());
        CHECK(p.events == std::vector<std::string>{"key_taken"});
    }
    Probe p(start());
    codec::Message offered = sale();
    REQUIRE(codec::MessageMac(dialect(), session.mac->rule, new_key).seal(offered).has_value());
    p.receive(offered);
    CHECK(p.events == std::vector<std::string>{"key_in_use"});
}

TEST_CASE("key state: a message that brings a key again writes nothing")
{
    const Place place;
    Probe p(place.start());
    p.receive(key_change());
    fs::remove(place.state.path);
    p.receive(key_change()); // its answer was lost
    CHECK(p.code(1) == "00");
    CHECK_FALSE(fs::exists(place.state.path));
    p.receive(sealed(sale(), new_key));
    fs::remove(place.state.path);
    p.receive(key_change());
    CHECK(p.code(2) == "00");
    CHECK_FALSE(fs::exists(place.state.path));
    p.receive(sealed(sale("000002"), new_key));
    CHECK(p.asked.size() == 2);
}

TEST_CASE("key state: the answer to a new key waits for the disk, and nothing else does")
{
    const Place place;
    Probe p(place.start());
    p.disk = Probe::Disk::waits;
    p.receive(key_change());
    CHECK(p.replies.empty());
    CHECK(p.events == std::vector<std::string>{"key_taken"});
    REQUIRE(p.keeps.size() == 1);
    CHECK_FALSE(fs::exists(place.state.path));
    p.receive(management("301"));
    REQUIRE(p.replies.size() == 1);
    CHECK(p.reply(0).get(70) == "301");
    p.receive(sealed(sale("000001"))); // both keys are good
    p.receive(sealed(sale("000002"), new_key));
    CHECK(p.asked.size() == 2);
    p.drain();
    p.approve(0);
    p.approve(1);
    p.at(probe::farewell_time / 2);
    p.tick();
    CHECK_FALSE(p.closed); // it owes an answer
    p.finish_writing();
    p.collect();
    REQUIRE(p.replies.size() == 4);
    CHECK(p.reply(3).get(70) == "161");
    CHECK(p.code(3) == "00");
    CHECK(p.closed == net::CloseReason::drained);
}

TEST_CASE("key state: a message that brings a key again, before the disk has it, is answered when it has")
{
    const Place place;
    Probe p(place.start());
    p.disk = Probe::Disk::waits;
    p.receive(key_change());
    p.receive(key_change());
    CHECK(p.replies.empty());
    REQUIRE(p.keeps.size() == 2);
    p.finish_writing();
    p.collect();
    CHECK(p.replies.size() == 1);
    p.finish_writing();
    p.collect();
    CHECK(p.replies.size() == 2);
    p.receive(key_change());
    CHECK(p.replies.size() == 3); // at once: there is nothing to write
}

TEST_CASE("key state: a key that was replaced is not taken again by a later process")
{
    const Place place;
    {
        Probe p(place.start());
        p.receive(key_change());
        p.receive(sealed(sale("000001"), new_key));
        p.receive(key_change("161", third_key));
        p.receive(sealed(sale("000002"), third_key));
    }
    for (int process = 0; process < 2; ++process) {
        CAPTURE(process);
        Probe p(place.start());
        p.receive(key_change()); // somebody plays the old message again
        CHECK(p.code(0) == "63");
        CHECK(p.events == std::vector<std::string>{"key_spent"});
        p.receive(sealed(sale("000003"), new_key));
        CHECK(p.asked.empty());
    }
    CHECK(place.text().find(hex(new_key)) == std::string::npos);
}

TEST_CASE("key state: a key file that has changed spends the keys that it has ended")
{
    const Place place;
    {
        Probe p(place.start());
        p.receive(key_change());
        p.receive(sealed(sale("000001"), new_key));
    }
    std::ofstream(place.mac.path) << hex(third_key);
    Probe p(place.start());
    p.receive(key_change());
    CHECK(p.events == std::vector<std::string>{"key_spent"});
    CHECK(p.code(0) == "63");
}
