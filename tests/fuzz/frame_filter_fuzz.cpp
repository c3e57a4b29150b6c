/// Input: a filter on one line, then the message of a frame. The filter is refused at one of its characters,
/// or decides: twice alike, and the other way round behind "!".

#include "sim/frame_filter.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

using fuzz::require;
using sim::FrameFilter;

namespace {

constexpr std::uint64_t seed = 7;
constexpr std::size_t frames = 3;
using Verdicts = std::array<bool, frames>;

std::optional<FrameFilter> parsed(const std::string& text)
{
    try {
        return FrameFilter::parse(text, seed);
    } catch (const sim::FilterError& error) {
        require(error.at_character <= text.size(), "an error stands in the filter");
        require(!fuzz::shows_long_number(error.what()), "an error shows no long number");
        return std::nullopt;
    }
}

/// Of the same message thrice: terms that count see more than one.
Verdicts verdicts_of(FrameFilter filter, const fuzz::Bytes& message)
{
    Verdicts verdicts{};
    for (std::size_t i = 0; i < frames; ++i) {
        sim::PassingFrame frame;
        frame.number = i;
        frame.direction = i == 1 ? sim::Direction::answer : sim::Direction::request;
        frame.connection = 1;
        frame.message = message;
        verdicts[i] =
            filter.matches(sim::SeenFrame(frame, *fuzz::dialects().front(), codec::HeaderKind::none));
    }
    return verdicts;
}

/// Its draws depend on where it stands in the text.
bool may_draw(std::string_view text)
{
    constexpr std::string_view name = "abcdefghijklmnopqrstuvwxyz0123456789_";
    for (std::size_t at = text.find('p'); at != std::string_view::npos; at = text.find('p', at + 1)) {
        const bool begins = at == 0 || name.find(text[at - 1]) == std::string_view::npos;
        const bool ends = at + 1 == text.size() || name.find(text[at + 1]) == std::string_view::npos;
        if (begins && ends) return true;
    }
    return false;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::Bytes bytes = fuzz::Input(data, size).rest();
    const auto end = std::find(bytes.begin(), bytes.end(), '\n');
    const std::string text(bytes.begin(), end);
    const fuzz::Bytes message(end == bytes.end() ? end : end + 1, bytes.end());
    const auto filter = parsed(text);
    if (!filter) return 0;
    const Verdicts verdicts = verdicts_of(*filter, message);
    require(verdicts_of(*parsed(text), message) == verdicts, "the same filter decides the same");
    if (may_draw(text)) return 0;
    const auto opposite = parsed("!(" + text + ")"); // none when brackets stand too deep
    if (!opposite) return 0;
    Verdicts turned = verdicts_of(*opposite, message);
    for (bool& verdict : turned) verdict = !verdict;
    require(turned == verdicts, "\"!\" turns each decision");
    return 0;
}
