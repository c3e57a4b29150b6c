#include "codec/structure.hpp"

#include "codec/digits.hpp"
#include "codec/field.hpp"
#include "codec/hex.hpp"
#include "codec/structure_parts.hpp"
#include "codec/tlv.hpp"

#include <boost/throw_exception.hpp>

#include <algorithm>
#include <stdexcept>

namespace codec {

namespace {

using MaybeError = std::optional<PartError>;

/// How many bytes in front of the part's own bytes `offset` characters of its value take.
std::size_t wire_offset(Coding coding, std::size_t offset)
{
    if (coding == Coding::hex || coding == Coding::ebcdic_hex) return 2 * offset;
    return coding == Coding::bcd ? offset / 2 : offset;
}

/// Cuts a value into parts, each structure by an object of its own; `depth` bounds the recursion.
class Cutter {
public:
    Cutter(const Structure& structure, std::string_view value, int depth)
        : structure_(structure), value_(value), depth_(depth)
    {
    }

    [[nodiscard]] MaybeError run()
    {
        switch (structure_.form) {
        case StructureForm::positional:
            return read_positional();
        case StructureForm::bitmap:
            return read_with_bitmap();
        case StructureForm::ber_tlv:
            return read_objects();
        case StructureForm::tlv:
            if (structure_.category_size > 0 && !value_.empty())
                if (auto wrong = read_category()) return wrong;
            return read_tagged();
        }
        return std::nullopt;
    }

    /// Reads exactly one part.
    [[nodiscard]] MaybeError run_for(const std::string& tag)
    {
        if (is_category(structure_, tag)) {
            if (auto wrong = read_category()) return wrong;
            return nothing_left();
        }
        if (structure_.form == StructureForm::ber_tlv) return read_objects();
        if (structure_.form == StructureForm::tlv) return read_tagged();
        const auto* row = structure_.find(tag);
        if (row == nullptr) return PartError{Errc::unknown_element, tag, 0};
        if (auto wrong = read_field_of(started(tag), row, row->spec, rest())) return wrong;
        return nothing_left();
    }

