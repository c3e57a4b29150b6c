#include "sim/msg_facts.hpp"

#include "sim/run_ids.hpp"

#include <algorithm>
#include <array>

namespace sim {

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}
bool is_letter(char c)
{
    return is_capital(c) || (c >= 'a' && c <= 'z');
}

bool are_digits(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), is_digit);
}

struct Clock {
    char letter;
    const char* name;
    int min;
    int max;
};
constexpr Clock clocks[] = {{'M', "month", 1, 12},
                            {'D', "day", 1, 31},
                            {'h', "hour", 0, 23},
                            {'m', "minute", 0, 59},
                            {'s', "second", 0, 59}};
constexpr std::array<int, 13> days_of_month = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/// DE7 is the same in every version; the others differ by their size, DE13 by the version.
struct TimeElement {
    int de;
    std::size_t size;
    std::string_view pairs;
};
constexpr TimeElement time_elements[] = {
    {7, 10, "MDhms"}, {12, 6, "hms"},  {12, 12, "YMDhms"}, {12, 14, "YYMDhms"}, {14, 4, "YM"},  {15, 4, "MD"},
    {15, 6, "YMD"},   {15, 8, "YYMD"}, {16, 4, "MD"},      {17, 4, "MD"},       {73, 6, "YMD"},
};

/// Checks that add findings at one element.
class ElementChecks {
public:
    explicit ElementChecks(const Reading& reading) : reading_(reading) {}

    [[nodiscard]] std::vector<Finding> run()
    {
        for (const ReadElement& element : reading_.elements) {
            element_ = &element;
            if (!element.row->structure) check_characters(*element.row, element.value, place(), "");
            check_times();
            check_meaning();
            check_parts();
        }
        return std::move(findings_);
    }

private:
    [[nodiscard]] std::string place() const
    {
        return "DE" + std::to_string(element_->de) + " at byte " + std::to_string(element_->range.offset);
    }

    void add(Severity severity, std::string text) { add(severity, place(), std::move(text)); }
    void add(Severity severity, std::string where, std::string text)
    {
        findings_.push_back({severity, element_->de, std::move(where), std::move(text)});
    }

    /// What decode() lets pass because nobody needs it: letters and text are bytes to it.
    void check_characters(const codec::FieldSpec& row, std::string_view value, const std::string& where,
                          const std::string& what)
    {
        const auto has = [&](auto is_allowed) { return std::all_of(value.begin(), value.end(), is_allowed); };
        const auto is_alpha = [](char c) { return is_letter(c) || c == ' '; };
        const auto is_alnum = [](char c) { return is_letter(c) || is_digit(c) || c == ' '; };
        const auto is_text = [](char c) { return static_cast<std::uint8_t>(c) >= 0x20 && c != 0x7F; };
        if (row.kind == codec::FieldKind::alpha && !has(is_alpha))
            add(Severity::error, where, what + "holds more than letters");
        if (row.kind == codec::FieldKind::alnum && !has(is_alnum))
            add(Severity::error, where, what + "holds more than letters and digits");
        if (row.kind == codec::FieldKind::text && !has(is_text))
            add(Severity::warning, where, what + "holds control characters");
        if (value.empty() && row.length != codec::LengthForm::rest)
            add(Severity::warning, where, what + "is present and empty");
    }

    void check_times()
    {
        const std::string_view pairs = time_pattern(element_->de, element_->value.size(), reading_.mti[0]);
        if (pairs.empty() || !are_digits(element_->value)) return;
        const std::string wrong = wrong_time(element_->value, pairs);
        if (!wrong.empty()) add(Severity::error, wrong);
    }

    void check_meaning()
    {
        switch (element_->de) {
        case 2:
            return check_card_number();
        case 35:
            return check_track_2();
        case 49:
        case 50:
        case 51:
            if (element_->value.size() == 3 && !is_currency(element_->value))
                add(Severity::error, "no currency: expected three digits or three capital letters");
            return;
        case 90:
            return check_original_elements();
        default:
            return;
        }
    }

    void check_card_number()
    {
        const std::string& pan = element_->value;
        if (!are_digits(pan))
            add(Severity::error, "holds more than digits");
        else if (pan.size() < 12)
            add(Severity::warning, "shorter than any card number (12 digits)");
        else if (!passes_luhn(pan))
            add(Severity::warning, "the check digit (Luhn) is wrong");
    }

