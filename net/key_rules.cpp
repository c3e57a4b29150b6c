#include "net/key_rules.hpp"

#include <algorithm>
#include <tuple>

namespace net {

namespace {

/// All of a row that decides about bytes and value. Parts are cut from the value; no key is made of them.
auto reading_of(const codec::FieldSpec& row)
{
    return std::tuple(row.kind, row.length, row.max, row.coding, row.length_coding, row.length_counts,
                      row.length_includes_itself, row.pad, row.fill, row.separator);
}

} // namespace

std::string changed_reading(const codec::Dialect& before, const codec::Dialect& now)
{
    if (before.mti != now.mti) return "the MTI";
    if (before.bitmap != now.bitmap) return "the bitmap";
    for (std::size_t de = 0; de < before.fields.size(); ++de)
        if (reading_of(before.fields[de]) != reading_of(now.fields[de]))
            return "element " + std::to_string(de);
    return {};
}

std::string changed_meaning(const Profile& before, const Profile& now)
{
    if (before.currency != now.currency) return "currency";
    if (before.partial != now.partial) return "partial";
    const auto [old_row, new_row] = std::ranges::mismatch(before.rows, now.rows);
    if (old_row == before.rows.end() && new_row == now.rows.end()) return {};
    return "[[message]] row " + std::to_string(old_row - before.rows.begin() + 1);
}

} // namespace net
