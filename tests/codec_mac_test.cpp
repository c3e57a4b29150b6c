#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/mac.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <stdexcept>
#include <string>
#include <vector>

using namespace codec;

namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes key(16, 0x5A);

/// A built-in dialect with something changed.
template <class Change> std::shared_ptr<const Dialect> changed(const char* name, Change change)
{
    Dialect dialect = *find_built_in_dialect(name);
    change(dialect);
    compile(dialect);
    return std::make_shared<const Dialect>(std::move(dialect));
}

std::shared_ptr<const Dialect> unchanged(const char* name)
{
    return changed(name, [](Dialect&) {});
}

MessageMac mac_over(MacRule rule, std::shared_ptr<const Dialect> dialect = unchanged("iso87-bcd"))
{
    return {std::move(dialect), std::move(rule), key};
}

Message sale()
{
    Message message(Mti::parse("0200").value());
    message.set(2, "4761739001010119");
    message.set(3, "000000");
    message.set(4, "000000012345");
    message.set(11, "123456");
    message.set(41, "TERM0001");
    return message;
}

Bytes encoded(const Dialect& dialect, const Message& message)
{
    Bytes out;
    const auto done = encode(dialect, message, out);
    REQUIRE_MESSAGE(done.has_value(), text_of(done.error()));
    return out;
}

/// As the receiver sees it.
MacCheck check(const MessageMac& mac, const Dialect& dialect, const Bytes& wire)
{
    const auto message = decode(dialect, wire);
    REQUIRE_MESSAGE(message.has_value(), text_of(message.error()));
    return mac.verify(wire, *message);
}

std::string mac_of(const MacRule& rule, std::string_view data)
{
    const MacKey made(rule.algorithm, key);
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
    return made.mac_of(bytes, rule.padding).substr(0, rule.size);
}

std::string text_of_bytes(const Bytes& bytes)
{
    return {bytes.begin(), bytes.end()};
}

