#include "sim/chaos_rules.hpp"

#include "sim/toml_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

namespace sim {

namespace {

enum class Takes : std::uint8_t { nothing, duration, bytes };

struct Action {
    std::string_view name;
    Treatment::Kind kind;
    Takes takes;
    std::string_view filler; ///< a word that may stand before the number: "cut after 20"
};

constexpr std::array actions{
    Action{"drop", Treatment::Kind::drop, Takes::nothing, ""},
    Action{"duplicate", Treatment::Kind::twice, Takes::nothing, ""},
    Action{"reorder", Treatment::Kind::swap, Takes::nothing, ""},
    Action{"half-close", Treatment::Kind::half_close, Takes::nothing, ""},
    Action{"hold", Treatment::Kind::hold, Takes::duration, ""},
    Action{"delay", Treatment::Kind::delay, Takes::duration, ""},
    Action{"pause", Treatment::Kind::pause, Takes::duration, ""},
    Action{"cut", Treatment::Kind::cut, Takes::bytes, "after"},
    Action{"flip", Treatment::Kind::flip, Takes::bytes, "byte"},
    Action{"pass", Treatment::Kind::pass, Takes::nothing, ""},
};

constexpr std::int64_t wait_max_ms = 24 * 3600 * 1000;

struct Word {
    std::string text;
    std::size_t at = 0; ///< character of the rule
};

std::vector<Word> words_from(std::string_view text, std::size_t at)
{
    std::vector<Word> words;
    while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
        words.push_back({std::string(text.substr(at, end - at)), at});
        at = end;
    }
    return words;
}

const Action& action_named(const Word& word)
{
    std::vector<std::string> names;
    for (const Action& action : actions) {
        if (action.name == word.text) return action;
        names.emplace_back(action.name);
    }
    throw FilterError(word.at, "unknown action" + hint(word.text, names));
}

std::chrono::milliseconds duration_of(const Word& word)
{
    const auto ms = parse_duration_ms(word.text);
    if (!ms || *ms <= 0 || *ms > wait_max_ms)
        throw FilterError(word.at, "expected a time with a unit, for example 250ms; at most 24h");
    return std::chrono::milliseconds(*ms);
}

std::size_t bytes_of(const Word& word)
{
    std::size_t bytes = 0;
    const auto [end, error] = std::from_chars(word.text.data(), word.text.data() + word.text.size(), bytes);
    if (error != std::errc{} || end != word.text.data() + word.text.size() || bytes > 65'535)
        throw FilterError(word.at, "expected a number of bytes, at most 65535");
    return bytes;
}

Treatment parse_treatment(std::string_view text, std::size_t at)
{
    const std::vector<Word> words = words_from(text, at);
    if (words.empty()) throw FilterError(text.size(), "expected an action, for example drop");
    const Action& action = action_named(words.front());
    Treatment treatment;
    treatment.kind = action.kind;
    std::size_t next = 1;
    if (action.takes != Takes::nothing) {
        if (next < words.size() && words[next].text == action.filler) ++next;
        if (next == words.size())
            throw FilterError(text.size(), action.takes == Takes::bytes
                                               ? "expected a number of bytes"
                                               : "expected a time, for example 250ms");
        const Word& word = words[next++];
        if (action.takes == Takes::duration)
            treatment.wait = duration_of(word);
        else
            treatment.bytes = bytes_of(word);
        if (action.takes == Takes::bytes && next < words.size() && words[next].text == "bytes") ++next;
    }
    if (next < words.size()) throw FilterError(words[next].at, "expected nothing behind the action");
    return treatment;
}

} // namespace

std::string text_of(const Treatment& treatment)
{
    for (const Action& action : actions) {
        if (action.kind != treatment.kind) continue;
        std::string text(action.name);
        if (!action.filler.empty()) text += " " + std::string(action.filler);
        if (action.takes == Takes::duration) text += " " + std::to_string(treatment.wait.count()) + "ms";
        if (action.takes == Takes::bytes) text += " " + std::to_string(treatment.bytes);
        return text;
    }
    return {};
}

ChaosRule parse_chaos_rule(std::string_view text, std::uint64_t seed)
{
    std::size_t colon = 0;
    FrameFilter filter = FrameFilter::parse_front(text, colon, seed);
    if (colon == text.size()) throw FilterError(colon, "expected &&, || or a colon and an action");
    if (text[colon] != ':') throw FilterError(colon, "expected &&, || or a colon");
    return {without_card_numbers(text), std::move(filter), parse_treatment(text, colon + 1), 0};
}

std::vector<ChaosRule> read_chaos_rules(const std::string& file, std::uint64_t seed)
{
    std::vector<ChaosRule> rules;
    std::istringstream lines(read_whole_file(file));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        const std::size_t first = line.find_first_not_of(" \t");
        if (first == std::string::npos || line[first] == '#') continue;
        try {
            rules.push_back(parse_chaos_rule(line, seed + static_cast<std::uint64_t>(number)));
        } catch (const FilterError& error) {
            throw FileError({file, number, static_cast<int>(error.at_character) + 1}, error.what());
        }
    }
    return rules;
}

std::string text_with_caret(std::string_view rule, const FilterError& error)
{
    return without_card_numbers(rule) + "\n" + std::string(error.at_character, ' ') + "^";
}

std::string without_card_numbers(std::string_view text)
{
    constexpr std::string_view of_a_number = "0123456789 -";
    constexpr std::ptrdiff_t card_digits = 13;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::string shown(text);
    for (std::size_t begin = 0; begin < shown.size();) {
        const std::size_t end = std::min(shown.find_first_not_of(of_a_number, begin), shown.size());
        const auto first = shown.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto last = shown.begin() + static_cast<std::ptrdiff_t>(end);
        if (std::count_if(first, last, is_digit) >= card_digits) std::replace_if(first, last, is_digit, '*');
        begin = end + 1;
    }
    return shown;
}

} // namespace sim
