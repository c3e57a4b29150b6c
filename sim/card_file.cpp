#include "sim/card_file.hpp"

#include "codec/luhn.hpp"
#include "sim/text_parts.hpp"
#include "sim/toml_reader.hpp"

#include <algorithm>
#include <sstream>

namespace sim {

namespace {

bool is_digits(std::string_view text)
{
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_pan(const std::string& text)
{
    return text.size() >= 13 && text.size() <= 19 && is_digits(text) &&
           codec::luhn_digit(text.substr(0, text.size() - 1)) == text.back();
}

/// "2035-12" as DE14 has it: "3512". Empty when it is no month.
std::string expiry_of(const std::string& text)
{
    if (text.size() != 7 || text[4] != '-') return {};
    const std::string month = text.substr(5);
    const bool is_month = is_digits(month) && month >= "01" && month <= "12";
    return is_month && is_digits(text.substr(0, 4)) ? text.substr(2, 2) + month : std::string();
}

std::vector<std::string> cells_of(std::string line)
{
    if (line.ends_with('\r')) line.pop_back();
    return parts_of(line, ',');
}

/// Of two columns.
struct Columns {
    std::size_t pan = 0;
    std::size_t expiry = 0;
};

Columns columns_of(const std::vector<std::string>& names, const Place& place)
{
    const auto number_of = [&](const char* name) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) throw FileError(place, std::string("no column \"") + name + "\"");
        return static_cast<std::size_t>(found - names.begin());
    };
    return {number_of("pan"), number_of("expiry")};
}

CardInHand card_of(const std::vector<std::string>& cells, const Columns& columns, const Place& place)
{
    if (cells.size() <= std::max(columns.pan, columns.expiry)) throw FileError(place, "columns are missing");
    const CardInHand card{cells[columns.pan], expiry_of(cells[columns.expiry])};
    if (!is_pan(card.pan))
        throw FileError(place, "pan is no card number: 13 to 19 digits with a right check digit");
    if (card.expiry_yymm.empty()) throw FileError(place, "expiry is no month: 2035-12 is");
    return card;
}

} // namespace

std::vector<CardInHand> read_cards(const std::string& file)
{
    std::istringstream lines(read_whole_file(file));
    std::string line;
    std::getline(lines, line);
    const Columns columns = columns_of(cells_of(line), {file, 1, 0});
    std::vector<CardInHand> cards;
    for (int number = 2; std::getline(lines, line); ++number) {
        const auto cells = cells_of(line);
        if (cells == std::vector<std::string>{""}) continue;
        cards.push_back(card_of(cells, columns, {file, number, 0}));
    }
    if (cards.empty()) throw FileError({file, 0, 0}, "no cards in it");
    return cards;
}

} // namespace sim
