#include "authz/calendar.hpp"
#include "net/answer.hpp"
#include "net/keys.hpp"
#include "tests/support/wire.hpp"

#include <doctest/doctest.h>

using namespace wire;
using authz::CardNumber;
using authz::Operation;
using net::Refusal;

namespace {

using Read = std::variant<authz::Request, Refusal>;

Read read(const net::Translator& translator, const codec::Message& message)
{
    return translator.read(message, {7, good::noon});
}
authz::Request request_of(const net::Translator& translator, const codec::Message& message)
{
    const auto result = read(translator, message);
    REQUIRE(std::holds_alternative<authz::Request>(result));
    return std::get<authz::Request>(result);
}
authz::Request request_a(const codec::Message& message)
{
    return request_of(translator(), message);
}
authz::Request request_b(const codec::Message& message)
{
    return request_of(translator("japanese-house"), message);
}

/// A first amount, and nothing in the other three.
std::string de95(int minor)
{
    const std::string digits = std::to_string(minor);
    return std::string(12 - digits.size(), '0') + digits + std::string(30, '0');
}

net::AnswerForm form_a()
{
    static const auto profile = net::profile_named("iso-single-message");
    return {ascii(), *profile};
}

codec::Message with_type(codec::Message m, const std::string& type)
{
    return with(std::move(m), {{3, type + "0000"}});
}
codec::Message naming(codec::Message m, const codec::Message& original)
{
    return with(std::move(m), {{90, de90_of(original)}});
}

struct MeaningRow {
    std::string name;
    codec::Message message;
    std::optional<Operation> operation; ///< none: not served
    bool names_original = false;
};

void check_meanings(const std::string& profile, const std::vector<MeaningRow>& rows)
{
    const auto t = translator(profile);
    for (const MeaningRow& row : rows) {
        CAPTURE(row.name);
        const auto result = read(t, row.message);
        const auto* request = std::get_if<authz::Request>(&result);
        REQUIRE((request != nullptr) == row.operation.has_value());
        if (!request) {
            CHECK(std::get<Refusal>(result).kind == Refusal::Kind::function_not_served);
            continue;
        }
        CHECK(request->operation == *row.operation);
        CHECK(request->original.has_value() == row.names_original);
    }
}

std::chrono::sys_seconds at(int year, unsigned month, unsigned day, int hour = 12)
{
    return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} /
                                 std::chrono::day{day}} +
           std::chrono::hours{hour};
}

} // namespace

// --- meaning

TEST_CASE("translate: what messages mean in profile A")
{
    const auto named = sale("000009");
    const auto cancel = naming(as(without(sale(), {39}), "0400"), named);
    check_meanings(
        "iso-single-message",
        {
            {"purchase", sale(), Operation::sale},
            {"its repeat", as(sale(), "0201"), Operation::sale},
            {"cash", with_type(sale(), "01"), Operation::sale},
            {"cashback", with_type(sale(), "09"), Operation::sale},
            {"refund", with_type(sale(), "20"), Operation::refund},
            {"linked refund", naming(with_type(sale(), "20"), named), Operation::refund, true},
            {"void as 0200", naming(with_type(sale(), "02"), named), Operation::cancel, true},
            {"adjustment without original", with_type(sale(), "02"), std::nullopt},
            {"inquiry", with_type(sale(), "31"), Operation::inquiry},
            {"inquiry as 0100", as(with_type(sale(), "31"), "0100"), Operation::inquiry},
            {"cancel", cancel, Operation::cancel, true},
            {"0400 after a timeout", with(cancel, {{39, "68"}}), Operation::fault_reversal, true},
            {"0400, reason in DE56", with(cancel, {{56, "4021..."}}), Operation::fault_reversal, true},
            {"0400, another reason", with(cancel, {{56, "4000"}}), Operation::cancel, true},
            {"0420", reversal(named), Operation::fault_reversal, true},
            {"0421", as(reversal(named), "0421"), Operation::fault_reversal, true},
            {"0420 without a reason", without(reversal(named), {39}), Operation::fault_reversal, true},
            {"hold", as(sale(), "0100"), std::nullopt},
            {"advice of a hold", as(sale(), "0120"), std::nullopt},
            {"advice of a sale", as(sale(), "0220"), Operation::stand_in, true},
            {"its repeat", as(sale(), "0221"), Operation::stand_in, true},
            {"advice that names its request", naming(as(sale(), "0220"), named), Operation::stand_in, true},
            {"advice of cash", as(with_type(sale(), "01"), "0220"), Operation::stand_in, true},
            {"advice of cashback", as(with_type(sale(), "09"), "0220"), Operation::stand_in, true},
            {"advice of a refund", as(with_type(sale(), "20"), "0220"), std::nullopt},
            {"completion of a hold", naming(as(sale(), "0220"), as(named, "0100")), std::nullopt},
            {"advice that names an advice", naming(as(sale(), "0220"), as(named, "0220")), std::nullopt},
            {"reversal of an advice", reversal(as(named, "0220")), Operation::fault_reversal, true},
            {"mini statement", with_type(sale(), "38"), std::nullopt},
            {"file action", as(sale(), "0300"), std::nullopt},
        });
}

