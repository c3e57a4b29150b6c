// Test card numbers: what every one of them has, and what is left of tracks and text.
#include "codec/luhn.hpp"
#include "net/pseudonym.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>
#include <vector>

using namespace net;
using codec::luhn_digit;

namespace {

std::vector<std::uint8_t> key_of(std::uint8_t byte)
{
    return std::vector<std::uint8_t>(32, byte);
}

std::string test_pan(Pseudonyms& pseudonyms, std::string pan)
{
    pseudonyms.replace_pan(pan);
    return pan;
}

bool has_valid_luhn(const std::string& pan)
{
    return luhn_digit(pan.substr(0, pan.size() - 1)) == pan.back();
}

rc::Gen<std::string> digits(int least, int most)
{
    return rc::gen::mapcat(rc::gen::inRange(least, most + 1), [](int size) {
        return rc::gen::container<std::string>(static_cast<std::size_t>(size), rc::gen::inRange('0', ':'));
    });
}

/// A card number with its check digit.
rc::Gen<std::string> pans()
{
    return rc::gen::map(digits(11, 18), [](std::string number) { return number + luhn_digit(number); });
}

struct Row {
    const char* name;
    std::string given;
    std::string expected; ///< with # for each digit of a test card that is not of its BIN
};

/// `expected` with the digits of a test card that were made up.
bool fits(const std::string& value, const std::string& expected)
{
    if (value.size() != expected.size()) return false;
    for (std::size_t i = 0; i < value.size(); ++i)
        if (expected[i] == '#' ? value[i] < '0' || value[i] > '9' : value[i] != expected[i]) return false;
    return true;
}

} // namespace

TEST_CASE(
    "pseudonym: every card number keeps BIN and length, gets a valid check digit and always the same digits")
{
    for (const Bin bin : {Bin::six, Bin::eight}) {
        Pseudonyms one(key_of(1), bin);
        Pseudonyms again(key_of(1), bin);
        const auto kept = static_cast<std::size_t>(bin);
        CHECK(rc::check("pseudonym", [&] {
            const std::string pan = *pans();
            const std::string test = test_pan(one, pan);
            RC_ASSERT(test.size() == pan.size());
            RC_ASSERT(test.substr(0, kept) == pan.substr(0, kept));
            RC_ASSERT(has_valid_luhn(test));
            RC_ASSERT(test_pan(one, pan) == test);
            RC_ASSERT(test_pan(again, pan) == test);
        }));
    }
}

