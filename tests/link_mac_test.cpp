/// MACs of a link: what is verified and sealed, and how its keys change. Keys are made up.
#include "net/key_file.hpp"
#include "net/link_keys.hpp"
#include "tests/support/link_probe.hpp"
#include "tests/support/mac_keys.hpp"

#include <doctest/doctest.h>

using namespace mac_keys;
using namespace wire;
using probe::Probe;

TEST_CASE("link mac: a request with the right MAC is served, and its answer has one")
{
    Probe p(settings_with());
    p.receive(sealed(sale()));
    REQUIRE(p.asked.size() == 1);
    p.approve(0);
    CHECK(p.code(0) == "00");
    CHECK(verifies(p.replies.at(0), working_key));
}

TEST_CASE(
    "link mac: a request without the right MAC has no effect; what it is answered is the profile's choice")
{
    struct Row {
        std::string name;
        codec::Message message;
        std::string event;
    };
    const Row rows[] = {
        {"no MAC", sale(), "mac_missing"},
        {"another key's", sealed(sale(), new_key), "mac_wrong"},
        {"of another amount", with(sealed(sale()), {{4, "000000000101"}}), "mac_wrong"},
        {"an order", reversal(sale()), "mac_missing"},
        {"an order with another key's", sealed(reversal(sale()), new_key), "mac_wrong"},
        {"all zero", with(sale(), {{64, std::string(8, '\0')}}), "mac_wrong"},
    };
    for (const std::string code : {"", "63"})
        for (const Row& row : rows) {
            CAPTURE(row.name);
            CAPTURE(code);
            auto session = good_session();
            session.mac->wrong = code;
            Probe p(settings_with(session));
            p.receive(row.message);
            CHECK(p.asked.empty());
            CHECK(p.events == std::vector{row.event});
            CHECK(p.replies.size() == (code.empty() ? 0 : 1));
            if (!code.empty()) CHECK(p.code(0) == code);
            p.receive(sealed(sale())); // the link lives on
            CHECK(p.asked.size() == 1);
        }
}

TEST_CASE("link mac: network management has a MAC only where the profile says so, both ways")
{
    for (const bool is_covered : {false, true}) {
        CAPTURE(is_covered);
        auto session = good_session();
        session.mac->covers_management = is_covered;
        auto settings = settings_with(session);
        settings->role = net::Role::connect;
        Probe p(settings); // its sign-on is the first frame
        CHECK(verifies(p.replies.at(0), working_key) == is_covered);
        const auto answer = with(without(as(p.reply(0), "0810"), {64, 128}), {{39, "00"}});
        p.receive(is_covered ? sealed(answer, new_key) : sealed(answer));
        CHECK((p.link.state() == net::LinkState::up) != is_covered); // wrong MAC: as if it had not come
        CHECK(p.replies.size() == 1);
        p.receive(is_covered ? sealed(answer) : answer);
        CHECK(p.link.state() == net::LinkState::up);
    }
}

TEST_CASE("link mac: without [mac] nothing is looked at and nothing sealed")
{
    Probe p;
    p.receive(sealed(sale(), new_key));
    REQUIRE(p.asked.size() == 1);
    p.approve(0);
    CHECK_FALSE(p.reply(0).has(64));
}

// --- new keys

TEST_CASE("link mac: both keys are good until a message with the new one came, then only that")
{
    auto settings = settings_with();
    Probe p(settings);
    const Probe other(settings); // keys are the link's, not the connection's
    p.receive(key_change());
    CHECK(p.code(0) == "00");
    CHECK(p.saw("key_taken"));
    p.receive(sealed(sale("000001")));
    p.approve(0);
    CHECK(verifies(p.replies.at(1), working_key)); // it has not shown yet that it has the new one
    p.receive(sealed(sale("000002"), new_key));
    CHECK(p.saw("key_in_use"));
    p.approve(1);
    CHECK(verifies(p.replies.at(2), new_key));
    p.receive(sealed(sale("000003")));
    CHECK(p.asked.size() == 2);
    CHECK(p.saw("mac_wrong"));
    Probe late(settings);
    late.receive(sealed(sale("000004"), new_key));
    CHECK(late.asked.size() == 1);
}

TEST_CASE("link mac: a message that is broken does not bring the new key into use")
{
    Probe p(settings_with());
    p.receive(key_change());
    p.receive(with(sealed(sale(), new_key), {{4, "000000000999"}}));
    CHECK_FALSE(p.saw("key_in_use"));
    p.receive(sealed(sale()));
    CHECK(p.asked.size() == 1);
}

