#include "codec/message.hpp"

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

TEST_CASE("message: numbers outside 2..128 are never present")
{
    const Message message = good();
    for (const int de : {-1, 0, 1, 129, 1000}) CHECK_FALSE(message.has(de));
    CHECK(message.get(129).empty());
}

TEST_CASE("message: a new value replaces the old one and forgets its wire bytes")
{
    Message message;
    message.set_decoded(39, "00", "00");
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

TEST_CASE("message: decoded elements keep value and wire bytes apart")
{
    Message message;
    const std::string wire = "05" + std::string("12345");
    message.set_decoded(32, std::string_view(wire).substr(2), wire);
    CHECK(message.get(32) == "12345");
    CHECK(message.wire(32) == "0512345");

    const auto value = message.add_decoded(33, "\x03\x01\x23", 3);
    std::copy_n("123", 3, value.begin());
    CHECK(message.get(33) == "123");
    CHECK(message.wire(33) == "\x03\x01\x23");
    CHECK(message.get(32) == "12345");
}

TEST_CASE("message: an echo copies value and wire bytes")
{
    Message request;
    request.set_decoded(32, "", "00");
    request.set_decoded(11, "000123", std::string("\x00\x01\x23", 3));
    Message answer(Mti::parse("0210").value());
    answer.echo(11, request);
    answer.echo(32, request);
    answer.echo(37, request);
    CHECK(answer.get(11) == "000123");
    CHECK(answer.wire(11) == std::string("\x00\x01\x23", 3));
    CHECK(answer.has(32));
    CHECK(answer.wire(32) == "00");
    CHECK_FALSE(answer.has(37));
    answer.echo(11, answer); // nothing to copy, nothing to lose
    CHECK(answer.get(11) == "000123");
}

TEST_CASE("message: wiping leaves no byte of the element behind")
{
    Message message;
    const std::string wire = "374000000000000002=251210100000";
    message.set_decoded(35, std::string_view(wire).substr(2), wire);
    const auto packed = message.add_decoded(36, "\x02\x12", 2);
    std::copy_n("12", 2, packed.begin());
    const std::string_view track = message.wire(35); // still our memory after the wipe
    const std::string_view value = message.get(36);
    message.wipe(35);
    message.wipe(36);
    CHECK_FALSE(message.has(35));
    CHECK(track == std::string(wire.size(), '\0'));
    CHECK(value == std::string(2, '\0'));
    message.wipe(35);
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
    Message decoded = good();
    decoded.set_decoded(11, "000123", std::string("\x00\x01\x23", 3));
    CHECK(decoded == good());

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
