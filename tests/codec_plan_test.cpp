#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/plan.hpp"
#include "tests/support/counted_allocations.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/seed.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace codec;

namespace {

/// The same dialect without plans: every element goes by its row.
Dialect without_plans(const Dialect& dialect)
{
    Dialect slow = dialect;
    for (FieldPlan& plan : slow.plans)
        if (plan.way == FieldPlan::Way::planned) plan = {.way = FieldPlan::Way::by_row};
    return slow;
}

const char* const dialect_names[] = {"iso87-ascii", "iso87-bcd", "moov-sample"};

void check_both_ways(const Dialect& fast, const Dialect& slow, const std::vector<std::uint8_t>& wire)
{
    const auto quick = decode(fast, wire);
    const auto careful = decode(slow, wire);
    REQUIRE(quick.has_value() == careful.has_value());
    if (!quick) {
        CHECK(quick.error() == careful.error());
        CHECK(decode_readable_part(fast, wire) == decode_readable_part(slow, wire));
        return;
    }
    CHECK(*quick == *careful);
    for (const int de : quick->elements()) CHECK(quick->wire(de) == careful->wire(de));

    Message values(quick->mti());
    for (const int de : quick->elements()) values.set(de, quick->get(de));
    std::vector<std::uint8_t> quickly;
    std::vector<std::uint8_t> carefully;
    REQUIRE(encode(fast, values, quickly).has_value() == encode(slow, values, carefully).has_value());
    CHECK(quickly == carefully);
}

} // namespace

TEST_CASE("plan: what goes by plans and what goes by rows gives the same, right or wrong")
{
    const std::uint64_t seed = tests::printed_seed("plans");
    CAPTURE(seed);
    std::mt19937_64 rng(seed);
    for (const std::string name : dialect_names) {
        CAPTURE(name);
        const auto fast = golden::golden_dialect(name);
        const Dialect slow = without_plans(*fast);
        for (const auto& golden : golden::golden_messages(name)) {
            CAPTURE(golden.id);
            check_both_ways(*fast, slow, golden.bytes);
            for (std::size_t at = 0; at < golden.bytes.size(); ++at) {
                auto changed = golden.bytes;
                changed[at] = static_cast<std::uint8_t>(rng());
                check_both_ways(*fast, slow, changed);
                changed = golden.bytes;
                changed.resize(at);
                check_both_ways(*fast, slow, changed);
            }
        }
    }
}

TEST_CASE("plan: values that do not fit are refused alike")
{
    const std::string values[] = {
        "",   "1", "12", "123", "x", "12x4", "000000000012", "99999999999999999999", std::string(1000, '7'),
        " 1", "C1"};
    for (const std::string name : dialect_names) {
        const auto fast = golden::golden_dialect(name);
        const Dialect slow = without_plans(*fast);
        for (int de = 2; de <= 128; ++de) {
            for (const std::string& value : values) {
                CAPTURE(de);
                CAPTURE(value);
                Message message(Mti::parse("0200").value());
                message.set(de, value);
                std::vector<std::uint8_t> quickly;
                std::vector<std::uint8_t> carefully;
                const auto quick = encode(*fast, message, quickly);
                const auto careful = encode(slow, message, carefully);
                REQUIRE(quick.has_value() == careful.has_value());
                if (!quick) CHECK(quick.error() == careful.error());
                CHECK(quickly == carefully);
            }
        }
    }
}

TEST_CASE("plan: usual elements have one, unusual ones go by their row")
{
    FieldSpec good{.name = "x", .kind = FieldKind::numeric, .length = LengthForm::ll, .max = 19};
    const auto way_with = [&](auto change) {
        FieldSpec spec = good;
        change(spec);
        return plan_of(spec).way;
    };
    using Way = FieldPlan::Way;
    CHECK(way_with([](FieldSpec&) {}) == Way::planned);
    CHECK(way_with([](FieldSpec& s) { s.kind = FieldKind::none; }) == Way::undefined);
    CHECK(way_with([](FieldSpec& s) { s.coding = Coding::bcd; }) == Way::planned);
    CHECK(way_with([](FieldSpec& s) { s.coding = Coding::bcd, s.pad = Pad::right_0; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.coding = Coding::ebcdic; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.length = LengthForm::l; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.length = LengthForm::rest; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.length_coding = LengthCoding::binary; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.length_counts = LengthCounts::bytes; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.length_includes_itself = true; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.fill = Fill::left_zeros; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.kind = FieldKind::track; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.kind = FieldKind::binary, s.coding = Coding::raw; }) == Way::planned);
    CHECK(way_with([](FieldSpec& s) { s.kind = FieldKind::binary, s.coding = Coding::hex; }) == Way::by_row);
    CHECK(way_with([](FieldSpec& s) { s.length = LengthForm::fixed, s.length_coding = LengthCoding::hex; }) ==
          Way::planned);
}

TEST_CASE("plan: the second message costs no allocation")
{
    for (const std::string name : {"iso87-ascii", "iso87-bcd"}) {
        CAPTURE(name);
        const auto dialect = golden::golden_dialect(name);
        for (const auto& golden : golden::golden_messages(name)) {
            CAPTURE(golden.id);
            Message message;
            Message answer;
            std::vector<std::uint8_t> out(1024);
            std::size_t before = 0;
            const std::size_t first = tests::allocations;
            for (int turn = 0; turn < 2; ++turn) {
                before = tests::allocations;
                REQUIRE(decode(*dialect, golden.bytes, message).has_value());
                answer.clear();
                answer.set_mti(answer_to(message.mti()));
                for (int de = message.next_after(0); de != 0; de = message.next_after(de))
                    answer.echo(de, message);
                answer.set(39, "00");
                REQUIRE(encode(*dialect, answer, std::span(out)).has_value());
            }
            CHECK(tests::allocations == before);
            CHECK((before > first) == tests::allocations_are_counted); // the first message does cost some
        }
    }
}
