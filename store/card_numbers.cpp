#include "store/card_numbers.hpp"

#include "store/card_token.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace store {

namespace {

constexpr std::size_t digits_min = 13;
constexpr std::size_t digits_max = 19;
constexpr std::string_view separators = " \t-._";

/// A maximal run of digits: text[begin, end).
struct Group {
    std::size_t begin = 0;
    std::size_t end = 0;
    [[nodiscard]] std::size_t size() const { return end - begin; }
};

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

std::vector<Group> groups_of(std::string_view text)
{
    std::vector<Group> groups;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_digit(text[i])) continue;
        if (groups.empty() || groups.back().end != i) groups.push_back({i, i});
        groups.back().end = i + 1;
    }
    return groups;
}

/// How many groups from the first on hang together by separators, each of at least `digits` digits.
std::size_t chain_of(std::string_view text, std::span<const Group> groups, std::size_t digits)
{
    std::size_t count = 1;
    while (count < groups.size() && groups[count - 1].size() >= digits && groups[count].size() >= digits &&
           groups[count].begin == groups[count - 1].end + 1 &&
           separators.find(text[groups[count - 1].end]) != std::string_view::npos)
        ++count;
    return count;
}

bool run_holds_card_number(std::string_view run)
{
    if (run.size() <= digits_max) return is_card_number(run);
    for (std::size_t begin = 0; begin + digits_min <= run.size(); ++begin)
        for (std::size_t size = digits_min; size <= std::min(digits_max, run.size() - begin); ++size)
            if (is_card_number(run.substr(begin, size))) return true;
    return false;
}

/// 4000 0000 0000 0002, and the other ways in which numbers are embossed.
bool begins_with_card_number(std::string_view text, std::span<const Group> groups)
{
    if (groups.front().size() != 4) return false;
    std::string digits;
    for (const Group& group : groups.first(chain_of(text, groups, 3))) {
        if (group.size() > 6) return false;
        digits += text.substr(group.begin, group.size());
        if (is_card_number(digits)) return true;
    }
    return false;
}

} // namespace

bool holds_card_number(std::string_view text)
{
    const std::vector<Group> groups = groups_of(text);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const Group& group = groups[i];
        if (run_holds_card_number(text.substr(group.begin, group.size()))) return true;
        if (begins_with_card_number(text, std::span(groups).subspan(i))) return true;
    }
    return false;
}

std::string without_card_numbers(std::string_view text)
{
    std::string shown(text);
    const std::vector<Group> groups = groups_of(text);
    for (std::span<const Group> rest = groups; !rest.empty();) {
        const auto chain = rest.first(chain_of(text, rest, 3));
        rest = rest.subspan(chain.size());
        std::size_t digits = 0;
        for (const Group& group : chain) digits += group.size();
        if (digits < digits_min) continue;
        for (const Group& group : chain) shown.replace(group.begin, group.size(), group.size(), '*');
    }
    return shown;
}

} // namespace store