TEST_CASE("translate: what the same messages mean in profile B")
{
    const auto named = as(sale("000009"), "0100");
    check_meanings(
        "japanese-house",
        {
            {"sale", as(sale(), "0100"), Operation::sale},
            {"sale of profile A", sale(), std::nullopt},
            {"reversal of a sale: no advice", as(sale(), "0120"), Operation::fault_reversal, true},
            {"its repeat", as(sale(), "0121"), Operation::fault_reversal, true},
            {"cancel", as(sale(), "0400"), Operation::cancel, true},
            {"cancel that names it", naming(as(sale(), "0400"), named), Operation::cancel, true},
            {"refund", as(with_type(sale(), "20"), "0400"), Operation::refund},
            {"linked refund", naming(as(with_type(sale(), "20"), "0400"), named), Operation::refund, true},
            {"reversal of a cancel", as(sale(), "0420"), Operation::fault_reversal, true},
            {"inquiry", as(with_type(sale(), "31"), "0100"), Operation::inquiry},
        });
}

// --- keys

TEST_CASE("translate: in profile A a reversal names the key of its sale, in whatever way the sale came")
{
    const auto original = request_a(sale("000009"));
    CHECK(request_a(reversal(sale("000009"))).original->key == original.key);
    CHECK(request_a(reversal(as(sale("000009"), "0201"))).original->key == original.key);
    CHECK(request_a(reversal(sale("000008"))).original->key != original.key);
    const auto cancel = naming(as(sale("000010"), "0400"), sale("000009"));
    CHECK(request_a(cancel).original->key == original.key);
    CHECK(request_a(reversal(cancel)).original->key == request_a(cancel).key);
}

TEST_CASE("translate: in profile B 0120 names the sale and 0420 the cancel, each the same message")
{
    const auto original = request_b(as(sale(), "0100"));
    const auto cancel = request_b(as(sale(), "0400"));
    CHECK(cancel.original->key == original.key);
    CHECK(cancel.key != original.key);
    CHECK(request_b(as(sale(), "0120")).original->key == original.key);
    CHECK(request_b(as(sale(), "0120")).key != original.key);
    CHECK(request_b(as(sale(), "0420")).original->key == cancel.key);
    const auto naming_it = naming(as(sale("000010"), "0400"), as(sale(), "0100"));
    CHECK(request_b(naming_it).original->key == original.key);
    CHECK(request_b(as(naming_it, "0420")).original->key == request_b(naming_it).key);
}

