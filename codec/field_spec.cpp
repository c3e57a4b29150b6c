#include "codec/field_spec.hpp"

namespace codec {

namespace {

bool coding_fits_kind(const FieldSpec& spec)
{
    switch (spec.kind) {
    case FieldKind::numeric:
    case FieldKind::track:
    case FieldKind::amount:
        return spec.coding == Coding::ascii || spec.coding == Coding::bcd;
    case FieldKind::alpha:
    case FieldKind::alnum:
    case FieldKind::text:
        return spec.coding == Coding::ascii;
    case FieldKind::binary:
        return spec.coding == Coding::raw || spec.coding == Coding::hex;
    case FieldKind::nibbles:
        return spec.coding == Coding::bcd;
    case FieldKind::none:
        break;
    }
    return false;
}

/// The largest count that fits the length prefix. A fixed element has none; its limit is ours, so that no row
/// of a table makes an element larger than any that is known.
unsigned count_max_of(LengthForm length)
{
    return length == LengthForm::ll ? 99 : 999;
}

bool max_fits_length(const FieldSpec& spec)
{
    const unsigned count = spec.coding == Coding::hex ? 2U * spec.max : spec.max;
    return spec.max > 0 &&
           (spec.length == LengthForm::fixed ? spec.max <= 999 : count <= count_max_of(spec.length));
}

} // namespace

std::string what_is_wrong(const FieldSpec& spec)
{
    if (spec.kind == FieldKind::none) return "the row has no kind";
    if (spec.name.empty()) return "the row has no name";
    if (!coding_fits_kind(spec))
        return "coding does not fit kind; expected ascii or bcd for numeric, amount and track, raw or hex "
               "for binary, "
               "ascii for the others";
    if (spec.max == 0) return "max is 0; expected at least 1";
    if (!max_fits_length(spec))
        return "max does not fit length; expected at most 99 for ll, 999 for lll and fixed";
    // The sign of an amount is a part of a fixed layout; a counted amount is not known from any network.
    if (spec.kind == FieldKind::amount && (spec.length != LengthForm::fixed || spec.max < 2))
        return "an amount is fixed and has a sign and digits; expected length = \"fixed\" and max of at "
               "least 2";
    return {};
}

} // namespace codec