TEST_CASE("link mac: what a message that brings a key is answered")
{
    const auto hex = [](const std::string& bytes) { return codec::hex_of(bytes); };
    const std::string good = hex(wrapped(new_key) + check_value(new_key));
    auto wrong_check = good;
    wrong_check.back() = wrong_check.back() == '0' ? '1' : '0';
    auto other_key = good;
    other_key.front() = other_key.front() == '0' ? '1' : '0';
    struct Row {
        std::string name;
        codec::Message message;
        std::string code;
        std::string event;
    };
    const Row rows[] = {
        {"a MAC key", key_change(), "00", "key_taken"},
        {"lower case",
         brings("161",
                [&] {
                    auto text = good;
                    for (char& c : text) c = static_cast<char>(std::tolower(c));
                    return text;
                }()),
         "00", "key_taken"},
        {"more behind it", brings("161", good + "FFFF"), "00", "key_taken"},
        {"a PIN key", key_change("162"), "00", "key_not_used"},
        {"a check value that is wrong in its last digit", brings("161", wrong_check), "63",
         "key_check_wrong"},
        {"a key that is wrong in its first", brings("161", other_key), "63", "key_check_wrong"},
        {"a wrong PIN key", brings("162", wrong_check), "63", "key_check_wrong"},
        {"no key", management("161"), "63", "key_unreadable"},
        {"cut off", brings("161", good.substr(0, good.size() - 1)), "63", "key_unreadable"},
        {"no digits", brings("161", std::string(good.size(), 'x')), "63", "key_unreadable"},
        {"another function", key_change("160"), "12", "network_management"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Probe p(settings_with());
        p.receive(row.message);
        CHECK(p.code(0) == row.code);
        CHECK_FALSE(p.reply(0).has(48)); // a key is not sent back
        CHECK(p.events == std::vector{row.event});
        p.receive(sealed(sale("000001"), new_key));
        CHECK(p.asked.size() == (row.event == "key_taken" ? 1 : 0));
        p.receive(sealed(sale("000002"))); // the old key, unless it has been replaced
        CHECK(p.asked.size() == 1);
    }
}

TEST_CASE("link mac: a key that has been replaced does not come back")
{
    const Bytes third_key{16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    Probe p(settings_with());
    p.receive(key_change());
    p.receive(sealed(sale("000001"), new_key)); // in use
    p.receive(key_change("161", third_key));
    p.receive(sealed(sale("000002"), third_key));
    p.receive(key_change()); // somebody plays the first one again
    CHECK(p.code(2) == "63");
    CHECK(p.saw("key_spent"));
    p.receive(sealed(sale("000003"), new_key));
    CHECK(p.asked.size() == 2);
    p.receive(sealed(sale("000004"), third_key));
    CHECK(p.asked.size() == 3);
}

TEST_CASE("link mac: triple DES with two equal keys is single DES, and is refused")
{
    struct Row {
        const char* name;
        Bytes key;
    };
    const Row rows[] = {
        {"equal halves", Bytes(16, 0x5A)},
        {"equal but for a parity bit", Bytes(8, 0x5A) + Bytes(8, 0x5B)},
    };
    for (const Row& row : rows)
        for (const char* function : {"161", "162"}) {
            CAPTURE(row.name);
            Probe p(settings_with());
            p.receive(key_change(function, row.key));
            CHECK(p.code(0) == "63");
            CHECK(p.saw("key_weak"));
        }
}

TEST_CASE("link mac: keys may come in a chain, as raw bytes, anywhere in an element, and be AES keys")
{
    auto session = good_session();
    session.key_exchange->wrap = net::KeyWrap::tdes_cbc;
    session.key_exchange->form = net::KeyForm::raw;
    session.key_exchange->key_at = 3;
    session.key_exchange->check_at = 19;
    {
        Probe p(settings_with(session));
        p.receive(brings("161", "K=" + wrapped(new_key, net::KeyWrap::tdes_cbc) + check_value(new_key)));
        CHECK(p.saw("key_taken"));
    }
    session.mac->rule.algorithm = codec::MacAlgorithm::aes_cmac;
    Probe p(settings_with(session));
    const auto check = codec::MacKey(codec::MacAlgorithm::aes_cmac, new_key)
                           .mac_of(Bytes(16, 0), codec::MacPadding::method_1)
                           .substr(0, 3);
    p.receive(brings("161", "K=" + wrapped(new_key, net::KeyWrap::tdes_cbc) + check));
    CHECK(p.saw("key_taken"));
}

TEST_CASE("link mac: a MAC key for a link without MACs is refused as unknown")
{
    auto session = good_session();
    session.mac.reset();
    Probe p(settings_with(session));
    p.receive(key_change());
    CHECK(p.code(0) == "12");
    CHECK(p.saw("key_not_served"));
}

// --- files

TEST_CASE("link mac: key files are hexadecimal text that only its owner can read")
{
    const KeyFile good("5A5a 5A5A\n5A5A5A5A\n");
    CHECK(net::read_key_file(good.path) == codec::WipedBytes(8, 0x5A));
    struct Row {
        std::string name;
        std::string text;
        fs::perms more;
    };
    const Row rows[] = {
        {"empty", "", fs::perms::none},
        {"half a byte", "5A5", fs::perms::none},
        {"no digits", "secret!!", fs::perms::none},
        {"one character too long", "5A5A" + std::string(1'021, '\n'), fs::perms::none},
        {"open to the group", "5A5A", fs::perms::group_read},
        {"open to others", "5A5A", fs::perms::others_read},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const KeyFile file(row.text, fs::perms::owner_read | fs::perms::owner_write | row.more);
        try {
            (void)net::read_key_file(file.path);
            FAIL("was taken");
        } catch (const net::KeyFileError& error) {
            CHECK(std::string_view(error.what()).find(file.path.string()) != std::string_view::npos);
            CHECK((row.text.empty() ||
                   std::string_view(error.what()).find(row.text) == std::string_view::npos));
        }
    }
    CHECK_THROWS_AS((void)net::read_key_file("/nowhere/key"), net::KeyFileError);
    CHECK_THROWS_AS((void)net::read_key_file(fs::temp_directory_path()), net::KeyFileError);
}

TEST_CASE("link mac: a link takes its keys from the files that its profile needs, or does not start")
{
    const KeyFile good(codec::hex_of(std::string(16, '\x5A')));
    const KeyFile* none = nullptr;
    struct Row {
        std::string name;
        net::SessionProfile session;
        const KeyFile* mac;
        const KeyFile* zone;
        std::string complaint;
    };
    auto macs_only = good_session();
    macs_only.key_exchange.reset();
    auto unfit = macs_only;
    unfit.mac->rule.elements = {4};
    const Row rows[] = {
        {"nothing needed", {}, none, none, ""},
        {"both", good_session(), &good, &good, ""},
        {"MACs only", macs_only, &good, none, ""},
        {"no working key", macs_only, none, none, "mac_key_file is required"},
        {"no zone key", good_session(), &good, none, "zone_key_file is required"},
        {"a rule that cannot be", unfit, &good, none, "list of elements"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        auto settings = link_settings();
        auto profile = std::make_shared<net::Profile>(settings->translator->profile());
        profile->session = row.session;
        settings->translator = std::make_shared<net::Translator>(net::TranslatorSettings{
            "net-a", profile, std::make_shared<authz::Policy>(), {"400000"}, token_of});
        net::LinkConfig link;
        link.name = "acq-a";
        if (row.mac) link.mac_key_file = row.mac->path;
        if (row.zone) link.zone_key_file = row.zone->path;
        std::string complaint;
        try {
            net::take_keys(*settings, link);
        } catch (const net::ProfileError& error) {
            complaint = error.what();
        }
        CHECK(complaint.empty() == row.complaint.empty());
        CHECK(complaint.find(row.complaint) != std::string::npos);
        if (!complaint.empty()) CHECK(complaint.find("acq-a") != std::string::npos);
        CHECK((settings->macs != nullptr) ==
              (row.session.mac.has_value() && row.mac && row.name != "a rule that cannot be"));
    }
    net::LinkConfig nowhere;
    nowhere.mac_key_file = nowhere.zone_key_file = "/nowhere/key";
    CHECK_THROWS_WITH_AS(net::take_keys(*settings_with(), nowhere), doctest::Contains("/nowhere/key"),
                         net::ProfileError);
    const KeyFile short_key("5A5A");
    auto settings = settings_with();
    net::LinkConfig link;
    link.mac_key_file = link.zone_key_file = short_key.path;
    CHECK_THROWS_WITH_AS(net::take_keys(*settings, link), doctest::Contains("16 bytes, not of 2"),
                         net::ProfileError);
}
