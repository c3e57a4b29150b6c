#include "codec/decode.hpp"
#include "codec/describe.hpp"
#include "codec/encode.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/seed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>

using namespace codec;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Rng = std::mt19937_64;

const char* const dialect_names[] = {"iso87-ascii", "iso87-bcd",   "iso87-ebcdic", "iso93-ascii",
                                     "iso93-bcd",   "moov-sample", "visa-basei",   "mastercard-dms"};

std::size_t below(Rng& rng, std::size_t bound)
{
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(rng);
}

char random_character(Rng& rng, const FieldSpec& spec, std::size_t at)
{
    if (spec.kind == FieldKind::amount && at == 0) return "CD"[below(rng, 2)];
    if (spec.kind == FieldKind::numeric || spec.kind == FieldKind::amount)
        return "0123456789"[below(rng, 10)];
    // Packed track data knows one separator only.
    if (spec.kind == FieldKind::track)
        return "0123456789=D"[below(rng, spec.coding == Coding::bcd ? 11 : 12)];
    return static_cast<char>(below(rng, 256));
}

std::string random_value(Rng& rng, const FieldSpec& spec, std::size_t size_max)
{
    const std::size_t most = std::min<std::size_t>(spec.max, size_max);
    const std::size_t size = spec.length == LengthForm::fixed ? spec.max : below(rng, most + 1);
    std::string value;
    for (std::size_t at = 0; at < size; ++at) value += random_character(rng, spec, at);
    return value;
}

Mti random_mti(Rng& rng)
{
    std::string digits = std::to_string(10'000 + below(rng, 10'000)).substr(1);
    digits[0] = "01289"[below(rng, 5)]; // the others are reserved
    return Mti::parse(digits).value();
}

/// Each element with the given chance in percent.
Message random_message(Rng& rng, const Dialect& dialect, unsigned percent)
{
    Message message(random_mti(rng));
    for (int de = 2; de <= de_max; ++de) {
        const FieldSpec& spec = dialect.fields[static_cast<std::size_t>(de)];
        if (spec.kind != FieldKind::none && below(rng, 100) < percent)
            message.set(de, random_value(rng, spec, percent > 50 ? 300 : 999));
    }
    return message;
}

Bytes encoded(const Dialect& dialect, const Message& message)
{
    Bytes out;
    const auto done = encode(dialect, message, out);
    REQUIRE_MESSAGE(done.has_value(), text_of(done.error()));
    return out;
}

/// For any bytes: no crash, and what decodes means the same after another round.
void check_any_bytes(const Dialect& dialect, const Bytes& bytes)
{
    const auto decoded = decode(dialect, bytes);
    (void)describe_line(dialect, decode_readable_part(dialect, bytes));
    if (!decoded) {
        CHECK(decoded.error().offset <= bytes.size());
        return;
    }
    (void)describe(dialect, *decoded);
    const Bytes sent = encoded(dialect, *decoded);
    CHECK(sent.size() <= bytes.size()); // less by an empty secondary bitmap
    const auto again = decode(dialect, sent);
    REQUIRE(again.has_value());
    CHECK(*again == *decoded);
}

} // namespace

TEST_CASE("round trip: random messages over every element")
{
    const std::uint64_t seed = tests::printed_seed("round trip");
    CAPTURE(seed);
    for (const std::string name : dialect_names) {
        CAPTURE(name);
        const auto dialect = golden::golden_dialect(name);
        Rng rng(seed);
        std::vector<bool> was_present(de_max + 1);
        for (int i = 0; i < 400; ++i) {
            CAPTURE(i);
            const Message message = random_message(rng, *dialect, i % 10 == 0 ? 100 : 20);
            for (const int de : message.elements()) was_present[static_cast<std::size_t>(de)] = true;
            const Bytes wire = encoded(*dialect, message);
            const auto decoded = decode(*dialect, wire);
            REQUIRE_MESSAGE(decoded.has_value(), text_of(decoded.error()));
            CHECK(*decoded == message);
            CHECK(encoded(*dialect, *decoded) == wire);
            CHECK(decode_readable_part(*dialect, wire) == message);
        }
        for (int de = 2; de <= de_max; ++de) {
            CAPTURE(de);
            CHECK(was_present[static_cast<std::size_t>(de)] ==
                  (dialect->fields[static_cast<std::size_t>(de)].kind != FieldKind::none));
        }
    }
}

