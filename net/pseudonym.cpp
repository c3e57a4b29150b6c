#include "net/pseudonym.hpp"

#include "codec/hex.hpp"
#include "codec/luhn.hpp"

#include <algorithm>
#include <vector>

namespace net {

namespace {

constexpr std::size_t pan_digits_min = 12;
constexpr std::size_t pan_digits_max = 19;
/// Shorter runs of digits inside a card element are no number of a card or an account.
constexpr std::size_t run_digits_min = 5;
/// The shortest number in text that is taken for a card's: as codec::describe() masks it.
constexpr std::size_t number_digits_min = 13;
/// What is taken for the card number where other digits follow it without a gap.
constexpr std::size_t usual_pan_digits = 16;
constexpr unsigned rounds = 10;
/// Enough for the cards of a busy hour; then it starts again, so that a long capture takes no more memory.
constexpr std::size_t known_max = 65'536;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

std::uint64_t number_of(std::string_view digits)
{
    std::uint64_t number = 0;
    for (const char digit : digits) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    return number;
}

std::uint64_t power_of_ten(std::size_t exponent)
{
    std::uint64_t power = 1;
    while (exponent-- > 0) power *= 10;
    return power;
}

void write_digits(std::uint64_t number, std::span<char> digits)
{
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number /= 10)
        *digit = static_cast<char>('0' + number % 10);
}

std::string digits_of(std::uint64_t number, std::size_t width)
{
    std::string digits(width, '0');
    write_digits(number, digits);
    return digits;
}

std::span<const std::uint8_t> bytes_of(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void zero_digits(std::span<char> text)
{
    for (char& c : text)
        if (is_digit(c)) c = '0';
}

/// Digits become zeros, letters X; what separates them stays.
void blot(std::span<char> text)
{
    zero_digits(text);
    for (char& c : text)
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80)
            c = 'X';
}

std::size_t begin_of_digits(std::string_view value, std::size_t begin)
{
    while (begin < value.size() && !is_digit(value[begin])) ++begin;
    return begin;
}

std::size_t end_of_digits(std::string_view value, std::size_t begin)
{
    while (begin < value.size() && is_digit(value[begin])) ++begin;
    return begin;
}

/// Where the discretionary data of a track begin: behind expiry and service code, or at once where these are
/// not both there.
std::size_t begin_of_discretionary(std::string_view track, std::size_t behind_separator)
{
    constexpr std::size_t expiry_and_service_digits = 4 + 3;
    const std::string_view rest = track.substr(behind_separator);
    const std::size_t digits = end_of_digits(rest, 0);
    return behind_separator + (digits >= expiry_and_service_digits ? expiry_and_service_digits : 0);
}

/// Places of the digits of a number that begins at `begin`; one or two spaces, hyphens or points may stand
/// between two of them.
std::vector<std::size_t> number_at(std::string_view value, std::size_t begin)
{
    std::vector<std::size_t> places;
    std::size_t at = begin;
    while (at < value.size() && is_digit(value[at])) {
        places.push_back(at);
        const std::size_t next = value.find_first_not_of(" -.", ++at);
        if (next <= at + 2 && next < value.size() && is_digit(value[next])) at = next;
    }
    return places;
}

/// No card number begins with zeros.
void drop_leading_zeros(std::string_view value, std::vector<std::size_t>& places)
{
    const auto first =
        std::find_if(places.begin(), places.end(), [&](std::size_t place) { return value[place] != '0'; });
    places.erase(places.begin(), first);
}

bool is_pan_size(std::size_t digits)
{
    return digits >= 8 && digits <= pan_digits_max;
}

} // namespace

// --- Pseudonyms

Pseudonyms::Pseudonyms(std::span<const std::uint8_t> key, Bin bin)
    : key_(codec::MacAlgorithm::hmac_sha256, key), bin_digits_(static_cast<std::size_t>(bin)),
      key_id_(codec::hex_of(
          key_.mac_of(bytes_of("tollgate pseudonym key id"), codec::MacPadding::method_1).substr(0, 4)))
{
}

void Pseudonyms::replace_pan(std::span<char> digits)
{
    const std::string_view given(digits.data(), digits.size());
    const Number number{number_of(given), given.size()};
    auto found = known_.find(number);
    if (found == known_.end()) {
        if (known_.size() == known_max) known_.clear();
        found = known_.emplace(number, number_of(test_pan(given))).first;
    }
    write_digits(found->second, digits);
}

std::size_t Pseudonyms::NumberHash::operator()(const Number& number) const
{
    const std::uint64_t mixed = (number.value ^ number.digits) * 0x9E3779B97F4A7C15ULL;
    return mixed ^ mixed >> 32U;
}

