/// Input: algorithm, padding, size, coverage, dialect, a bit to flip, then a message. What decodes can be
/// sealed and then verifies; with any bit flipped it does not.

#include "codec/decode.hpp"
#include "codec/mac.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>

using codec::MacAlgorithm;
using codec::MacCheck;
using codec::MacCovers;
using codec::MacPadding;
using codec::Message;
using fuzz::Bytes;
using fuzz::require;

namespace {

codec::MacRule chosen_rule(fuzz::Input& input)
{
    constexpr std::array algorithms = {MacAlgorithm::retail, MacAlgorithm::cbc_3des, MacAlgorithm::aes_cmac,
                                       MacAlgorithm::hmac_sha256};
    codec::MacRule rule;
    rule.algorithm = algorithms.at(input.choice(algorithms.size()));
    rule.padding = input.choice(2) == 0 ? MacPadding::method_1 : MacPadding::method_2;
    rule.size = 4 + input.choice(5);
    rule.covers = std::array{MacCovers::message, MacCovers::wire, MacCovers::values}.at(input.choice(3));
    if (rule.covers != MacCovers::message) rule.elements = {2, 3, 4, 11, 41, 55};
    return rule;
}

bool differs_in_letter_case_only(std::uint8_t a, std::uint8_t b)
{
    const auto is_letter = [](std::uint8_t c) { return (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); };
    return (a ^ b) == 0x20 && is_letter(a) && is_letter(b);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const codec::MacRule rule = chosen_rule(input);
    const auto& dialect = fuzz::dialects()[input.choice(2)]; // text and binary
    const std::size_t flip = input.byte() + std::size_t{256} * input.byte();
    const Bytes wire = input.rest();
    const codec::MacKey key(rule.algorithm, Bytes(16, 0x5A));
    require(key.mac_of(wire, rule.padding).size() == codec::mac_bytes_of(rule.algorithm),
            "a MAC has its size");

    auto decoded = codec::decode(*dialect, wire);
    if (!decoded) return 0;
    const codec::MessageMac mac(dialect, rule, Bytes(16, 0x5A));
    (void)mac.verify(wire, *decoded);
    Message message = *decoded;
    require(mac.seal(message).has_value(), "what decodes can be sealed");
    const Bytes sealed = fuzz::encoded(*dialect, message);
    const auto received = codec::decode(*dialect, sealed);
    require(received.has_value() && mac.verify(sealed, *received) == MacCheck::ok, "what is sealed verifies");

    if (rule.covers != MacCovers::message) return 0;
    Bytes flipped = sealed;
    std::uint8_t& byte = flipped[flip / 8 % flipped.size()];
    const std::uint8_t before = byte;
    byte ^= static_cast<std::uint8_t>(1U << flip % 8);
    const auto changed = codec::decode(*dialect, flipped);
    if (changed && mac.verify(flipped, *changed) == MacCheck::ok)
        require(differs_in_letter_case_only(before, byte),
                "a changed message is refused"); // of the MAC's own digits
    return 0;
}
