// What a capture keeps of a message: everything but card data, and names of what is missing.
#include "codec/digits.hpp"
#include "codec/encode.hpp"
#include "sim/capture.hpp"
#include "sim/msg_build.hpp"
#include "tests/support/canary_cards.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

using namespace sim;

namespace {

const std::string pan = "4000001234567899";

/// Those with golden messages.
const std::vector<std::string> dialects{"iso87-ascii", "iso87-bcd", "iso87-ebcdic",
                                        "iso93-ascii", "iso93-bcd", "mastercard-dms",
                                        "moov-sample", "postilion", "visa-basei"};

struct Kept {
    std::string message;
    std::string dropped;
};

class Keeping {
public:
    explicit Keeping(std::string_view dialect) : dialect_(golden::golden_dialect(dialect)) {}

    /// Of JSON, as build_message() takes it.
    [[nodiscard]] Kept of(const std::string& json)
    {
        return of_wire(build_message(*dialect_, parse_json_object(json, "test")));
    }
    [[nodiscard]] Kept of_wire(const std::vector<std::uint8_t>& wire)
    {
        const auto kept = keeper_.keep(wire);
        REQUIRE(kept.has_value());
        return {std::string(kept->message), std::string(kept->dropped)};
    }
    [[nodiscard]] std::string test_card()
    {
        std::string digits = pan;
        pseudonyms_.replace_pan(digits);
        return digits;
    }

private:
    std::shared_ptr<const codec::Dialect> dialect_;
    Pseudonyms pseudonyms_{std::vector<std::uint8_t>(32, 1), Bin::six};
    CardScrubber scrubber_{&pseudonyms_};
    MessageKeeper keeper_{dialect_, scrubber_};
};

std::string fields(const std::string& json)
{
    return R"({"mti":"0200","fields":{)" + json + "}}";
}

/// The row's JSON, with PAN in the place of the real and TEST in the place of the test card number.
std::string with_cards(std::string text, const std::string& test)
{
    for (const auto& [word, digits] : {std::pair<std::string, std::string>{"PAN", pan}, {"TEST", test}})
        for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word))
            text.replace(at, word.size(), digits);
    return text;
}

/// Of the card of a golden message: number, what stands behind it in tracks, PIN block.
std::vector<test::Secret> secrets_of(const golden::GoldenMessage& message)
{
    using Kind = test::Secret::Kind;
    constexpr std::size_t expiry_and_service = 8; // with the separator
    std::vector<test::Secret> secrets;
    for (const auto& [de, value] : message.elements) {
        const std::string name = "DE" + std::to_string(de);
        const std::size_t separator = std::min(value.find_first_of("=D"), value.size());
        const bool is_track = de == 35 || de == 36;
        if (de == 52) secrets.push_back({name, Kind::bytes, value});
        if (de == 2 || de == 34 || is_track)
            secrets.push_back({name, Kind::text, value.substr(0, separator)});
        if (is_track && value.find_last_not_of('0') >= separator + expiry_and_service)
            secrets.push_back({name + ", behind the number", Kind::text, value.substr(separator)});
    }
    return secrets;
}

/// Empty when nothing was.
std::string found_in(const Kept& kept, const std::vector<test::Secret>& secrets)
{
    const std::string text = kept.message + kept.dropped;
    return test::text_of(test::SecretSearch(secrets).in_bytes("capture", text));
}

} // namespace