TEST_CASE("translate: what is part of the key, and what is not")
{
    const auto key = request_a(sale()).key;
    CHECK(request_a(with(sale(), {{4, "000000000999"}, {37, "other"}, {42, "OTHER"}, {32, "99"}})).key ==
          key);
    CHECK(request_a(as(sale(), "0201")).key == key);
    CHECK(request_a(with(sale(), {{41, "T0000001  "}})).key == key); // padding
    CHECK(request_a(with(sale(), {{11, "000002"}})).key != key);
    CHECK(request_a(with(sale(), {{7, "1122120001"}})).key != key);
    CHECK(request_a(with(sale(), {{41, "T0000002"}})).key != key);
    const net::KeyParts parts{"net-a", "20", "000001", "1122120000", "T0000001"};
    CHECK(net::key_of(parts, at(2026, 11, 22)) == key);
    net::KeyParts other_network = parts;
    other_network.network = "net-b";
    CHECK(net::key_of(other_network, at(2026, 11, 22)) != key);
}

TEST_CASE("translate: a key is made as tollgatectl makes it to look for a message")
{
    // The same example stands in store_classify_test: the two rules must never part.
    const auto sent = std::chrono::sys_days{std::chrono::November / 22 / 2026} + std::chrono::hours{12} +
                      std::chrono::minutes{34} + std::chrono::seconds{56};
    const authz::Key key = net::key_of({"net-a", "20", "000123", "1122123456", "T0000001"}, sent);
    std::string hex;
    for (const std::uint8_t byte : key.bytes) {
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
    }
    CHECK(hex == "6b02e170f5a952cb4a595d8ac50c2f5c");
}

TEST_CASE("translate: a key begins with its transmission second")
{
    const auto key = request_a(sale()).key;
    std::uint32_t second = 0;
    for (std::size_t i = 0; i < 4; ++i) second = second << 8 | key.bytes[i];
    CHECK(second == at(2026, 11, 22).time_since_epoch().count());
    CHECK(request_a(sale()).transmitted_at == at(2026, 11, 22));
}

TEST_CASE("translate: what is part of the content, and what is not")
{
    const auto content = request_a(sale()).content;
    CHECK(request_a(with(sale(), {{37, "other"}, {59, "x"}, {12, "000000"}})).content == content);
    CHECK(request_a(as(sale(), "0201")).content == content);
    for (const auto& other :
         {with(sale(), {{4, "000000000101"}}), with(sale(), {{2, other_pan}}), with(sale(), {{49, "840"}}),
          with(sale(), {{3, "000010"}}), with(sale(), {{42, "OTHER"}})})
        CHECK(request_a(other).content != content);
    CHECK(request_a(reversal(sale("000001"))).content != request_a(reversal(sale("000002"))).content);
}

// --- fields

TEST_CASE("translate: a sale's elements in domain words")
{
    const auto r = request_a(with(sale(), {{14, "2812"}, {18, "5411"}, {15, "1123"}, {32, "00012345"}}));
    CHECK(r.amount == authz::Money{100, 392});
    CHECK(r.processing_code == "000000");
    CHECK(r.merchant == "SHOP00000000001");
    CHECK(r.mcc == "5411");
    CHECK(r.acquirer == "12345");
    CHECK(r.rrn == "632612000001");
    CHECK(r.stated_expiry == 202812);
    CHECK(r.business_date == std::chrono::floor<std::chrono::days>(at(2026, 11, 23)));
    CHECK(r.key_fields == authz::KeyFields{"net-a", "20", "000001", "T0000001"});
    CHECK(r.delivery == 7);
    CHECK(request_a(sale()).business_date == std::chrono::floor<std::chrono::days>(good::noon));
    CHECK(request_a(with(sale(), {{49, "JPY"}})).amount.currency == 392);
}

