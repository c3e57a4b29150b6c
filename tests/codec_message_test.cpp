#include "codec/decode.hpp"
#include "codec/message.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using codec::Message;
using codec::Mti;

namespace {

Message good()
{
    Message message(Mti::parse("0200").value());
    message.set(2, "4000000000000002");
    message.set(11, "000123");
    message.set(41, "T0000001");
    return message;
}

const std::shared_ptr<const codec::Dialect> ascii = codec::find_built_in_dialect("iso87-ascii");
const std::shared_ptr<const codec::Dialect> bcd = codec::find_built_in_dialect("iso87-bcd");

std::span<const std::uint8_t> bytes_of(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Message decoded(std::string_view wire)
{
    auto message = decode(*ascii, bytes_of(wire));
    REQUIRE(message.has_value());
    message->own();
    return *std::move(message);
}

/// 2, 3, 4, 22
std::string packed_sale()
{
    const auto bytes =
        golden::bytes_of_hex("0200 7000040000000000 164000000000000002 000000 000000001000 0051");
    return {bytes.begin(), bytes.end()};
}

} // namespace

TEST_CASE("message: holds what was set")
{
    const Message message = good();
    CHECK(message.mti().text() == "0200");
    CHECK(message.get(2) == "4000000000000002");
    CHECK(message.get(41) == "T0000001");
    CHECK(message.elements() == std::vector<int>{2, 11, 41});
    CHECK_FALSE(message.has(3));
    CHECK(message.get(3).empty());
    CHECK(message.wire(2).empty());
}

TEST_CASE("message: an element may be present and empty")
{
    Message message;
    message.set(32, "");
    CHECK(message.has(32));
    CHECK(message.get(32).empty());
    message.erase(32);
    CHECK_FALSE(message.has(32));
}

TEST_CASE("message: numbers outside 2..192 are never present")
{
    const Message message = good();
    for (const int de : {-1, 0, 1, 193, 1000}) CHECK_FALSE(message.has(de));
    CHECK(message.get(193).empty());
}

TEST_CASE("message: a new value replaces the old one and forgets its wire bytes")
{
    Message message = decoded("0200"
                              "0000000002000000"
                              "00"); // 39
    CHECK(message.wire(39) == "00");
    SUBCASE("of the same size")
    {
        message.set(39, "51");
        CHECK(message.get(39) == "51");
    }
    SUBCASE("shorter")
    {
        message.set(39, "5");
        CHECK(message.get(39) == "5");
    }
    SUBCASE("longer")
    {
        message.set(39, "a longer value than before");
        CHECK(message.get(39) == "a longer value than before");
    }
    CHECK(message.wire(39).empty());
}

TEST_CASE("message: a value may come from the message itself")
{
    Message message;
    message.set(37, "x");
    for (int i = 0; i < 12; ++i) { // grows past every reserve
        message.set(48, std::string(message.get(48)) + std::string(200, static_cast<char>('a' + i)));
        message.set(37, message.get(48));
        message.set(38, message.get(48).substr(0, 3));
        CHECK(message.get(37) == message.get(48));
        CHECK(message.get(38) == "aaa");
    }
    CHECK(message.get(37).size() == 12 * 200);
}

TEST_CASE("message: setting again and again does not make it grow")
{
    Message message = good();
    const char* const place = message.get(11).data();
    for (int stan = 0; stan < 1000; ++stan) message.set(11, std::to_string(100'000 + stan));
    CHECK(message.get(11) == "100999");
    CHECK(message.get(11).data() == place);
}

TEST_CASE("message: a decoded element is a view over the bytes it was read from")
{
    std::string wire = "0200"
                       "0000000100000000"
                       "0512345"; // 32
    Message message;
    REQUIRE(decode(*ascii, bytes_of(wire), message).has_value());
    CHECK(message.get(32) == "12345");
    CHECK(message.wire(32) == "0512345");
    CHECK(message.wire(32).data() == wire.data() + 20);
    wire.back() = '6';
    CHECK(message.get(32) == "12346");
    message.own();
    wire.assign(wire.size(), 'x');
    CHECK(message.get(32) == "12346");
    CHECK(message.wire(32) == "0512346");
}

TEST_CASE("message: packed values are unpacked when they are asked for, and stay where they are")
{
    const std::string wire = packed_sale();
    Message message;
    REQUIRE(decode(*bcd, bytes_of(wire), message).has_value());
    const std::string_view pan = message.get(2);
    CHECK(pan == "4000000000000002");
    for (const int de : message.elements()) (void)message.get(de);
    CHECK(message.get(2).data() == pan.data());
    CHECK(message.get(4) == "000000001000");
    CHECK(message.get(22) == "051");
}

TEST_CASE("message: changing a packed message loses nothing")
{
    const std::string wire = packed_sale();
    Message message;
    REQUIRE(decode(*bcd, bytes_of(wire), message).has_value());
    message.set(4, "1");
    message.erase(3);
    message.set(48, std::string(999, 'x'));
    CHECK(message.get(2) == "4000000000000002");
    CHECK(message.get(22) == "051");
    CHECK(message.get(4) == "1");
    CHECK_FALSE(message.has(3));
}

TEST_CASE("message: a message is used again without what was in it")
{
    Message message;
    const std::string wire = packed_sale();
    REQUIRE(decode(*bcd, bytes_of(wire), message).has_value());
    const std::string_view pan = message.get(2);
    message.clear();
    CHECK(pan == std::string(pan.size(), '\0')); // our own memory, still there
    CHECK(message == Message{});
    REQUIRE(decode(*ascii,
                   bytes_of("0800"
                            "0020000000000000"
                            "000007"),
                   message)
                .has_value());
    CHECK(message.elements() == std::vector<int>{11});
}

TEST_CASE("message: a copy owns its bytes, a moved message still looks at its own")
{
    std::string wire = packed_sale();
    Message view;
    REQUIRE(decode(*bcd, bytes_of(wire), view).has_value());
    const Message copy = view;
    const Message moved = std::move(view);
    CHECK(moved.get(2) == "4000000000000002");
    CHECK(moved.wire(2).data() == wire.data() + 10);
    wire.assign(wire.size(), 'x');
    CHECK(copy.get(2) == "4000000000000002");
    CHECK(copy.get(22) == "051");
    CHECK(copy.wire(22) == std::string("\x00\x51", 2));
}

TEST_CASE("message: an echo copies value and wire bytes")
{
    const Message request = decoded("0200"
                                    "0020000100000000"
                                    "000123"
                                    "00"); // 11, 32
    Message answer(Mti::parse("0210").value());
    answer.echo(11, request);
    answer.echo(32, request);
    answer.echo(37, request);
    CHECK(answer.get(11) == "000123");
    CHECK(answer.wire(11) == "000123");
    CHECK(answer.has(32));
    CHECK(answer.wire(32) == "00");
    CHECK_FALSE(answer.has(37));
    answer.echo(11, answer); // nothing to copy, nothing to lose
    CHECK(answer.get(11) == "000123");
}

TEST_CASE("message: wire bytes may come from the message itself")
{
    Message message;
    message.set_wire(48, "003abc");
    message.set_wire(48, message.wire(48));
    CHECK(message.wire(48) == "003abc");
}

TEST_CASE("message: erasing leaves no byte of the element behind")
{
    Message message;
    message.set(35, "4000000000000002=251210100000");
    message.set_wire(36, "0212");
    const std::string_view track = message.get(35); // still our memory after the erasure
    const std::string_view wire = message.wire(36);
    message.erase(35);
    message.erase(36);
    CHECK_FALSE(message.has(35));
    CHECK(track == std::string(track.size(), '\0'));
    CHECK(wire == std::string(wire.size(), '\0'));
    message.erase(35);
}

TEST_CASE("message: a shorter value wipes the rest of the longer one")
{
    Message message;
    message.set(35, "4000000000000002=2512");
    const std::string_view before = message.get(35);
    message.set(35, "1");
    CHECK(before == "1" + std::string(before.size() - 1, '\0'));
}

TEST_CASE("message: equality is MTI and values, not wire bytes")
{
    CHECK(good() == good());
    CHECK(decoded("0200"
                  "4020000000800000"
                  "164000000000000002"
                  "000123"
                  "T0000001") == good());

    Message other_mti = good();
    other_mti.set_mti(Mti::parse("0201").value());
    Message other_value = good();
    other_value.set(11, "000124");
    Message one_more = good();
    one_more.set(32, "");
    Message one_less = good();
    one_less.erase(2);
    for (const Message& other : {other_mti, other_value, one_more, one_less}) CHECK_FALSE(other == good());
}

TEST_CASE("message: a copy is independent")
{
    Message copy = good();
    const Message original = copy;
    copy.set(11, "999999");
    CHECK(original.get(11) == "000123");
}
