#include "tests/fuzz/hidden.hpp"

#include "codec/structure.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>

namespace fuzz {

using codec::FieldKind;
using codec::FieldSpec;
using codec::LogRule;
using codec::Part;

namespace {

constexpr std::size_t shown_first = 6;
constexpr std::size_t shown_last = 4;
constexpr std::size_t card_digits_min = 13;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// Another digit, so that the value stays one that can be written; a zero stays, since leading zeros decide
/// what is taken for a card number.
void change(char& c)
{
    if (is_digit(c) && c != '0') c = static_cast<char>('1' + (c - '1' + 1) % 9);
}

void change_card_number(std::string& value, std::size_t begin, std::size_t digits)
{
    if (digits < card_digits_min) return;
    for (std::size_t i = shown_first; i < digits - shown_last; ++i) change(value[begin + i]);
}

void change_long_numbers(std::string& value)
{
    for (std::size_t at = 0; at < value.size(); ++at) {
        const auto begin = value.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = std::find_if_not(begin, value.end(), is_digit);
        const auto digits = static_cast<std::size_t>(end - begin);
        const auto significant = end - std::find_if(begin, end, [](char c) { return c != '0'; });
        if (significant >= static_cast<std::ptrdiff_t>(card_digits_min))
            change_card_number(value, at, digits);
        at += digits;
    }
}

std::string changed_whole(const FieldSpec& spec, std::string_view value)
{
    std::string changed(value);
    const bool is_text =
        spec.kind == FieldKind::alpha || spec.kind == FieldKind::alnum || spec.kind == FieldKind::text;
    if (spec.log == LogRule::never || spec.kind == FieldKind::track) {
        for (char& c : changed)
            spec.kind == FieldKind::binary ? void(c = static_cast<char>(c ^ 1)) : change(c);
    } else if (spec.log == LogRule::pan && spec.kind == FieldKind::numeric) {
        if (value.size() < card_digits_min) std::for_each(changed.begin(), changed.end(), change);
        change_card_number(changed, 0, changed.size());
    } else if (spec.log == LogRule::clear && is_text) {
        change_long_numbers(changed);
    }
    return changed;
}

/// Bytes that parts had on the wire do not count.
void forget_wire(std::vector<Part>& parts)
{
    for (Part& part : parts) {
        part.wire.clear();
        forget_wire(part.parts);
    }
}

void change_parts(std::vector<Part>& parts)
{
    for (Part& part : parts) {
        if (part.spec == nullptr)
            std::for_each(part.value.begin(), part.value.end(), change);
        else if (part.parts.empty())
            part.value = changed_whole(*part.spec, part.value);
        else
            change_parts(part.parts);
    }
}

/// The value as it is written from its parts, where it has some.
template <class ChangeWhole, class ChangeParts> std::string
rewritten(const FieldSpec& spec, std::string_view value, ChangeWhole change_whole, ChangeParts change_parts)
{
    if (!spec.structure) return change_whole(spec, value);
    auto parts = codec::read_parts(*spec.structure, value);
    if (!parts) return std::string(value);
    forget_wire(*parts);
    change_parts(*parts);
    const auto written = codec::write_parts(*spec.structure, *parts);
    require(written.has_value(), "parts can be written");
    return *written;
}

template <class... Change>
codec::Message rewritten(const codec::Dialect& dialect, const codec::Message& message, Change... change)
{
    codec::Message written(message.mti());
    for (const int de : message.elements())
        written.set(de, rewritten(dialect.fields[static_cast<std::size_t>(de)], message.get(de), change...));
    return written;
}

} // namespace

codec::Message with_values_of(const codec::Dialect& dialect, const codec::Message& message)
{
    return rewritten(
        dialect, message, [](const FieldSpec&, std::string_view value) { return std::string(value); },
        [](std::vector<Part>&) {});
}

codec::Message with_hidden_changed(const codec::Dialect& dialect, const codec::Message& message)
{
    return rewritten(dialect, message, changed_whole, change_parts);
}

} // namespace fuzz