TEST_CASE("translate: the card number is looked at here and nowhere else")
{
    CHECK(request_a(sale()).card_number == CardNumber::ours);
    CHECK(request_a(sale()).card == token_of(pan));
    CHECK(request_a(with(sale(), {{2, foreign_pan}})).card_number == CardNumber::foreign_bin);
    CHECK(request_a(with(sale(), {{2, "4000000000000003"}})).card_number == CardNumber::fails_luhn);
    CHECK(request_a(without(reversal(sale()), {2})).card_number == CardNumber::absent);
    CHECK_FALSE(request_a(without(reversal(sale()), {2})).card);
    for (const char* separator : {"=", "D"}) {
        const auto swiped = with(without(sale(), {2}), {{35, pan + separator + "28121010000000000000"}});
        CHECK(request_a(swiped).card == token_of(pan));
        CHECK(request_a(swiped).content == request_a(sale()).content);
    }
    const auto both = with(sale(), {{35, other_pan + "=2812"}});
    CHECK(request_a(both).card == token_of(pan)); // DE2 is stated; the track may be of another coding
}

TEST_CASE("translate: secrets do not hinder an order, a PIN in a question is refused")
{
    auto message =
        with(reversal(sale()), {{35, pan + "=2812"}, {36, "1"}, {45, "B1"}, {52, "12345678"}, {55, "xx"}});
    CHECK(std::holds_alternative<authz::Request>(translator().read(message, {7, good::noon})));
    auto refused = with(sale(), {{52, "12345678"}});
    CHECK(std::get<Refusal>(translator().read(refused, {7, good::noon})).kind ==
          Refusal::Kind::pin_not_served);
}

