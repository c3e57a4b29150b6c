#include "codec/plan.hpp"

#include "codec/dialect.hpp"

namespace codec {

namespace {

using Shape = FieldPlan::Shape;
using Check = FieldPlan::Check;

Shape shape_of(const FieldSpec& spec)
{
    const bool is_ascii = spec.length_coding == LengthCoding::ascii;
    const bool is_packed = spec.length_coding == LengthCoding::bcd;
    if (spec.length == LengthForm::fixed) return Shape::fixed;
    if (spec.length == LengthForm::ll && is_ascii) return Shape::ascii_ll;
    if (spec.length == LengthForm::lll && is_ascii) return Shape::ascii_lll;
    if (spec.length == LengthForm::ll && is_packed) return Shape::packed_ll;
    if (spec.length == LengthForm::lll && is_packed) return Shape::packed_lll;
    return Shape::general;
}

bool is_plain_text(const FieldSpec& spec)
{
    switch (spec.kind) {
    case FieldKind::alpha:
    case FieldKind::alnum:
    case FieldKind::text:
        return spec.coding == Coding::ascii;
    case FieldKind::binary:
        return spec.coding == Coding::raw;
    default:
        return false;
    }
}

} // namespace

FieldPlan plan_of(const FieldSpec& spec)
{
    if (spec.kind == FieldKind::none) return {};
    FieldPlan plan{.shape = Shape::general, .check = Check::nothing, .max = spec.max, .size = spec.max};
    const bool is_usual = spec.fill == Fill::none && !spec.length_includes_itself &&
                          spec.length_counts == LengthCounts::characters;
    if (!is_usual) return plan;
    if (is_plain_text(spec)) {
        plan.shape = shape_of(spec);
    } else if (spec.kind == FieldKind::numeric && spec.coding == Coding::ascii) {
        plan.shape = shape_of(spec);
        plan.check = Check::digits;
    } else if (spec.kind == FieldKind::numeric && spec.coding == Coding::bcd && spec.pad == Pad::left_0) {
        plan.shape = shape_of(spec);
        plan.check = Check::packed;
        plan.size = static_cast<std::uint16_t>((spec.max + 1) / 2);
    }
    return plan;
}

void compile(Dialect& dialect)
{
    dialect.defined = Bitmap{};
    for (int de = 2; de <= de_max; ++de) {
        const auto index = static_cast<std::size_t>(de);
        dialect.plans[index] = plan_of(dialect.fields[index]);
        if (dialect.plans[index].shape != FieldPlan::Shape::undefined) dialect.defined.set(de);
    }
}

} // namespace codec