    /// Card number, separator, YYMM, service code, and what the issuer put behind.
    void check_track_2()
    {
        const std::string& track = element_->value;
        const std::size_t end = track.find_first_of("=D");
        if (end == track.npos) return add(Severity::error, "no separator (= or D) behind the card number");
        const auto card = std::find_if(reading_.elements.begin(), reading_.elements.end(),
                                       [](const ReadElement& e) { return e.de == 2; });
        if (card != reading_.elements.end() && track.substr(0, end) != card->value)
            add(Severity::warning, "its card number is not that of DE2");
        const std::string expiry = track.substr(end + 1, 4);
        const bool has_expiry = expiry.size() == 4 && are_digits(expiry);
        if (has_expiry && !wrong_time(expiry, "YM").empty())
            add(Severity::warning, "no month in its expiration date");
    }

    /// MTI 4, STAN 6, date and time 10, and two institutions.
    void check_original_elements()
    {
        const std::string_view value = element_->value;
        if (value.size() != 42 || !are_digits(value)) return;
        const std::string_view time = value.substr(10, 10);
        const bool is_told = time.find_first_not_of('0') != time.npos;
        if (is_told && !wrong_time(time, "MDhms").empty())
            add(Severity::warning, "no time in the original's date and time");
        if (value.substr(0, 4) == "0000") add(Severity::warning, "no message type of the original");
    }

    void check_parts()
    {
        if (element_->problem) {
            const std::string path = element_->problem->path.empty() ? "" : "." + element_->problem->path;
            add(Severity::error,
                "DE" + std::to_string(element_->de) + path + " at byte " +
                    std::to_string(element_->range.offset),
                "parts, byte " + std::to_string(element_->problem->offset) + ": " +
                    std::string(codec::text_of(element_->problem->code)));
            return;
        }
        if (element_->row->structure)
            check_parts(*element_->row->structure, element_->parts, "DE" + std::to_string(element_->de));
    }

    void check_parts(const codec::Structure& structure, const std::vector<codec::Part>& parts,
                     const std::string& path)
    {
        std::vector<std::string> seen;
        for (const codec::Part& part : parts) {
            const bool is_padding = structure.form == codec::StructureForm::ber_tlv && part.tag == "00";
            if (is_padding || part.tag == codec::category_tag) continue;
            const std::string where = path + "." + codec::shown_tag(part, codec::Show::masked);
            if (part.spec == nullptr)
                add(Severity::warning, where, "not defined in " + reading_.dialect->name);
            if (std::find(seen.begin(), seen.end(), part.tag) != seen.end())
                add(Severity::warning, where, "comes more than once");
            seen.push_back(part.tag);
            if (part.spec == nullptr) continue;
            if (part.parts.empty())
                check_characters(*part.spec, part.value, where, "");
            else
                check_parts(*part.spec->structure, part.parts, where);
        }
    }

    const Reading& reading_;
    const ReadElement* element_ = nullptr;
    std::vector<Finding> findings_;
};

} // namespace

std::string wrong_time(std::string_view digits, std::string_view pairs)
{
    int month = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const int number = (digits[2 * i] - '0') * 10 + (digits[2 * i + 1] - '0');
        const auto clock = std::find_if(std::begin(clocks), std::end(clocks),
                                        [&](const Clock& c) { return c.letter == pairs[i]; });
        if (clock == std::end(clocks)) continue;
        if (number < clock->min) return std::string(clock->name) + " below " + std::to_string(clock->min);
        if (number > clock->max) return std::string(clock->name) + " above " + std::to_string(clock->max);
        if (pairs[i] == 'M') month = number;
        const int days = days_of_month[static_cast<std::size_t>(month)];
        if (pairs[i] == 'D' && month > 0 && number > days) return "a month without such a day";
    }
    return {};
}

std::string_view time_pattern(int de, std::size_t size, char version)
{
    if (de == 13 && size == 4) return version == '0' ? "MD" : "YM"; // from 1993 on the effective date
    const auto found =
        std::find_if(std::begin(time_elements), std::end(time_elements),
                     [&](const TimeElement& element) { return element.de == de && element.size == size; });
    return found == std::end(time_elements) ? std::string_view() : found->pairs;
}

bool passes_luhn(std::string_view digits)
{
    return luhn_digit(std::string(digits.substr(0, digits.size() - 1))) == digits.back();
}

bool is_currency(std::string_view value)
{
    return value.size() == 3 && (are_digits(value) || std::all_of(value.begin(), value.end(), is_capital));
}

std::vector<Finding> findings_of_elements(const Reading& reading)
{
    return ElementChecks(reading).run();
}

} // namespace sim