TEST_CASE("translate: a missing or malformed element is named")
{
    struct Row {
        std::string name;
        codec::Message message;
        int de;
    };
    const auto de90 = [](const std::string& text) { return with(reversal(sale()), {{90, text}}); };
    const std::string zeros(22, '0');
    const Row rows[] = {
        {"no card at all", without(sale(), {2}), 2},
        {"an empty card number", with(sale(), {{2, ""}}), 2},
        {"no processing code", without(sale(), {3}), 3},
        {"no amount", without(sale(), {4}), 4},
        {"an amount of letters", with(sale(), {{4, "00000000x100"}}), 4},
        {"a negative amount", with(sale(), {{4, "-00000000100"}}), 4},
        {"no time", without(sale(), {7}), 7},
        {"month 13", with(sale(), {{7, "1322120000"}}), 7},
        {"hour 24", with(sale(), {{7, "1122240000"}}), 7},
        {"31 November", with(sale(), {{7, "1131120000"}}), 7},
        {"29 February far from a leap year", with(sale(), {{7, "0229120000"}}), 7},
        {"a short trace number", with(sale(), {{11, "12345"}}), 11},
        {"month 13 of expiry", with(sale(), {{14, "2813"}}), 14},
        {"month 0 of settlement", with(sale(), {{15, "0022"}}), 15},
        {"no terminal", without(sale(), {41}), 41},
        {"a blank terminal", with(sale(), {{41, "        "}}), 41},
        {"no merchant", without(sale(), {42}), 42},
        {"no currency", without(sale(), {49}), 49},
        {"an unknown currency", with(sale(), {{49, "XQX"}}), 49},
        {"no original", without(reversal(sale()), {90}), 90},
        {"an original of zeros", de90(std::string(42, '0')), 90},
        {"without its trace number",
         de90("0200000000"
              "1122120000" +
              zeros),
         90},
        {"without its time",
         de90("0200000001"
              "0000000000" +
              zeros),
         90},
        {"at an impossible time",
         de90("0200000001"
              "1332120000" +
              zeros),
         90},
        {"too short",
         de90("0200000001"
              "1122120000"),
         90},
        {"a wrong version", as(sale(), "1200"), 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto result = read(translator(), row.message);
        REQUIRE(std::holds_alternative<Refusal>(result));
        CHECK(std::get<Refusal>(result).kind == Refusal::Kind::format_error);
        CHECK(std::get<Refusal>(result).de == row.de);
    }
}

TEST_CASE("translate: reversals of reversals are refused, and what gives back a part of anything else")
{
    const auto kind_of = [](const codec::Message& message) {
        return std::get<Refusal>(read(translator(), message)).kind;
    };
    CHECK(kind_of(naming(reversal(sale()), reversal(sale("000002")))) ==
          Refusal::Kind::original_is_a_reversal);
    CHECK(kind_of(naming(reversal(sale()), as(reversal(sale("000002")), "0421"))) ==
          Refusal::Kind::original_is_a_reversal);
    const auto cancel = naming(as(sale(), "0400"), sale("000009"));
    CHECK(kind_of(with(cancel, {{95, de95(40)}})) == Refusal::Kind::function_not_served);
    CHECK(request_a(with(cancel, {{95, de95(0)}})).operation == Operation::cancel);
}

TEST_CASE("translate: the original's acquirer is given or not; zeros are not")
{
    CHECK(request_a(reversal(sale())).original->acquirer == "12345");
    CHECK(request_a(reversal(without(sale(), {32}))).original->acquirer.empty());
}

// --- time

TEST_CASE("calendar: the year is the one that puts the moment nearest to now")
{
    struct Row {
        std::string text;
        std::chrono::sys_seconds now;
        std::optional<std::chrono::sys_seconds> expected;
    };
    const Row rows[] = {
        {"1122120000", at(2026, 11, 22), at(2026, 11, 22)},
        {"1231235959", at(2027, 1, 1, 0), at(2027, 1, 1, 0) - std::chrono::seconds{1}},
        {"0101000000", at(2026, 12, 31, 23), at(2027, 1, 1, 0)},
        {"0630120000", at(2026, 12, 29), at(2026, 6, 30)},
        {"0701120000", at(2026, 12, 31), at(2027, 7, 1)},
        {"0229120000", at(2028, 2, 28), at(2028, 2, 29)},
        {"0229120000", at(2028, 8, 29), at(2028, 2, 29)},
        {"0229120000", at(2027, 9, 1), at(2028, 2, 29)},
        {"0229120000", at(2027, 3, 1), std::nullopt},
        {"0630235960", at(2026, 6, 30), at(2026, 7, 1, 0)},
        {"0630115960", at(2026, 6, 30), std::nullopt},
        {"0000000000", at(2026, 6, 30), std::nullopt},
        {"11221200", at(2026, 11, 22), std::nullopt},
        {"112212000x", at(2026, 11, 22), std::nullopt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK((authz::moment_near(row.text, row.now) == row.expected));
    }
}

// --- answers

TEST_CASE("answer: elements that are ours, by the decision")
{
    auto answer =
        net::echo_of(with(sale(), {{14, "2812"}, {22, "051"}, {35, pan + "=2812"}, {43, "x"}, {90, "y"}}));
    CHECK(answer.mti().text() == "0210");
    for (const int de : {14, 22, 35, 43, 90}) CHECK_FALSE(answer.has(de));
    net::complete(answer, form_a(), {authz::Reason::approved, "00", "ABC123", authz::Balances{-5, 12}});
    CHECK(answer.get(39) == "00");
    CHECK(answer.get(38) == "ABC123");
    CHECK(answer.get(54) == "0001392D000000000005"
                            "0002392C000000000012");
    auto declined = net::echo_of(sale());
    net::complete(declined, form_a(), {authz::Reason::insufficient_funds, "51", "", {}});
    CHECK_FALSE(declined.has(38));
    CHECK_FALSE(declined.has(54));
}

TEST_CASE("profile: a wrong file tells every mistake with its place")
{
    struct Row {
        std::string name;
        std::string text;
        std::string error;
    };
    const std::string good = "name = \"x\"\n[[message]]\nmti = \"0200\"\noperation = \"sale\"\n";
    const Row rows[] = {
        {"no rows", "name = \"x\"\n", "there is no default meaning"},
        {"an answer", "name = \"x\"\n[[message]]\nmti = \"0210\"\noperation = \"sale\"\n",
         "p.toml:3:7: \"mti\""},
        {"an unknown operation", "name = \"x\"\n[[message]]\nmti = \"0200\"\noperation = \"sell\"\n",
         "must be one of \"sale\""},
        {"an unknown key", "name = \"x\"\n[[message]]\nmti = \"0200\"\noperation = \"sale\"\norigin = 1\n",
         "unknown key \"origin\" in [message]"},
        {"a reversal of nothing",
         "name = \"x\"\n[[message]]\nmti = \"0420\"\noperation = \"fault_reversal\"\n", "must say where"},
        {"own without MTI",
         "name = \"x\"\n[[message]]\nmti = \"0120\"\noperation = \"fault_reversal\"\noriginal = \"own\"\n",
         "\"original_mti\" in [message] is required"},
        {"an advice of anything",
         "name = \"x\"\n[[message]]\nmti = \"0220\"\noperation = \"stand_in\"\noriginal = \"de90\"\n",
         "\"original_mti\" in [message] must be the MTI of the request"},
        {"an advice of advices",
         "name = \"x\"\n[[message]]\nmti = \"0220\"\noperation = \"stand_in\"\noriginal = \"de90\"\n"
         "original_mti = \"0220\"\n",
         "\"original_mti\" in [message] must be the MTI of the request"},
        {"a code of three",
         "name = \"x\"\n[answer_codes]\nstale = \"021\"\n[[message]]\nmti = \"0200\"\noperation = \"sale\"\n",
         "two characters"},
        {"an unknown reason",
         "name = \"x\"\n[answer_codes]\nbored = \"21\"\n[[message]]\nmti = \"0200\"\noperation = \"sale\"\n",
         "unknown key \"bored\""},
    };
    CHECK(net::parse_profile(good, "p.toml")->rows.size() == 1);
    for (const Row& row : rows) {
        CAPTURE(row.name);
        std::string what;
        try {
            (void)net::parse_profile(row.text, "p.toml");
        } catch (const net::ProfileError& error) {
            what = error.what();
        }
        CAPTURE(what);
        CHECK(what.find(row.error) != std::string::npos);
        CHECK(what.find("p.toml:") == 0);
    }
    CHECK_THROWS_WITH_AS((void)net::profile_named("none"),
                         doctest::Contains("iso-single-message, japanese-house"), net::ProfileError);
}

TEST_CASE("profile: answer codes may be other ones")
{
    const auto profile =
        net::parse_profile("name = \"x\"\n[answer_codes]\nstale = \"05\"\nformat_error = \"12\"\n"
                           "[[message]]\nmti = \"0200\"\noperation = \"sale\"\n",
                           "p.toml");
    CHECK(profile->answer_codes[static_cast<std::size_t>(authz::Reason::stale)] == "05");
    CHECK(profile->edge_codes.format_error == "12");
    CHECK(profile->answer_codes[static_cast<std::size_t>(authz::Reason::insufficient_funds)] == "51");
}

TEST_CASE("translate: what decides nothing cannot stop a reversal")
{
    const codec::Message original = sale();
    const codec::Message plain = with(reversal(original), {{39, "68"}});
    const authz::Request expected = request_a(plain);
    REQUIRE(expected.operation == Operation::fault_reversal);
    const std::pair<int, std::string> oddities[] = {
        {14, "9999"}, {15, "0229"}, {49, "XXX"}, {95, std::string(42, '9')}};
    for (const auto& [de, value] : oddities) {
        CAPTURE(de);
        const authz::Request request = request_a(with(plain, {{de, value}}));
        CHECK(request.original == expected.original);
        CHECK(std::holds_alternative<Refusal>(read(translator(), with(sale(), {{de, value}}))) == (de != 95));
    }
    auto unnamed = plain;
    unnamed.set(90, "0000" + std::string(unnamed.get(90).substr(4)));
    CHECK(request_a(unnamed).original == expected.original);
}

TEST_CASE("translate: a reversal with other content is another order, the same one is a repeat")
{
    const codec::Message plain = reversal(sale());
    const authz::Request first = request_a(plain);
    CHECK(request_a(plain).key == first.key);
    const authz::Request other = request_a(with(plain, {{4, "000000000077"}}));
    CHECK(other.key != first.key);
    CHECK(other.original == first.original);
    CHECK(std::equal(other.key.bytes.begin(), other.key.bytes.begin() + 4, first.key.bytes.begin()));
}
