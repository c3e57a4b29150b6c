#include "codec/tlv.hpp"

#include "codec/hex.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace codec;

namespace {

/// "9F26=A1B2 84=" and how it ended.
std::string read_all(const std::string& bytes)
{
    TlvReader reader(bytes);
    std::string text;
    std::size_t at = 0;
    while (const auto tlv = reader.next()) {
        CHECK(tlv->offset == at);
        at += tlv->size;
        text += (text.empty() ? "" : " ") + hex_of(tlv->tag) + "=" + hex_of(tlv->value);
    }
    CHECK_FALSE(reader.next().has_value());
    if (!reader.error()) {
        CHECK(at == bytes.size());
        return text;
    }
    CHECK(reader.error()->offset <= bytes.size());
    return text + (text.empty() ? "" : " ") + "! " + std::string(text_of(reader.error()->code)) + " @" +
           std::to_string(reader.error()->offset) + " " + hex_of(reader.error()->tag);
}

std::string bytes(const char* hex)
{
    return bytes_of_hex(hex).value();
}

} // namespace

TEST_CASE("tlv: objects, their tags and lengths")
{
    struct Row {
        const char* name;
        std::string wire;
        const char* read;
    };
    const Row rows[] = {
        {"nothing", "", ""},
        {"one", bytes("5F2A020978"), "5F2A=0978"},
        {"empty value", bytes("8400"), "84="},
        {"two of one tag", bytes("84010184010284"), "84=01 84=02 ! the message ends inside it @7 84"},
        {"tags of two, three and four bytes", bytes("9F2600DF810100DF81820300"), "9F26= DF8101= DF818203="},
        {"tag of five bytes", bytes("DF8182830400"), "! character not allowed @4 "},
        {"long form where the short one would do", bytes("84810141"), "84=41"},
        {"length of two bytes", bytes("8482000141"), "84=41"},
        {"length of three bytes", bytes("848300000141"), "84=41"},
        {"length of four bytes", bytes("84840000000141"), "84=41"},
        {"length of five bytes", bytes("8485000000000141"),
         "! length is not a number or above the maximum @1 84"},
        {"indefinite length", bytes("8480410000"), "! length is not a number or above the maximum @1 84"},
        {"padding in front, between and behind", bytes("000082010A008401FF00"),
         "00= 00= 82=0A 00= 84=FF 00="},
        {"constructed: its content is a value", bytes("700482020102"), "70=82020102"},
        {"length beyond the end", bytes("84FF"), "! length is not a number or above the maximum @1 84"},
        {"a claim of four gigabytes", bytes("8484FFFFFFFF41"), "! the message ends inside it @6 84"},
        {"length cut", bytes("848200"), "! the message ends inside it @2 84"},
        {"no length", bytes("9F26"), "! the message ends inside it @2 9F26"},
        {"tag cut", bytes("9F"), "! the message ends inside it @1 "},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(read_all(row.wire) == row.read);
    }
}

TEST_CASE("tlv: every cut of valid objects is an error or fewer objects")
{
    const std::string wire = bytes("9F2608A1B2C3D4E5F60718008482000241425F2A0209780000");
    const std::string whole = read_all(wire);
    for (std::size_t size = 0; size < wire.size(); ++size) {
        CAPTURE(size);
        const std::string cut = read_all(wire.substr(0, size));
        const bool is_shorter = whole.starts_with(cut);
        CHECK((is_shorter || cut.find('!') != std::string::npos));
    }
}

TEST_CASE("tlv: any three bytes are read to an end")
{
    std::string wire(3, '\0');
    for (unsigned any = 0; any < 1U << 16; ++any) {
        wire[0] = static_cast<char>(any >> 8);
        wire[1] = static_cast<char>(any);
        wire[2] = static_cast<char>(any * 7);
        (void)read_all(wire);
    }
}