TEST_CASE("round trip: every element alone, empty, of one character and full")
{
    const std::uint64_t seed = tests::printed_seed("every element alone");
    CAPTURE(seed);
    Rng rng(seed);
    for (const std::string name : dialect_names) {
        CAPTURE(name);
        const auto dialect = golden::golden_dialect(name);
        for (int de = 2; de <= de_max; ++de) {
            FieldSpec spec = dialect->fields[static_cast<std::size_t>(de)];
            if (spec.kind == FieldKind::none) continue;
            CAPTURE(de);
            for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{spec.max}}) {
                if (spec.length == LengthForm::fixed && size != spec.max) continue;
                CAPTURE(size);
                std::string value;
                for (std::size_t at = 0; at < size; ++at) value += random_character(rng, spec, at);
                Message message;
                message.set(de, value);
                const auto decoded = golden::decoded(*dialect, encoded(*dialect, message));
                REQUIRE_MESSAGE(decoded.has_value(), text_of(decoded.error()));
                CHECK(decoded->has(de));
                CHECK(decoded->get(de) == value);
            }
        }
    }
}

TEST_CASE("round trip: every prefix of a random message is an error, and one byte more")
{
    const std::uint64_t seed = tests::printed_seed("prefixes");
    CAPTURE(seed);
    Rng rng(seed);
    for (const std::string name : dialect_names) {
        CAPTURE(name);
        const auto dialect = golden::golden_dialect(name);
        for (int i = 0; i < 12; ++i) {
            const Bytes wire = encoded(*dialect, random_message(rng, *dialect, 6));
            for (std::size_t size = 0; size < wire.size(); ++size) {
                const Bytes prefix(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(size));
                if (decode(*dialect, prefix).has_value())
                    FAIL_CHECK("a prefix of " << size << " bytes decodes");
            }
            Bytes longer = wire;
            longer.push_back('0');
            CHECK(decode(*dialect, longer).error().code == Errc::trailing_bytes);
        }
    }
}

TEST_CASE("round trip: any changed bit is an error or another message, never a crash")
{
    for (const std::string name : dialect_names) {
        CAPTURE(name);
        const auto dialect = golden::golden_dialect(name);
        for (const auto& golden : golden::golden_messages(name)) {
            CAPTURE(golden.id);
            for (std::size_t at = 0; at < golden.bytes.size(); ++at) {
                CAPTURE(at);
                for (int bit = 0; bit < 8; ++bit) {
                    Bytes changed = golden.bytes;
                    changed[at] = static_cast<std::uint8_t>(changed[at] ^ 1U << bit);
                    check_any_bytes(*dialect, changed);
                }
            }
        }
    }
}

TEST_CASE("round trip: random bytes behind a good start never crash")
{
    const std::uint64_t seed = tests::printed_seed("random bytes");
    CAPTURE(seed);
    Rng rng(seed);
    for (const std::string name : dialect_names) {
        CAPTURE(name);
        const auto dialect = golden::golden_dialect(name);
        for (int i = 0; i < 2000; ++i) {
            Bytes wire = encoded(*dialect, random_message(rng, *dialect, 5));
            const std::size_t from = below(rng, wire.size());
            const std::size_t changes = 1 + below(rng, 8);
            for (std::size_t c = 0; c < changes; ++c)
                wire[from + below(rng, wire.size() - from)] = static_cast<std::uint8_t>(below(rng, 256));
            if (i % 4 == 0) wire.resize(below(rng, wire.size() + 1));
            check_any_bytes(*dialect, wire);
        }
    }
}