    [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
    [[nodiscard]] std::vector<Part> take_parts() { return std::move(parts_); }

private:
    [[nodiscard]] std::string_view rest() const { return value_.substr(at_); }

    [[nodiscard]] MaybeError read_positional()
    {
        for (const Structure::PartSpec& row : structure_.parts) {
            if (at_ == value_.size()) return std::nullopt;
            if (auto wrong = read_field_of(started(row.tag), &row, row.spec, rest())) return wrong;
        }
        return nothing_left();
    }

    [[nodiscard]] MaybeError read_with_bitmap()
    {
        const auto read = read_plain_bitmap(structure_.bitmap, structure_.bits, as_bytes(value_));
        if (!read) return PartError{read.error().code, {}, read.error().offset};
        at_ = read->size;
        for (int bit = read->bitmap.next_after(0); bit != 0; bit = read->bitmap.next_after(bit)) {
            Part part = started(std::to_string(bit));
            const auto* row = structure_.find(part.tag);
            if (row == nullptr) return PartError{Errc::unknown_element, part.tag, at_};
            if (auto wrong = read_field_of(std::move(part), row, row->spec, rest())) return wrong;
        }
        return nothing_left();
    }

    [[nodiscard]] MaybeError read_category()
    {
        const auto* row = structure_.find(category_tag);
        const FieldSpec spec = row == nullptr ? category_row(structure_) : row->spec;
        return read_field_of(started(std::string(category_tag)), row, spec, rest());
    }

    [[nodiscard]] MaybeError read_tagged()
    {
        while (at_ < value_.size()) {
            Part part = started({});
            const auto tag = read_field(structure_.tag, as_bytes(rest()));
            if (!tag) return PartError{tag.error().code, {}, at_ + tag.error().offset};
            part.tag = structure_.tag.kind == FieldKind::binary ? hex_of(tag->value) : tag->value;
            at_ += tag->extent.prefix + tag->extent.size;
            if (at_ == part.offset) return PartError{Errc::bad_length, {}, at_}; // nothing taken: no end
            const auto* row = structure_.find(part.tag);
            const FieldSpec& spec = row == nullptr ? structure_.other : row->spec;
            if (auto wrong = read_field_of(std::move(part), row, spec, rest())) return wrong;
        }
        return std::nullopt;
    }

    [[nodiscard]] MaybeError read_objects()
    {
        TlvReader reader(value_);
        while (const auto tlv = reader.next()) {
            Part part = started(hex_of(tlv->tag));
            part.size = tlv->size;
            const std::size_t end = at_ + tlv->size;
            const auto* row = structure_.find(part.tag);
            if (part.tag != padding_tag) {
                part.length_size = static_cast<std::uint8_t>(tlv->size - tlv->tag.size() - tlv->value.size());
            }
            if (row == nullptr || part.tag == padding_tag) {
                part.value = tlv->value;
                parts_.push_back(std::move(part));
            } else {
                at_ = end - tlv->value.size();
                if (auto wrong = read_field_of(std::move(part), row, without_count(row->spec), tlv->value))
                    return wrong;
            }
            at_ = end;
        }
        if (const auto& failure = reader.error())
            return PartError{failure->code, path_of(hex_of(failure->tag)), failure->offset};
        return std::nullopt;
    }

    /// A tag that nobody knows is a part of the value: it may hold anything, and an error holds no values.
    [[nodiscard]] std::string path_of(const std::string& tag) const
    {
        const bool is_ours = structure_.find(tag) != nullptr || is_category(structure_, tag) || tag.empty();
        return is_ours ? tag : "unknown";
    }

    [[nodiscard]] Part started(std::string tag) const
    {
        Part part;
        part.tag = std::move(tag);
        part.offset = at_;
        return part;
    }

    /// Adds the part whose count or value is at at_.
    /// spec     how it is written: the row's, or that of unknown tags
    /// bytes    from at_ to where it must end at the latest
    [[nodiscard]] MaybeError read_field_of(Part part, const Structure::PartSpec* row, const FieldSpec& spec,
                                           std::string_view bytes)
    {
        auto field = read_field(spec, as_bytes(bytes));
        if (!field) return PartError{field.error().code, path_of(part.tag), at_ + field.error().offset};
        part.value = std::move(field->value);
        const std::size_t value_at = at_ + field->extent.prefix;
        if (row != nullptr) {
            part.spec = &row->spec;
            if (auto wrong = read_inner_parts(part)) {
                wrong->offset = value_at + wire_offset(spec.coding, wrong->offset);
                return wrong;
            }
        }
        at_ = value_at + field->extent.size;
        part.size = at_ - part.offset;
        keep_wire_if_needed(part);
        parts_.push_back(std::move(part));
        return std::nullopt;
    }

    [[nodiscard]] MaybeError read_inner_parts(Part& part) const
    {
        if (!part.spec->structure || depth_ == structure_depth_max) return std::nullopt;
        Cutter inner(*part.spec->structure, part.value, depth_ + 1);
        if (const auto wrong = inner.run())
            return PartError{wrong->code, joined_path(part.tag, wrong->path), wrong->offset};
        part.parts = inner.take_parts();
        return std::nullopt;
    }

    void keep_wire_if_needed(Part& part) const
    {
        const std::string_view wire = value_.substr(part.offset, part.size);
        std::string made;
        if (append_part(structure_, part, made) || made != wire) part.wire = wire;
    }

    [[nodiscard]] MaybeError nothing_left() const
    {
        if (at_ == value_.size()) return std::nullopt;
        return PartError{Errc::trailing_bytes, parts_.empty() ? std::string() : parts_.back().tag, at_};
    }

    const Structure& structure_;
    std::string_view value_;
    int depth_;
    std::size_t at_ = 0;
    std::vector<Part> parts_;
};

} // namespace

const Structure::PartSpec* Structure::find(std::string_view tag_text) const
{
    const auto row =
        std::find_if(parts.begin(), parts.end(), [&](const PartSpec& part) { return part.tag == tag_text; });
    return row == parts.end() ? nullptr : &*row;
}

FieldSpec without_count(const FieldSpec& row)
{
    FieldSpec spec = row;
    spec.length = LengthForm::rest;
    return spec;
}

FieldSpec category_row(const Structure& structure)
{
    FieldSpec spec;
    spec.kind = FieldKind::text;
    const Coding coding = structure.tag.coding;
    const bool is_text = coding == Coding::ascii || coding == Coding::ebcdic || coding == Coding::ebcdic_500;
    spec.coding = is_text ? coding : Coding::ascii;
    spec.max = structure.category_size;
    return spec;
}

bool is_read_as(const Structure& structure, const std::string& wire, const std::string& tag,
                std::string_view value)
{
    Cutter cutter(structure, wire, structure_depth_max); // without inner parts
    if (cutter.run_for(tag)) return false;
    const auto& parts = cutter.parts();
    return parts.size() == 1 && parts[0].tag == tag && parts[0].value == value;
}

PartResult<std::vector<Part>> read_parts(const Structure& structure, std::string_view value)
{
    Cutter cutter(structure, value, 1);
    if (auto wrong = cutter.run()) return std::move(*wrong);
    return cutter.take_parts();
}

std::string text_of(const PartError& error)
{
    const std::string part = error.path.empty() ? "parts" : "part " + error.path;
    return part + " at byte " + std::to_string(error.offset) + ": " + std::string(text_of(error.code));
}

void throw_exception_from_error(const PartError& error, const boost::source_location& where)
{
    boost::throw_exception(std::runtime_error(text_of(error)), where);
}

} // namespace codec
