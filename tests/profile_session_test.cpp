/// [management], [mac] and [key_exchange] of a profile.
#include "net/profile.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_CASE("profile: it says where MACs and keys are, and every mistake has its place")
{
    const std::string row = "\n[[message]]\nmti = \"0200\"\noperation = \"sale\"\n";
    const auto profile = net::parse_profile(
        "name = \"x\"\n[management]\nmti = \"0820\"\necho = \"270\"\nsign_off = \"\"\nsign_off_by = "
        "\"dialler\"\nnoted = [\"065\"]\n"
        "[management.elements]\n33 = \"123\"\n"
        "[mac]\nalgorithm = \"retail\"\npadding = \"method-2\"\nbytes = 4\ncovers = \"values\"\nelements = "
        "[0, 4, 11]\n"
        "management = true\nwrong = \"63\"\n"
        "[key_exchange]\nmac_key = [\"161\"]\nde = 53\nform = \"raw\"\nwrap = \"tdes-cbc\"\nkey_at = "
        "2\nkey_bytes = 24\n"
        "check_bytes = 4\n" +
            row,
        "x.toml");
    const auto& session = profile->session;
    CHECK(session.management.mti.text() == "0820");
    CHECK(session.management.sign_on == "001");
    CHECK(session.management.sign_off.empty());
    CHECK(session.management.sign_off_by == net::SignOffBy::dialler);
    CHECK(session.management.echo == "270");
    CHECK(session.management.elements.at(0).first == 33);
    CHECK(session.mac.value().rule.elements == std::vector{0, 4, 11});
    CHECK(session.mac.value().rule.padding == codec::MacPadding::method_2);
    CHECK(session.mac.value().wrong == "63");
    CHECK(session.key_exchange.value().check_at == 26); // right behind the key
    CHECK(session.key_exchange.value().wrap == net::KeyWrap::tdes_cbc);

    struct Row {
        std::string text;
        std::string complaint;
    };
    const Row rows[] = {
        {"[mac]\n", "algorithm"},
        {"[mac]\nalgorithm = \"md5\"\n", "retail"},
        {"[mac]\nalgorithm = \"retail\"\nbytes = 3\n", "bytes"},
        {"[mac]\nalgorithm = \"retail\"\nkey = \"00\"\n", "key"},
        {"[key_exchange]\nde = 48\n", "mac_key"},
        {"[key_exchange]\nmac_key = [\"16\"]\n", "three digits"},
        {"[key_exchange]\nmac_key = [\"161\"]\nkey_bytes = 17\n", "16 or 24"},
        {"[management]\nmti = \"0810\"\n", "network management"},
        {"[management]\nmti = \"0200\"\n", "network management"},
        {"[management]\necho = \"\"\n", "three digits"},
        {"[management.elements]\n11 = \"000001\"\n", "must be an element"},
        {"[management.elements]\nabc = \"1\"\n", "must be an element"},
    };
    for (const Row& wrong : rows) {
        CAPTURE(wrong.text);
        try {
            (void)net::parse_profile("name = \"x\"\n" + wrong.text + row, "x.toml");
            FAIL("was taken");
        } catch (const net::ProfileError& error) {
            CHECK(std::string_view(error.what()).find("x.toml:") == 0);
            CHECK(std::string_view(error.what()).find(wrong.complaint) != std::string_view::npos);
        }
    }
}
