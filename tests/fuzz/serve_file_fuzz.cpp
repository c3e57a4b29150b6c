/// Input: the TOML of a serving network's traffic. It is refused with its place, or what is drawn of it is in
/// its bounds and has room on the wire.

#include "sim/serve_plan.hpp"
#include "sim/toml_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cmath>
#include <string>

using fuzz::require;

namespace {

/// An input opens no file.
bool names_cards(const fuzz::MemoryFile& file, std::string_view toml)
{
    try {
        const sim::Value root = sim::parse_toml(toml, file.path());
        return std::ranges::any_of(root.members,
                                   [](const sim::Member& member) { return member.key == "cards"; });
    } catch (const sim::FileError&) {
        return false;
    }
}

void check_plan(const sim::ServePlan& plan)
{
    require(std::isfinite(plan.rate) && plan.rate > 0, "there is a rate");
    sim::Rng rng(1);
    for (int i = 0; i < 20; ++i) {
        const auto kind = static_cast<std::size_t>(plan.draw_kind(rng));
        require(kind < sim::serve_kinds && plan.mix[kind] > 0, "only kinds with a weight are drawn");
        const sim::Amount amount = plan.draw_amount(rng);
        require(amount.minor >= plan.amount_min.minor && amount.minor <= plan.amount_max_minor,
                "an amount is in its bounds");
        require(amount.minor > 0 && sim::de4_of(amount).size() == 12, "an amount has room in DE4");
    }
    if (plan.stand_in)
        require(plan.stand_in->sale_max_minor >= 0 && plan.stand_in->card_max_minor >= 0,
                "a limit is not below zero");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view toml = fuzz::as_text({data, size});
    const fuzz::MemoryFile file(toml);
    if (names_cards(file, toml)) return 0;
    sim::ServePlan plan;
    try {
        sim::read_serve_plan(file.path(), plan);
    } catch (const sim::FileError& error) {
        require(fuzz::begins_with_place(error.what(), file.path()), "an error tells file, line and column");
        return 0;
    }
    check_plan(plan);
    return 0;
}
