// How far a reversal reaches, what an advice tells and what a terminal can do: read from the wire.
#include "net/answer.hpp"
#include "net/reversal_extent.hpp"
#include "tests/support/wire.hpp"

#include <doctest/doctest.h>

using namespace wire;
using authz::Operation;
using authz::PartialReversal;
using authz::ReversalScope;
using net::Refusal;
using Mode = authz::PartialReversal::Mode;

namespace {

const std::string head_a = R"(
name = "x"
[[message]]
mti = "0420"
operation = "fault_reversal"
original = "de90"
[[message]]
mti = "0200"
operation = "sale"
)";

net::Translator translator_of(const std::string& profile_text)
{
    auto policy = std::make_shared<authz::Policy>();
    const auto profile = net::parse_profile(profile_text, "p.toml");
    policy->answer_codes = profile->answer_codes;
    return net::Translator({"net-a", profile, policy, {"400000"}, token_of});
}

authz::Request request_of(const net::Translator& t, const codec::Message& message)
{
    const auto result = t.read(message, {7, good::noon});
    REQUIRE(std::holds_alternative<authz::Request>(result));
    return std::get<authz::Request>(result);
}

authz::Request request_a(const codec::Message& message)
{
    return request_of(translator(), message);
}

/// DE95: a first amount, and nothing in the other three.
std::string amounts(const std::string& first)
{
    return std::string(12 - first.size(), '0') + first + std::string(30, '0');
}

codec::Message voided()
{
    return with(reversal(sale()), {{39, "17"}});
}

} // namespace

TEST_CASE("extent: the reason tells what a reversal undoes")
{
    struct Row {
        const char* name;
        codec::Message message;
        ReversalScope scope;
    };
    const auto unsaid = without(reversal(sale()), {39});
    const Row rows[] = {
        {"timeout", reversal(sale()), ReversalScope::message},
        {"not delivered", with(unsaid, {{39, "91"}}), ReversalScope::message},
        {"malfunction", with(unsaid, {{39, "22"}}), ReversalScope::message},
        {"timeout in DE56", with(unsaid, {{56, "4021"}}), ReversalScope::message},
        {"late, in DE25", with(unsaid, {{25, "4006"}}), ReversalScope::message},
        {"a fault beside another reason", with(unsaid, {{39, "17"}, {56, "4021"}}), ReversalScope::message},
        {"the customer", with(unsaid, {{39, "17"}}), ReversalScope::transaction},
        {"the customer, in DE56", with(unsaid, {{56, "4000"}}), ReversalScope::transaction},
        {"the customer, in DE25", with(unsaid, {{25, "4000"}}), ReversalScope::transaction},
        {"nothing said", unsaid, ReversalScope::unstated},
        {"blanks", with(unsaid, {{39, "  "}}), ReversalScope::unstated},
        {"the answer's 00 repeated", with(unsaid, {{39, "00"}}), ReversalScope::unstated},
        {"a condition code in DE25", with(unsaid, {{25, "00"}}), ReversalScope::unstated},
        {"something else in DE56", with(unsaid, {{56, "0107ABCDEFG"}}), ReversalScope::unstated},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(request_a(row.message).scope == row.scope);
    }
    const auto house = request_of(translator("japanese-house"), with(as(sale(), "0120"), {{39, "17"}}));
    CHECK(house.scope == ReversalScope::message); // there the MTI says that it is a fault
    CHECK(request_a(sale()).scope == ReversalScope::message);
}