TEST_CASE("pseudonym: two cards never become one")
{
    Pseudonyms pseudonyms(key_of(1), Bin::six);
    std::set<std::string> seen;
    for (int i = 0; i < 20'000; ++i) {
        const std::string number = "4000009" + std::to_string(10'000'000 + i);
        seen.insert(test_pan(pseudonyms, number + luhn_digit(number)));
    }
    CHECK(seen.size() == 20'000);
    std::set<std::string> whole_domain; // 12 digits with a BIN of 8: three digits to change, a thousand cards
    Pseudonyms narrow(key_of(1), Bin::eight);
    for (int i = 0; i < 1000; ++i) {
        const std::string number = "40000012" + std::to_string(1000 + i).substr(1);
        whole_domain.insert(test_pan(narrow, number + luhn_digit(number)));
    }
    CHECK(whole_domain.size() == 1000);
}

TEST_CASE("pseudonym: another key gives other cards, and only its own id")
{
    Pseudonyms one(key_of(1), Bin::six);
    Pseudonyms other(key_of(2), Bin::six);
    CHECK(one.key_id() != other.key_id());
    CHECK(one.key_id().size() == 8);
    int same = 0;
    for (int i = 0; i < 100; ++i) {
        const std::string number = "400000" + std::to_string(123'456'000 + i);
        const std::string pan = number + luhn_digit(number);
        same += test_pan(one, pan) == test_pan(other, pan) ? 1 : 0;
        CHECK(test_pan(one, pan) != pan);
    }
    CHECK(same == 0);
    CHECK_THROWS_AS(Pseudonyms(std::vector<std::uint8_t>(15, 1), Bin::six), std::invalid_argument);
}

TEST_CASE("pseudonym: this key and this card give this test card, in every version")
{
    Pseudonyms pseudonyms(key_of(0x42), Bin::six);
    // As a few lines of Python with hmac and hashlib compute it.
    CHECK(test_pan(pseudonyms, "4000001234567899") == "4000005047775094");
}

TEST_CASE("track 2: number replaced, expiry and service code kept, everything else zero")
{
    const Row rows[] = {
        {"as it should be", "4000001234567899=25122010001234567890", "400000##########=25122010000000000000"},
        {"packed separator", "4000001234567899D25122010001234", "400000##########D25122010000000"},
        {"packed, with a pad", "4000001234567899D2512201123456F", "400000##########D2512201000000F"},
        {"nothing behind the service code", "4000001234567899=2512201", "400000##########=2512201"},
        {"no expiry: nobody knows where the secrets begin", "4000001234567899==201123456789",
         "400000##########==000000000000"},
        {"too short for a service code", "4000001234567899=2512", "400000##########=0000"},
        {"19 digits", "4000001234567899123=2512201555", "400000#############=2512201000"},
    };
    Pseudonyms pseudonyms(key_of(1), Bin::six);
    CardScrubber scrubber(&pseudonyms);
    for (const Row& row : rows) {
        CAPTURE(std::string(row.name));
        std::string value = row.given;
        CHECK(scrubber.scrub_track_2(value));
        CHECK_MESSAGE(fits(value, row.expected), value);
        const std::string pan = row.given.substr(0, row.given.find_first_of("=D"));
        CHECK(value.substr(0, pan.size()) == test_pan(pseudonyms, pan)); // the same card as in DE2
    }
    for (const std::string given :
         {"", "4000001234567899", "4000001234567899251220112345", "1234567=2512201",
          "40000012345678991234=2512201", "ABC=2512201", "4000001234567899=2512201ABC"}) {
        CAPTURE(given);
        std::string value = given;
        CHECK_FALSE(scrubber.scrub_track_2(value));
    }
}

TEST_CASE("track 1: number replaced, name and discretionary data blotted out")
{
    const Row rows[] = {
        {"as it should be", "B4000001234567899^DOE/JOHN A^2512201123456789",
         "B400000##########^XXX/XXXX X^2512201000000000"},
        {"with sentinels", "%B4000001234567899^DOE/J^2512201ABC123?",
         "%B400000##########^XXX/X^2512201XXX000?"},
        {"no expiry", "B4000001234567899^DOE^^201123", "B400000##########^XXX^^000000"},
    };
    Pseudonyms pseudonyms(key_of(1), Bin::six);
    CardScrubber scrubber(&pseudonyms);
    for (const Row& row : rows) {
        CAPTURE(std::string(row.name));
        std::string value = row.given;
        CHECK(scrubber.scrub_track_1(value));
        CHECK_MESSAGE(fits(value, row.expected), value);
    }
    for (const std::string given :
         {"", "B", "4000001234567899^DOE^2512201", "B4000001234567899^DOE", "B123^DOE^2512201", "%"}) {
        CAPTURE(given);
        std::string value = given;
        CHECK_FALSE(scrubber.scrub_track_1(value));
    }
}

TEST_CASE("card element: numbers in groups and short ones are replaced")
{
    const Row rows[] = {
        {"digits", "4000001234567899", "400000##########"},
        {"in groups", "4000 0012 3456 7899", "4000 00## #### ####"},
        {"with hyphens", "4000-0012-3456-7899", "4000-00##-####-####"},
        {"an account of eight digits", "JP12345678", "JP########"},
        {"with something behind", "4000001234567899=", "400000##########="},
    };
    Pseudonyms pseudonyms(key_of(1), Bin::six);
    CardScrubber scrubber(&pseudonyms);
    for (const Row& row : rows) {
        CAPTURE(std::string(row.name));
        std::string value = row.given;
        scrubber.scrub_card(value);
        CHECK_MESSAGE(fits(value, row.expected), value);
        CHECK(value != row.given);
    }
}

TEST_CASE("text: what may be a card number is replaced, and nothing else")
{
    const Row rows[] = {
        {"no number", "GOLDEN LION BAKERY", "GOLDEN LION BAKERY"},
        {"twelve digits", "RRN 123456789012.", "RRN 123456789012."},
        {"a card number", "card 4000001234567899!", "card 400000##########!"},
        {"in groups", "4000 0012 3456 7899", "4000 00## #### ####"},
        {"with hyphens", "4000-0012-3456-7899 ok", "4000-00##-####-#### XX"},
        {"a track 1", "B4000001234567899^DOE/JOHN^2512201123", "B400000##########^XXX/XXXX^0000000000"},
        {"a track 2", "4000001234567899=2512201123", "400000##########=0000000000"},
        {"a CVV", "4000001234567899 CVV 123", "400000########## XXX 000"},
        {"zeros in front are not a part of it", "0004000001234567899", "000400000##########"},
        {"many zeros and a small number", "000000000000000042", "000000000000000042"},
        {"expiry and CVV behind it", "40000012345678992512123", "400000##########0000000"},
        {"two of them", "4000001234567899/5100001234567893", "400000##########/0000000000000000"},
    };
    Pseudonyms pseudonyms(key_of(1), Bin::six);
    CardScrubber scrubber(&pseudonyms);
    CardScrubber reader(nullptr);
    for (const Row& row : rows) {
        CAPTURE(std::string(row.name));
        std::string value = row.given;
        scrubber.scrub_text(value);
        CHECK_MESSAGE(fits(value, row.expected), value);
        std::string again = value;
        reader.scrub_text(again);
        CHECK(again == value); // a capture that is read again stays as it is
    }
    std::string grouped = "4000 0012 3456 7899";
    scrubber.scrub_text(grouped);
    std::erase(grouped, ' ');
    CHECK(grouped == test_pan(pseudonyms, "4000001234567899"));
}