/// What the constructor says; empty when it takes the rule.
std::string refusal(const MacRule& rule, const std::shared_ptr<const Dialect>& dialect)
{
    try {
        const MessageMac mac(dialect, rule, key);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("mac: what is sealed verifies, with every algorithm and size, in text and binary")
{
    for (const char* const name : {"iso87-ascii", "iso87-bcd"}) {
        CAPTURE(name);
        // Room for the longest MAC.
        const auto dialect = changed(name, [](Dialect& d) { d.fields[64].max = d.fields[128].max = 32; });
        for (const auto algorithm : {MacAlgorithm::retail, MacAlgorithm::cbc_3des, MacAlgorithm::aes_cmac,
                                     MacAlgorithm::hmac_sha256}) {
            CAPTURE(static_cast<int>(algorithm));
            for (std::size_t size = 4; size <= mac_bytes_of(algorithm); ++size) {
                CAPTURE(size);
                const auto mac = mac_over({.algorithm = algorithm, .size = size}, dialect);
                Message message = sale();
                REQUIRE(mac.seal(message).has_value());
                CHECK(message.get(64).substr(size) == std::string(32 - size, '\0'));
                CHECK(check(mac, *dialect, encoded(*dialect, message)) == MacCheck::ok);
            }
        }
    }
}

TEST_CASE("mac: a whole message is covered up to the MAC, whose bit is set")
{
    // moov-io/iso8583, issue 253 (Apache-2.0): a message up to its MAC. Its dialect packs element 37.
    const Bytes published =
        golden::bytes_of_hex("0800603804010881000116837299000022446695128200000209514005310100061999001200"
                             "000000243139303030303239000702000430303030");
    const Bytes published_key = golden::bytes_of_hex("1A1B1C1D1E1F2A2B2C2D2E2F3A3B3C3D");
    const Bytes published_mac = golden::bytes_of_hex("23d628cf6063ad4e");
    const auto dialect = changed("iso87-bcd", [](Dialect& d) {
        d.fields[37].kind = FieldKind::numeric;
        d.fields[37].coding = Coding::bcd;
    });
    Message message(Mti::parse("0800").value());
    message.set(2, "8372990000224466");
    message.set(3, "951282");
    message.set(11, "000002");
    message.set(12, "095140");
    message.set(13, "0531");
    message.set(22, "100");
    message.set(32, "199900");
    message.set(37, "120000000024");
    message.set(41, "19000029");
    message.set(48, {"\2\0\0040000", 7});
    const MessageMac mac(dialect, {.algorithm = MacAlgorithm::cbc_3des}, published_key);
    REQUIRE(mac.seal(message).has_value());
    CHECK(message.get(64) == text_of_bytes(published_mac));
    Bytes expected = published;
    expected.insert(expected.end(), published_mac.begin(), published_mac.end());
    CHECK(encoded(*dialect, message) == expected);
    CHECK(check(mac, *dialect, expected) == MacCheck::ok);
}

TEST_CASE("mac: it stands in the last element of the last bitmap")
{
    const auto two = unchanged("iso87-bcd");
    const auto always_two = changed("iso87-bcd", [](Dialect& d) { d.bitmap.always_two = true; });
    const auto three = changed("iso87-bcd", [](Dialect& d) {
        d.bitmap.count_max = 3;
        d.fields[65] = FieldSpec{};
        d.fields[130] = d.fields[41];
        d.fields[192] = d.fields[64];
    });
    struct Row {
        const char* name;
        std::shared_ptr<const Dialect> dialect;
        std::vector<int> more;
        int expected;
    };
    const Row rows[] = {
        {"one bitmap", two, {}, 64},
        {"two bitmaps", two, {90}, 128},
        {"another element 64 is covered", two, {64, 90}, 128},
        {"always two bitmaps", always_two, {}, 128},
        {"three bitmaps", three, {130}, 192},
        {"three are possible", three, {90}, 128},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Message message = sale();
        for (const int de : row.more)
            message.set(de, de == 90 ? std::string(42, '1') : de == 64 ? "ABCDEFGH" : "TERM0002");
        CHECK(mac_element_of(*row.dialect, message) == row.expected);
        const auto mac = mac_over({}, row.dialect);
        REQUIRE(mac.seal(message).has_value());
        CHECK(message.has(row.expected));
        CHECK(message.next_after(row.expected) == 0);
        const Bytes wire = encoded(*row.dialect, message);
        CHECK(check(mac, *row.dialect, wire) == MacCheck::ok);
        const auto decoded = decode(*row.dialect, wire);
        CHECK(mac_element_of(*row.dialect, *decoded) == row.expected);
    }
}

TEST_CASE("mac: any flipped bit of a message is refused")
{
    for (const char* const name : {"iso87-ascii", "iso87-bcd"}) {
        CAPTURE(name);
        const auto dialect = unchanged(name);
        for (const auto algorithm : {MacAlgorithm::retail, MacAlgorithm::cbc_3des, MacAlgorithm::aes_cmac,
                                     MacAlgorithm::hmac_sha256}) {
            const auto mac = mac_over({.algorithm = algorithm, .padding = MacPadding::method_2}, dialect);
            for (const int more : {0, 90}) {
                Message message = sale();
                if (more != 0) message.set(more, std::string(42, '1'));
                REQUIRE(mac.seal(message).has_value());
                const Bytes wire = encoded(*dialect, message);
                int readable = 0;
                for (std::size_t bit = 0; bit < 8 * wire.size(); ++bit) {
                    CAPTURE(bit);
                    Bytes flipped = wire;
                    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
                    const auto decoded = decode(*dialect, flipped);
                    if (!decoded) continue;
                    ++readable;
                    // The MAC itself may be written in lower case.
                    const bool is_other_case = name == std::string("iso87-ascii") &&
                                               bit / 8 >= wire.size() - 16 && bit % 8 == 5 &&
                                               std::isupper(wire[bit / 8]) != 0;
                    CHECK((mac.verify(flipped, *decoded) == MacCheck::ok) == is_other_case);
                }
                CHECK(readable > 100);
            }
        }
    }
}

TEST_CASE("mac: without a MAC it is missing, with another key wrong")
{
    const auto dialect = unchanged("iso87-ascii");
    const auto mac = mac_over({}, dialect);
    CHECK(check(mac, *dialect, encoded(*dialect, sale())) == MacCheck::missing);
    Message message = sale();
    REQUIRE(mac.seal(message).has_value());
    const MessageMac other(dialect, {}, Bytes(16, 0x5B));
    CHECK(check(other, *dialect, encoded(*dialect, message)) == MacCheck::wrong);
    // A MAC in element 64 is not looked at where a second bitmap follows.
    message.set(90, std::string(42, '1'));
    CHECK(check(mac, *dialect, encoded(*dialect, message)) == MacCheck::missing);
    // Bytes that are not those of the message.
    CHECK(mac.verify(Bytes(3), message) != MacCheck::ok);
}

TEST_CASE("mac: the bytes that stand behind a short one are zeros")
{
    const auto dialect = unchanged("iso87-bcd");
    const auto mac = mac_over({.size = 4}, dialect);
    Message message = sale();
    REQUIRE(mac.seal(message).has_value());
    Bytes wire = encoded(*dialect, message);
    CHECK(check(mac, *dialect, wire) == MacCheck::ok);
    wire.back() = 1;
    CHECK(check(mac, *dialect, wire) == MacCheck::wrong);
}

TEST_CASE("mac: sealing again replaces the MAC")
{
    const auto dialect = unchanged("iso87-bcd");
    const auto mac = mac_over({}, dialect);
    Message message = sale();
    REQUIRE(mac.seal(message).has_value());
    const std::string first(message.get(64));
    REQUIRE(mac.seal(message).has_value());
    CHECK(message.get(64) == first);
    message.set(4, "000000012346");
    REQUIRE(mac.seal(message).has_value());
    CHECK(message.get(64) != first);
}

TEST_CASE("mac: of listed elements, by value and as on the wire, in the order of the list")
{
    const auto dialect = unchanged("iso87-bcd");
    const MacRule values{.covers = MacCovers::values, .elements = {0, 11, 2, 37, 41}};
    const MacRule wire{.covers = MacCovers::wire, .elements = {11, 2, 37, 41}};
    Message message = sale();
    REQUIRE(mac_over(values, dialect).seal(message).has_value());
    CHECK(message.get(64) == mac_of(values, "02001234564761739001010119TERM0001"));
    CHECK(check(mac_over(values, dialect), *dialect, encoded(*dialect, message)) == MacCheck::ok);

    const std::string on_the_wire = "\x12\x34\x56\x16\x47\x61\x73\x90\x01\x01\x01\x19TERM0001";
    REQUIRE(mac_over(wire, dialect).seal(message).has_value());
    CHECK(message.get(64) == mac_of(wire, on_the_wire));
    const Bytes sealed = encoded(*dialect, message);
    CHECK(check(mac_over(wire, dialect), *dialect, sealed) == MacCheck::ok);

    // What is not listed may change.
    Message received = decode(*dialect, sealed).value();
    received.set(4, "000000099999");
    CHECK(mac_over(wire, dialect).verify(sealed, received) == MacCheck::ok);
    received.set(11, "123457");
    CHECK(mac_over(wire, dialect).verify(sealed, received) == MacCheck::wrong);
    // A listed element that cannot be written.
    received.set(11, "12345x");
    CHECK(mac_over(wire, dialect).verify(sealed, received) == MacCheck::wrong);
    CHECK(mac_over(wire, dialect).seal(received).error().de == 11);
    CHECK_FALSE(received.has(64));
}

TEST_CASE("mac: a message that cannot be written gets none")
{
    const auto mac = mac_over({});
    Message message = sale();
    REQUIRE(mac.seal(message).has_value());
    message.set(3, "no digits");
    const auto done = mac.seal(message);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().de == 3);
    CHECK_FALSE(message.has(64));

    // The dialect has no element 64.
    const auto only_128 = changed("iso87-bcd", [](Dialect& d) { d.fields[64] = FieldSpec{}; });
    for (const MacRule& rule : {MacRule{}, MacRule{.covers = MacCovers::values, .elements = {2}}}) {
        Message other = sale();
        const auto sealed = mac_over(rule, only_128).seal(other);
        REQUIRE_FALSE(sealed.has_value());
        CHECK(sealed.error() == Error{Errc::unknown_element, 64, 0});
        CHECK(other == sale());
    }
}

TEST_CASE("mac: a message longer than usual is sealed")
{
    const auto dialect = unchanged("iso87-ascii");
    Message message = sale();
    for (int de = 105; de <= 127; ++de) message.set(de, std::string(999, 'x'));
    const auto mac = mac_over({}, dialect);
    REQUIRE(mac.seal(message).has_value());
    CHECK(check(mac, *dialect, encoded(*dialect, message)) == MacCheck::ok);
}

TEST_CASE("mac: a rule that does not fit says what is expected")
{
    struct Row {
        const char* name;
        MacRule rule;
        void (*change)(Dialect&);
        const char* expected;
    };
    constexpr auto nothing = [](Dialect&) {};
    const Row rows[] = {
        {"the default", {}, nothing, ""},
        {"three bytes", {.size = 3}, nothing, "4 to 16 bytes, not 3"},
        {"more than there is",
         {.algorithm = MacAlgorithm::retail, .size = 9},
         nothing,
         "4 to 8 bytes, not 9"},
        {"more than the element has",
         {.size = 16},
         nothing,
         "element 64, which holds the MAC, has less than 16 bytes"},
        {"text",
         {},
         [](Dialect& d) { d.fields[128].kind = FieldKind::text; },
         "element 128, which holds the MAC, must be of kind binary"},
        {"filled", {}, [](Dialect& d) { d.fields[64].fill = Fill::right_zeros; }, "without fill"},
        {"only element 128", {}, [](Dialect& d) { d.fields[64] = FieldSpec{}; }, ""},
        {"no element",
         {},
         [](Dialect& d) { d.fields[64] = d.fields[128] = FieldSpec{}; },
         "none of the elements 64, 128 and 192"},
        {"a needless list", {.elements = {2}}, nothing, "has no list"},
        {"no list", {.covers = MacCovers::wire}, nothing, "the list of elements is empty"},
        {"itself", {.covers = MacCovers::values, .elements = {2, 64}}, nothing, "element 64 holds the MAC"},
        {"the bitmap", {.covers = MacCovers::values, .elements = {1}}, nothing, "element 1 does not exist"},
        {"a negative number",
         {.covers = MacCovers::wire, .elements = {-1}},
         nothing,
         "element -1 does not exist"},
        {"a high number",
         {.covers = MacCovers::wire, .elements = {193}},
         nothing,
         "element 193 does not exist"},
        {"the MTI on the wire", {.covers = MacCovers::wire, .elements = {0}}, nothing, "by value only"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto dialect = changed("iso87-bcd", row.change);
        const std::string said = refusal(row.rule, dialect);
        CHECK(said == what_is_wrong(row.rule, *dialect));
        if (*row.expected == '\0') {
            CHECK(said == "");
        } else {
            CHECK_MESSAGE(said.find(row.expected) != std::string::npos, said);
        }
    }
}