TEST_CASE("extent: DE95 is read by the profile's mode (F1-F5, F11)")
{
    const auto replacement = translator_of("partial = \"replacement\"" + head_a);
    const auto reversed = translator_of("partial = \"reversed\"" + head_a);
    struct Row {
        const char* name;
        codec::Message message;
        std::optional<PartialReversal> as_replacement;
        std::optional<PartialReversal> as_reversed;
    };
    const auto part = [](Mode mode, std::int64_t minor) { return PartialReversal{mode, minor}; };
    const Row rows[] = {
        {"F1, F2 a part", with(voided(), {{95, amounts("40")}}), part(Mode::replacement, 40),
         part(Mode::reversed, 40)},
        {"F3 zero: all was reversed, or nothing",
         with(voided(), {{95, amounts("0")}}),
         {},
         part(Mode::reversed, 0)},
        {"F4 the full amount and a timeout: the scope makes it full",
         with(reversal(sale()), {{95, amounts("100")}}), part(Mode::replacement, 100),
         part(Mode::reversed, 100)},
        {"zeros and a timeout", with(reversal(sale()), {{95, amounts("0")}}), {}, {}},
        {"F11 unreadable, and a timeout", with(reversal(sale()), {{95, "00000000x040"}}), {}, {}},
        {"absent", voided(), {}, {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(request_of(replacement, row.message).part == row.as_replacement);
        CHECK(request_of(reversed, row.message).part == row.as_reversed);
    }
    CHECK(request_of(replacement, with(reversal(sale()), {{95, amounts("100")}})).scope ==
          ReversalScope::message);
    for (const std::string unreadable : {"00000000x040", "0000000000", "-00000000040"}) {
        CAPTURE(unreadable);
        const auto result = replacement.read(with(voided(), {{95, unreadable}}), {7, good::noon});
        REQUIRE(std::holds_alternative<Refusal>(result));
        CHECK(std::get<Refusal>(result).kind == Refusal::Kind::format_error);
        CHECK(std::get<Refusal>(result).de == 95);
    }
}

TEST_CASE("extent: without a mode a part is refused, with a fault reason it is the whole")
{
    const auto t = translator_of(head_a);
    const auto result = t.read(with(voided(), {{95, amounts("40")}}), {7, good::noon});
    REQUIRE(std::holds_alternative<Refusal>(result));
    CHECK(std::get<Refusal>(result).kind == Refusal::Kind::function_not_served);
    CHECK_FALSE(request_of(t, with(reversal(sale()), {{95, amounts("40")}})).part);
    CHECK_FALSE(request_of(t, with(voided(), {{95, amounts("0")}})).part);
}

TEST_CASE("extent: another part, or another reason, is another order")
{
    const auto plain = request_a(voided());
    for (const auto& other :
         {with(voided(), {{95, amounts("40")}}), with(voided(), {{95, amounts("41")}}), reversal(sale())}) {
        const auto request = request_a(other);
        CHECK(request.key != plain.key);
        CHECK(request.original == plain.original);
    }
    CHECK(request_a(with(voided(), {{95, amounts("40")}})).key !=
          request_a(with(voided(), {{95, amounts("41")}})).key);
    CHECK(request_a(with(voided(), {{95, amounts("40")}})).key ==
          request_a(as(with(voided(), {{95, amounts("40")}}), "0421")).key);
}

TEST_CASE("advice: it stands in for the request that it names, else for the one that looks like it")
{
    const auto request = request_a(sale("000009"));
    const auto looks_like_it = request_a(as(sale("000009"), "0220"));
    CHECK(looks_like_it.original->key == request.key);
    CHECK(looks_like_it.key != request.key);
    const auto naming_it =
        with(as(sale("000010"), "0220"), {{7, "1122120040"}, {90, de90_of(sale("000009"))}});
    CHECK(request_a(naming_it).original->key == request.key);
    CHECK(request_a(reversal(naming_it)).original->key == request_a(naming_it).key);
    CHECK(request_a(as(naming_it, "0221")).key == request_a(naming_it).key);
    const auto unnamed = with(as(sale("000009"), "0220"), {{90, std::string(42, '0')}});
    CHECK(request_a(unnamed).original->key == request.key);
}

TEST_CASE("advice: DE39 is what the network decided (A13, A14)")
{
    const auto advice = as(sale(), "0220");
    for (const char* approved : {"00", "08", "10", "11", "16", "32"}) {
        CAPTURE(approved);
        CHECK_FALSE(request_a(with(advice, {{39, approved}})).network_declined);
    }
    for (const char* declined : {"05", "51", "91", "14", "N0"}) {
        CAPTURE(declined);
        CHECK(request_a(with(advice, {{39, declined}})).network_declined);
    }
    CHECK_FALSE(request_a(advice).network_declined); // it happened
    CHECK(request_a(with(advice, {{39, "05"}})).content != request_a(with(advice, {{39, "00"}})).content);
    CHECK(request_a(with(advice, {{39, "08"}})).content == request_a(with(advice, {{39, "00"}})).content);
    CHECK_FALSE(request_a(with(sale(), {{39, "05"}})).network_declined);
}

TEST_CASE("advice: nothing in it but what is booked can stop it")
{
    const auto advice = as(sale(), "0220");
    for (const auto& [de, value] : std::initializer_list<std::pair<int, std::string>>{
             {14, "9999"}, {15, "0229"}, {52, "12345678"}, {95, "x"}}) {
        CAPTURE(de);
        CHECK(request_a(with(advice, {{de, value}})).operation == Operation::stand_in);
    }
    for (const int de : {2, 3, 4, 7, 11, 41, 49}) {
        CAPTURE(de);
        CHECK(std::holds_alternative<Refusal>(translator().read(without(advice, {de}), {7, good::noon})));
    }
}

TEST_CASE("partial approval: the terminal says in one element that it can go on with less")
{
    CHECK(request_a(with(sale(), {{60, "1"}})).takes_part);
    CHECK(request_a(with(sale(), {{60, "1000"}})).takes_part);
    CHECK_FALSE(request_a(with(sale(), {{60, "0"}})).takes_part);
    CHECK_FALSE(request_a(with(sale(), {{60, "01"}})).takes_part);
    CHECK_FALSE(request_a(sale()).takes_part);
    CHECK_FALSE(request_a(with(sale(), {{3, "200000"}, {60, "1"}})).takes_part); // a refund
    CHECK(request_a(with(sale(), {{60, "1"}})).content == request_a(sale()).content);
    const auto third = translator_of(head_a + "[partial_approval]\nde = 48\nat = 3\nvalue = \"PA\"\n");
    CHECK(request_of(third, with(sale(), {{48, "xxPAyy"}})).takes_part);
    CHECK_FALSE(request_of(third, with(sale(), {{48, "PAxxyy"}})).takes_part);
    CHECK_FALSE(request_of(third, with(sale(), {{48, "xx"}})).takes_part);
    CHECK_FALSE(request_of(third, with(sale(), {{60, "1"}})).takes_part);
    const auto silent = translator_of(head_a);
    CHECK_FALSE(request_of(silent, with(sale(), {{60, "1"}})).takes_part);
}

TEST_CASE("partial approval: the answer tells what was approved, and what was asked for")
{
    const auto profile = net::profile_named("iso-single-message");
    authz::Answer decided{authz::Reason::approved_in_part, "10", "ABC123", {}, 30};
    auto answer = net::echo_of(sale());
    net::complete(answer, {ascii(), *profile}, decided);
    CHECK(answer.get(39) == "10");
    CHECK(answer.get(38) == "ABC123");
    CHECK(answer.get(4) == "000000000030");
    CHECK(answer.get(54) == "0057392C000000000100");

    const auto quiet = net::parse_profile(head_a, "p.toml");
    auto plain = net::echo_of(sale());
    net::complete(plain, {ascii(), *quiet}, decided);
    CHECK(plain.get(4) == "000000000030");
    CHECK_FALSE(plain.has(54));
}

TEST_CASE("partial approval: a wrong table in a profile tells its place")
{
    struct Row {
        const char* name;
        std::string text;
        const char* error;
    };
    const Row rows[] = {
        {"no element", "[partial_approval]\nvalue = \"1\"\n", "\"de\" in [partial_approval] is required"},
        {"no value", "[partial_approval]\nde = 60\n", "value"},
        {"a long type", "[partial_approval]\nde = 60\nvalue = \"1\"\nasked_amount_type = \"570\"\n",
         "two characters of DE54"},
        {"another key", "[partial_approval]\nde = 60\nvalue = \"1\"\nfield = 3\n", "unknown key \"field\""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK_THROWS_WITH_AS((void)net::parse_profile(head_a + row.text, "p.toml"),
                             doctest::Contains(row.error), net::ProfileError);
    }
    CHECK_THROWS_WITH_AS((void)net::parse_profile("partial = \"half\"\n" + head_a, "p.toml"),
                         doctest::Contains("\"replacement\""), net::ProfileError);
    CHECK_THROWS_WITH_AS(
        (void)net::parse_profile("name = \"x\"\n[[message]]\nmti = \"0220\"\noperation = \"stand_in\"\n",
                                 "p.toml"),
        doctest::Contains("must say where"), net::ProfileError);
}
