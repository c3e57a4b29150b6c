#include "tests/support/canary_cards.hpp"

#include "codec/encode.hpp"
#include "sim/rng.hpp"
#include "sim/run_ids.hpp"

namespace test {

namespace {

using Pan = const std::string&;
using Fields = std::vector<sim::FieldRule>;

// Discretionary data, where a verification value stands.
const std::string track_2_tail = "7391650284173";
const std::string track_1_tail = "8264019357602";
const std::string chip_tail = "6150927384415";
const std::string track_1_name = "ZEPHYRINE/QUOKKA VARAN";
const std::string chip_name = "OCELOT/THADDEUS KUDU";
const std::string pin_block = "\x9C\xE1\x5B\xA7\x3F\xD8\x62\xBE";
const std::string chip_pin_data = "\xA4\x3D\xF7\x1E\x95\xC8\x6B\xD2";

sim::FieldRule field(int de, std::string text)
{
    return {de, sim::FieldRule::Kind::literal, std::move(text)};
}

sim::FieldRule absent(int de)
{
    return {de, sim::FieldRule::Kind::absent, ""};
}

std::string track_2(Pan pan)
{
    return pan + "=3512201" + track_2_tail;
}

std::string track_1(Pan pan)
{
    return "B" + pan + "^" + track_1_name + "^3512201" + track_1_tail;
}

std::string tlv(const std::string& tag, const std::string& value)
{
    return tag + static_cast<char>(value.size()) + value;
}

/// Tags 57 and 5A with the number, 5F20 the name, 99 PIN data.
std::string chip_data(Pan pan)
{
    std::string track = packed(pan + "03512201" + chip_tail);
    track[8] = static_cast<char>(0xD0 | (track[8] & 0x0F)); // the separator between number and expiry
    return tlv("\x57", track) + tlv("\x5A", packed(pan)) + tlv("\x5F\x20", chip_name) +
           tlv("\x99", chip_pin_data);
}

struct Row {
    const char* name;
    Fields (*fields)(Pan pan);
    const char* answer;
};

const Row rows[] = {
    {"DE2 alone", [](Pan) { return Fields{}; }, "approved"},
    {"DE35 alone",
     [](Pan pan) {
         return Fields{absent(2), field(35, track_2(pan))};
     },
     "approved"},
    {"DE2 and DE35", [](Pan pan) { return Fields{field(35, track_2(pan))}; }, "approved"},
    {"DE34", [](Pan pan) { return Fields{field(34, pan)}; }, "approved"},
    {"DE36", [](Pan pan) { return Fields{field(36, track_2(pan))}; }, "approved"},
    {"DE45", [](Pan pan) { return Fields{field(45, track_1(pan))}; }, "approved"},
    {"DE48", [](Pan pan) { return Fields{field(48, verification_value + " " + pan)}; }, "approved"},
    {"DE52", [](Pan) { return Fields{field(52, pin_block)}; }, "12"}, // nobody here could check it
    {"DE55", [](Pan pan) { return Fields{field(55, chip_data(pan))}; }, "approved"},
    {"DE59", [](Pan pan) { return Fields{field(59, "card " + pan + " of our best shop")}; }, "approved"},
    {"DE62", [](Pan pan) { return Fields{field(62, track_2(pan))}; }, "approved"},
    {"everything",
     [](Pan pan) {
         return Fields{field(35, track_2(pan)), field(45, track_1(pan)), field(48, verification_value),
                       field(55, chip_data(pan))};
     },
     "approved"},
    {"malformed date",
     [](Pan pan) {
         return Fields{field(7, "9999999999"), field(35, track_2(pan)), field(48, verification_value)};
     },
     "format_error"},
    {"no terminal",
     [](Pan pan) {
         return Fields{absent(41), field(35, track_2(pan)), field(52, pin_block), field(55, chip_data(pan))};
     },
     "format_error"},
};

} // namespace

std::string card_number(const std::string& bin, const std::string& name, std::size_t size)
{
    std::uint64_t seed = 4;
    for (const char c : name) seed = seed * 131 + static_cast<unsigned char>(c);
    sim::Rng rng(seed);
    std::string digits = bin;
    while (digits.size() < size - 1) digits += static_cast<char>('0' + rng.below(10));
    return digits + sim::luhn_digit(digits);
}

std::string own_number(const std::string& name)
{
    return card_number("400000", name);
}

std::string mistyped_number(const std::string& name)
{
    std::string pan = own_number(name);
    pan.back() = pan.back() == '9' ? '0' : static_cast<char>(pan.back() + 1);
    return pan;
}

std::vector<Way> ways()
{
    std::vector<Way> all;
    for (const Row& row : rows)
        all.push_back({row.name, own_number(row.name), row.fields(own_number(row.name)), row.answer});
    for (const std::size_t size : {13, 15, 19}) {
        const std::string name = std::to_string(size) + " digits";
        all.push_back({name, card_number("400000", name, size), {}, "approved"});
    }
    all.push_back({"unknown card", own_number("unknown card"), {}, "unknown_card", Issued::no});
    all.push_back({"foreign card", card_number("510000", "foreign card"), {}, "foreign_card", Issued::no});
    all.push_back({"mistyped card", mistyped_number("mistyped card"), {}, "unknown_card", Issued::no});
    return all;
}

std::set<int> put_into(codec::Message& message, const Way& way, const codec::Dialect& dialect)
{
    std::vector<sim::FieldRule> all{field(2, way.pan)};
    all.insert(all.end(), way.fields.begin(), way.fields.end());
    std::set<int> carried;
    std::vector<std::uint8_t> wire;
    for (const sim::FieldRule& rule : all) {
        codec::Message with = message;
        with.erase(rule.de);
        if (rule.kind == sim::FieldRule::Kind::literal) with.set(rule.de, rule.text);
        wire.clear();
        if (!codec::encode(dialect, with, wire)) continue;
        message = with;
        carried.insert(rule.de);
    }
    return carried;
}

std::vector<Secret> canary_secrets(const std::vector<std::string>& names)
{
    using Kind = Secret::Kind;
    std::vector<Secret> secrets{{"track 2, discretionary data", Kind::digits, track_2_tail},
                                {"track 1, discretionary data", Kind::digits, track_1_tail},
                                {"chip, discretionary data", Kind::digits, chip_tail},
                                {"track 1, name", Kind::text, track_1_name},
                                {"chip, name", Kind::text, chip_name},
                                {"verification value", Kind::text, verification_value},
                                {"PIN block", Kind::bytes, pin_block},
                                {"chip, PIN data", Kind::bytes, chip_pin_data}};
    for (const Way& way : ways()) secrets.push_back({way.name, Kind::digits, way.pan});
    for (const std::string& name : names) {
        secrets.push_back({name, Kind::digits, own_number(name)});
        secrets.push_back({name + ", mistyped", Kind::digits, mistyped_number(name)});
    }
    return secrets;
}

} // namespace test
