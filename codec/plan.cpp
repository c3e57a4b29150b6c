#include "codec/plan.hpp"

#include "codec/dialect.hpp"

namespace codec {

namespace {

using Check = FieldPlan::Check;
using Way = FieldPlan::Way;

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
    FieldPlan plan{.way = Way::by_row, .max = spec.max};
    if (spec.fill != Fill::none || spec.length_includes_itself ||
        spec.length_counts != LengthCounts::characters)
        return plan;
    if (spec.kind == FieldKind::numeric && spec.coding == Coding::ascii)
        plan.check = Check::digits;
    else if (spec.kind == FieldKind::numeric && spec.coding == Coding::bcd && spec.pad == Pad::left_0)
        plan.check = Check::packed;
    else if (!is_plain_text(spec))
        return plan;

    plan.prefix_is_packed = spec.length_coding == LengthCoding::bcd;
    switch (spec.length) {
    case LengthForm::fixed:
        plan.min = plan.max;
        break;
    case LengthForm::ll:
        plan.prefix = plan.prefix_is_packed ? 1 : 2;
        break;
    case LengthForm::lll:
        plan.prefix = plan.prefix_is_packed ? 2 : 3;
        break;
    default:
        return plan;
    }
    const bool is_usual_count = plan.prefix_is_packed || spec.length_coding == LengthCoding::ascii;
    if (plan.prefix == 0 || is_usual_count) plan.way = Way::planned;
    return plan;
}

void compile(Dialect& dialect)
{
    dialect.defined = Bitmap{};
    for (int de = 2; de <= de_max; ++de) {
        const auto index = static_cast<std::size_t>(de);
        dialect.plans[index] = plan_of(dialect.fields[index]);
        if (dialect.plans[index].way != Way::undefined) dialect.defined.set(de);
    }
}

} // namespace codec