TEST_CASE("capture message: each element is kept, replaced, blotted or dropped")
{
    const struct {
        const char* name;
        std::string given;
        std::string kept;
        std::string dropped;
    } rows[] = {
        {"what is no card data", R"("3":"000000","4":"000000001000","37":"123456789012","41":"T0000001")",
         R"("3":"000000","4":"000000001000","37":"123456789012","41":"T0000001")", ""},
        {"card number", R"("2":"PAN","3":"000000")", R"("2":"TEST","3":"000000")", ""},
        {"track 2", R"("35":"PAN=25122011234567")", R"("35":"TEST=25122010000000")", ""},
        {"track 2 without a separator", R"("3":"000000","35":"PAN")", R"("3":"000000")", R"(["35"])"},
        {"track 1", R"("45":"BPAN^DOE/J^2512201123")", R"("45":"BTEST^XXX/X^2512201000")", ""},
        {"track 3", R"("3":"000000","36":"PAN=1")", R"("3":"000000")", R"(["36"])"},
        {"extended card number", R"("34":"PAN")", R"("34":"TEST")", ""},
        {"PIN block and what belongs to it",
         R"("3":"000000","52":"0123456789ABCDEF","53":"1234567890123456")", R"("3":"000000")",
         R"(["52","53"])"},
        {"what only a network knows", R"("3":"000000","48":"x","62":"y")", R"("3":"000000")",
         R"(["48","62"])"},
        {"a MAC", R"("3":"000000","64":"0123456789ABCDEF")", R"("3":"000000")", R"(["64"])"},
        {"a card number in text", R"("43":"CARD PAN                   ")",
         R"("43":"CARD TEST                   ")", ""},
        {"the original of a reversal", R"("90":"020000000111221530000000012345600000000000")",
         R"("90":"020000000111221530000000012345600000000000")", ""},
        {"accounts", R"("102":"PAN","103":"12")", R"("102":"TEST","103":"12")", ""},
        {"chip data", R"("55":"5A08PAN9F270180570FPAND2512201123456")",
         R"("55":"5A08TEST9F270180570FTESTD2512201000000")", ""},
        {"tags of chip data that nobody knows, and a name", R"("55":"DF0101785F2003444F459F270180")",
         R"("55":"9F270180")", R"(["55.unknown","55.5F20"])"},
        {"nothing of the chip data may be kept", R"("3":"000000","55":"5F2003444F45")", R"("3":"000000")",
         R"(["55.5F20","55"])"},
        {"chip data that cannot be read", R"("3":"000000","55":"9F2702")", R"("3":"000000")", R"(["55"])"},
        {"a card number in chip data where none belongs", R"("55":"9F1008PAN")", R"("55":"9F1008TEST")", ""},
        {"text in chip data", R"("55":"500B5649534120435245444954")", R"("55":"500B5649534120435245444954")",
         ""},
        {"quotes and backslashes", R"("41":"A\"B\\CDEF")", R"("41":"A\"B\\CDEF")", ""},
    };
    Keeping keeping("iso87-ascii");
    for (const auto& row : rows) {
        CAPTURE(std::string(row.name));
        const Kept kept = keeping.of(fields(with_cards(row.given, {})));
        CHECK(kept.message == fields(with_cards(row.kept, keeping.test_card())));
        CHECK(kept.dropped == row.dropped);
        CHECK(kept.message.find(pan) == std::string::npos);
    }
}

TEST_CASE("capture message: of every golden message nothing of the card is left, and it can be sent again")
{
    int seen = 0;
    for (const std::string& name : dialects) {
        Keeping keeping(name);
        const auto dialect = golden::golden_dialect(name);
        CardScrubber reader(nullptr);
        MessageKeeper again(dialect, reader);
        for (const golden::GoldenMessage& message : golden::golden_messages(name)) {
            if (message.error) continue;
            CAPTURE(name);
            CAPTURE(message.id);
            const Kept kept = keeping.of_wire(message.bytes);
            CHECK(found_in(kept, secrets_of(message)) == "");
            CaptureRecord record;
            record.message = parse_json_object(kept.message, "kept");
            const Bytes wire = wire_of(*dialect, record);
            const auto once_more = again.keep(wire);
            REQUIRE(once_more.has_value());
            CHECK(once_more->message == kept.message);
            CHECK(once_more->dropped.empty());
            ++seen;
        }
    }
    CHECK(seen > 10);
}

TEST_CASE("capture message: whichever way card data takes into a golden message, none of it is left")
{
    const auto secrets = test::canary_secrets({});
    std::map<std::string, std::set<int>> carried; // elements in which some dialect had card data
    for (const std::string& name : dialects) {
        Keeping keeping(name);
        const auto dialect = golden::golden_dialect(name);
        for (const golden::GoldenMessage& golden : golden::golden_messages(name)) {
            if (golden.error) continue;
            for (const test::Way& way : test::ways()) {
                CAPTURE(name);
                CAPTURE(golden.id);
                CAPTURE(way.name);
                codec::Message message = golden::decoded(*dialect, golden.bytes).value();
                carried[name].merge(test::put_into(message, way, *dialect));
                std::vector<std::uint8_t> wire;
                REQUIRE(codec::encode(*dialect, message, wire).has_value());
                CHECK(found_in(keeping.of_wire(wire), secrets) == "");
            }
        }
    }
    CHECK(carried["iso87-ascii"] == std::set<int>{2, 7, 34, 35, 36, 41, 45, 48, 52, 55, 59, 62});
    for (const auto& [name, elements] : carried) {
        CAPTURE(name);
        CHECK(elements.contains(2));
        CHECK(elements.size() >= 5);
    }
}

TEST_CASE("capture message: what does not decode is told without a value")
{
    CardScrubber scrubber(nullptr);
    MessageKeeper keeper(golden::golden_dialect("iso87-ascii"), scrubber);
    const std::string wire = "02004000000000000000164000001234567";
    CHECK_FALSE(keeper.keep(codec::as_bytes(wire)).has_value());
    CHECK(codec::text_of(keeper.error()) == "DE2 at byte 22: the message ends inside it");
}