std::string Pseudonyms::test_pan(std::string_view digits) const
{
    const std::size_t kept = digits.size() >= pan_digits_min ? bin_digits_ : 0;
    const std::string_view middle = digits.substr(kept, digits.size() - kept - 1);
    const std::string shape = std::string(digits.substr(0, kept)) + "/" + std::to_string(digits.size());

    std::size_t left_digits = middle.size() / 2;
    std::size_t right_digits = middle.size() - left_digits;
    std::uint64_t left = number_of(middle.substr(0, left_digits));
    std::uint64_t right = number_of(middle.substr(left_digits));
    for (unsigned number = 0; number < rounds; ++number) {
        const std::uint64_t modulus = power_of_ten(left_digits);
        const std::uint64_t mixed = (left + round(number, shape, right) % modulus) % modulus;
        left = right;
        right = mixed;
        std::swap(left_digits, right_digits);
    }
    std::string test(digits.substr(0, kept));
    test += digits_of(left, left_digits) + digits_of(right, right_digits);
    return test + codec::luhn_digit(test);
}

std::uint64_t Pseudonyms::round(unsigned number, std::string_view shape, std::uint64_t half) const
{
    const std::string input =
        "pan/" + std::string(shape) + "/" + std::to_string(number) + "/" + std::to_string(half);
    const std::string mac = key_.mac_of(bytes_of(input), codec::MacPadding::method_1);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8U | static_cast<std::uint8_t>(mac[i]);
    return value;
}

// --- CardScrubber

void CardScrubber::replace(std::span<char> digits)
{
    if (pseudonyms_ != nullptr && !digits.empty()) pseudonyms_->replace_pan(digits);
}

void CardScrubber::scrub_card(std::string& value)
{
    for (std::size_t at = begin_of_digits(value, 0); at < value.size(); at = begin_of_digits(value, at)) {
        const std::size_t end = end_of_digits(value, at);
        if (end < value.size()) {
            const std::vector<std::size_t> places = number_at(value, at);
            if (places.back() >= end && places.size() >= number_digits_min) { // in groups
                replace_at(value, places);
                at = places.back() + 1;
                continue;
            }
        }
        const std::size_t digits = end - at;
        if (digits > pan_digits_max) zero_digits(std::span(value).first(end).subspan(at + usual_pan_digits));
        if (digits >= run_digits_min)
            replace(std::span(value).subspan(at, digits > pan_digits_max ? usual_pan_digits : digits));
        at = end;
    }
}

void CardScrubber::scrub_text(std::string& value)
{
    const std::size_t end = scrub_number(value, 0);
    blot(std::span(value).subspan(end));
}

void CardScrubber::scrub_hex(std::string& digits)
{
    for (std::size_t at = 0; at < digits.size();) at = scrub_number(digits, at);
}

std::size_t CardScrubber::scrub_number(std::string& value, std::size_t begin)
{
    if (value.size() < begin + number_digits_min) return value.size();
    std::size_t at = begin_of_digits(value, begin);
    while (at < value.size()) {
        std::vector<std::size_t> places = number_at(value, at);
        at = places.back() + 1;
        drop_leading_zeros(value, places);
        if (places.size() >= number_digits_min) {
            replace_at(value, places);
            return at;
        }
        at = begin_of_digits(value, at);
    }
    return value.size();
}

void CardScrubber::replace_at(std::string& value, std::span<const std::size_t> places)
{
    std::string number;
    for (const std::size_t place : places) number += value[place];
    const std::size_t pan_digits = number.size() > pan_digits_max ? usual_pan_digits : number.size();
    replace(std::span(number).first(pan_digits));
    for (std::size_t i = 0; i < places.size(); ++i) value[places[i]] = i < pan_digits ? number[i] : '0';
}

bool CardScrubber::scrub_track_2(std::string& value)
{
    const std::size_t separator = end_of_digits(value, 0);
    if (!is_pan_size(separator) || separator == value.size()) return false;
    if (value[separator] != '=' && value[separator] != 'D') return false;
    if (value.find_first_not_of("0123456789=DF?", separator + 1) != std::string::npos) return false;
    zero_digits(std::span(value).subspan(begin_of_discretionary(value, separator + 1)));
    replace(std::span(value).first(separator));
    return true;
}

bool CardScrubber::scrub_track_1(std::string& value)
{
    const std::size_t begin =
        value.starts_with('%') ? 2 : 1; // a start sentinel may stand before the format code
    if (value.size() <= begin || value[begin - 1] != 'B') return false;
    const std::size_t name = end_of_digits(value, begin);
    if (!is_pan_size(name - begin) || name == value.size() || value[name] != '^') return false;
    const std::size_t name_end = value.find('^', name + 1);
    if (name_end == std::string::npos) return false;
    blot(std::span(value).first(name_end).subspan(name + 1));
    blot(std::span(value).subspan(begin_of_discretionary(value, name_end + 1)));
    replace(std::span(value).subspan(begin, name - begin));
    return true;
}

} // namespace net
