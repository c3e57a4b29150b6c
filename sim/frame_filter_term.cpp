#include "sim/frame_filter_term.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace sim {

namespace {

using Kind = FilterSubject::Kind;

struct NamedSubject {
    std::string_view name;
    FilterSubject subject;
};

constexpr std::array subjects{
    NamedSubject{"pan", {Kind::element, 2}},
    NamedSubject{"processing", {Kind::element, 3}},
    NamedSubject{"amount", {Kind::element, 4}},
    NamedSubject{"stan", {Kind::element, 11}},
    NamedSubject{"rrn", {Kind::element, 37}},
    NamedSubject{"approval", {Kind::element, 38}},
    NamedSubject{"code", {Kind::element, 39}},
    NamedSubject{"terminal", {Kind::element, 41}},
    NamedSubject{"merchant", {Kind::element, 42}},
    NamedSubject{"currency", {Kind::element, 49}},
    NamedSubject{"management", {Kind::element, 70}},
    NamedSubject{"mti", {Kind::mti, 0}},
    NamedSubject{"dir", {Kind::dir, 0}},
    NamedSubject{"from", {Kind::from, 0}},
    NamedSubject{"size", {Kind::size, 0}},
    NamedSubject{"connection", {Kind::connection, 0}},
    NamedSubject{"n", {Kind::n, 0}},
    NamedSubject{"every", {Kind::every, 0}},
    NamedSubject{"p", {Kind::p, 0}},
};

constexpr int de_first = 2;
constexpr int de_last = 128;
/// More digits than a BIN and the last four: whoever writes them writes a card number.
constexpr std::size_t card_digits = 13;

bool is_digits(std::string_view text)
{
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_zeros(std::string_view digits)
{
    while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
    return digits;
}

/// Of two numbers of any length.
bool is_less(std::string_view a, std::string_view b)
{
    a = without_zeros(a);
    b = without_zeros(b);
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

bool is_same(std::string_view a, std::string_view b)
{
    return a == b || (is_digits(a) && is_digits(b) && without_zeros(a) == without_zeros(b));
}

bool is_card_data(int de)
{
    return de == 2 || de == 34 || de == 35 || de == 36 || de == 45;
}

void refuse_card_number(const std::string& value)
{
    const auto digits =
        std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (static_cast<std::size_t>(digits) >= card_digits)
        throw std::invalid_argument("a whole card number does not belong here: 400000*0002 says which one");
}

void check_word(const std::string& value, std::string_view first, std::string_view second)
{
    if (value == first || value == second) return;
    throw std::invalid_argument("expected " + std::string(first) + " or " + std::string(second));
}

std::uint64_t count_of(const std::string& value)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number == 0)
        throw std::invalid_argument("expected a number from 1 on");
    return number;
}

double share_of(const std::string& value)
{
    double share = -1;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), share);
    if (error != std::errc{} || end != value.data() + value.size() || !(share >= 0 && share <= 1))
        throw std::invalid_argument("expected a share from 0 to 1");
    return share;
}

} // namespace

std::optional<FilterSubject> find_subject(std::string_view name)
{
    for (const NamedSubject& known : subjects)
        if (known.name == name) return known.subject;
    if (!name.starts_with("de") || !is_digits(name.substr(2)) || name.size() > 5) return std::nullopt;
    const int de = std::stoi(std::string(name.substr(2)));
    if (de < de_first || de > de_last) return std::nullopt;
    return FilterSubject{Kind::element, de};
}

std::vector<std::string> subject_names()
{
    std::vector<std::string> names;
    for (const NamedSubject& known : subjects) names.emplace_back(known.name);
    return names;
}

bool is_like(std::string_view value, std::string_view pattern)
{
    if (pattern.find('*') == std::string_view::npos) return value.find(pattern) != std::string_view::npos;
    const std::size_t first = pattern.find('*');
    if (value.substr(0, first) != pattern.substr(0, first)) return false;
    value.remove_prefix(first);
    pattern.remove_prefix(first + 1);
    for (std::size_t star = pattern.find('*'); star != std::string_view::npos; star = pattern.find('*')) {
        const std::size_t at = value.find(pattern.substr(0, star));
        if (at == std::string_view::npos) return false;
        value.remove_prefix(at + star);
        pattern.remove_prefix(star + 1);
    }
    return value.size() >= pattern.size() && value.ends_with(pattern);
}

FilterTerm::FilterTerm(FilterSubject subject, Comparison comparison, std::string value, std::uint64_t seed)
    : subject_(subject), comparison_(comparison), value_(std::move(value)), rng_(seed)
{
    const bool orders = comparison == Comparison::less || comparison == Comparison::greater;
    if (orders && !is_digits(value_)) throw std::invalid_argument("< and > compare numbers");
    switch (subject_.kind) {
    case Kind::element:
        if (is_card_data(subject_.de)) refuse_card_number(value_);
        return;
    case Kind::mti:
        if (comparison == Comparison::equal && !(is_digits(value_) && value_.size() == 4))
            throw std::invalid_argument("an MTI has four digits; mti~02 asks for more than one");
        return;
    case Kind::dir:
        check_word(value_, "request", "answer");
        return;
    case Kind::from:
        check_word(value_, "client", "server");
        return;
    case Kind::size:
    case Kind::connection:
        if (!is_digits(value_)) throw std::invalid_argument("expected a number");
        return;
    case Kind::n:
        number_ = count_of(value_);
        return;
    case Kind::every:
        if (comparison != Comparison::equal) throw std::invalid_argument("every takes only =");
        number_ = count_of(value_);
        return;
    case Kind::p:
        if (comparison != Comparison::equal) throw std::invalid_argument("p takes only =");
        share_ = share_of(value_);
    }
}

bool FilterTerm::is_true_of(const SeenFrame& seen)
{
    constexpr double parts = 1U << 30U;
    switch (subject_.kind) {
    case Kind::every:
        return ++seen_ % number_ == 0;
    case Kind::p:
        return static_cast<double>(rng_.below(1U << 30U)) < share_ * parts;
    case Kind::n:
        return compares(std::to_string(++seen_));
    default:
        break;
    }
    const auto text = text_of(seen);
    return text ? compares(*text) : comparison_ == Comparison::different;
}

std::optional<std::string> FilterTerm::text_of(const SeenFrame& seen) const
{
    const codec::Message& message = seen.message();
    switch (subject_.kind) {
    case Kind::element:
        if (!message.has(subject_.de)) return std::nullopt;
        return std::string(message.get(subject_.de));
    case Kind::mti:
        if (!seen.has_mti()) return std::nullopt;
        return std::string(message.mti().text());
    case Kind::dir:
        if (!seen.has_mti()) return std::nullopt;
        return message.mti().is_answer() ? "answer" : "request";
    case Kind::from:
        return seen.frame().direction == Direction::request ? "client" : "server";
    case Kind::size:
        return std::to_string(seen.frame().message.size());
    case Kind::connection:
        return std::to_string(seen.frame().connection);
    default:
        return std::nullopt;
    }
}

bool FilterTerm::compares(std::string_view text) const
{
    switch (comparison_) {
    case Comparison::equal:
        return is_same(text, value_);
    case Comparison::different:
        return !is_same(text, value_);
    case Comparison::less:
        return is_digits(text) && is_less(text, value_);
    case Comparison::greater:
        return is_digits(text) && is_less(value_, text);
    case Comparison::like:
        return is_like(text, value_);
    }
    return false;
}

} // namespace sim
