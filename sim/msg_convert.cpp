#include "sim/msg_convert.hpp"

#include "codec/describe.hpp"
#include "codec/encode.hpp"
#include "sim/msg_value.hpp"

namespace sim {

namespace {

constexpr int primary_mac = 64;
constexpr int secondary_mac = 128;

class Converter {
public:
    Converter(const codec::Dialect& target, Unknown unknown) : target_(target), unknown_(unknown) {}

    [[nodiscard]] Conversion convert(const Reading& reading)
    {
        codec::Message message(codec::Mti::parse(reading.mti).value());
        for (const ReadElement& element : reading.elements) {
            const codec::FieldSpec& row = target_.fields[static_cast<std::size_t>(element.de)];
            const std::string path = "DE" + std::to_string(element.de);
            if (row.kind == codec::FieldKind::none) {
                refuse_or_drop(path, "not defined in " + target_.name);
                continue;
            }
            const auto value = carried(*element.row, row, element.value, element.parts, path);
            if (!value) continue;
            if (const auto why = why_not_written(row, *value)) {
                conversion_.problems.push_back(path + ": " + *why);
                continue;
            }
            message.set(element.de, *value);
            if (element.de == primary_mac || element.de == secondary_mac)
                conversion_.notes.push_back(path +
                                            ": a MAC over the former bytes is wrong over the new ones");
        }
        if (conversion_.problems.empty())
            if (const auto done = codec::encode(target_, message, conversion_.bytes); !done)
                conversion_.problems.push_back(codec::text_of(done.error()));
        return std::move(conversion_);
    }

private:
    void refuse_or_drop(const std::string& path, const std::string& why)
    {
        if (unknown_ == Unknown::drop)
            conversion_.dropped.push_back(path);
        else
            conversion_.problems.push_back(path + ": " + why);
    }

    /// Text written as bytes, or bytes as text, would mean something else.
    [[nodiscard]] bool has_same_form(const codec::FieldSpec& from, const codec::FieldSpec& to,
                                     const std::string& path)
    {
        if (form_of(from) == form_of(to)) return true;
        const bool was_text = form_of(from) == ValueForm::text;
        conversion_.problems.push_back(path + (was_text ? ": text, but bytes in " : ": bytes, but text in ") +
                                       target_.name);
        return false;
    }

    /// Parts are written anew where both dialects know how; otherwise the value is carried over as it is.
    /// parts    of the value; empty when it has none or they cannot be read
    [[nodiscard]] std::optional<std::string> carried(const codec::FieldSpec& from, const codec::FieldSpec& to,
                                                     std::string_view value,
                                                     const std::vector<codec::Part>& parts,
                                                     const std::string& path)
    {
        if (!has_same_form(from, to, path)) return std::nullopt;
        const bool have_parts = from.structure && to.structure && !parts.empty();
        // BER-TLV is the same everywhere: only its reader's rows differ.
        const bool is_ber = have_parts && from.structure->form == codec::StructureForm::ber_tlv &&
                            to.structure->form == codec::StructureForm::ber_tlv;
        if (!have_parts || is_ber) return std::string(value);
        return joined(*from.structure, *to.structure, parts, path);
    }

    [[nodiscard]] std::optional<std::string> joined(const codec::Structure& from, const codec::Structure& to,
                                                    const std::vector<codec::Part>& parts,
                                                    const std::string& path)
    {
        const bool has_tags =
            to.form == codec::StructureForm::ber_tlv || to.form == codec::StructureForm::tlv;
        std::vector<codec::Part> known;
        for (const codec::Part& part : parts) {
            const auto* const row = to.find(part.tag);
            const std::string place = path + "." + codec::shown_tag(part, codec::Show::masked);
            if (row == nullptr && !has_tags) {
                refuse_or_drop(place, "not defined in " + target_.name);
                continue;
            }
            const codec::FieldSpec& source = part.spec == nullptr ? from.other : *part.spec;
            const auto value =
                carried(source, row == nullptr ? to.other : row->spec, part.value, part.parts, place);
            if (!value) return std::nullopt;
            known.emplace_back();
            known.back().tag = part.tag;
            known.back().value = *value;
        }
        auto value = codec::write_parts(to, known);
        if (value) return std::move(*value);
        const codec::PartError& error = value.error();
        conversion_.problems.push_back(path + (error.path.empty() ? "" : "." + error.path) + ": " +
                                       std::string(codec::text_of(error.code)));
        return std::nullopt;
    }

    const codec::Dialect& target_;
    Unknown unknown_;
    Conversion conversion_;
};

} // namespace

Conversion convert(const Reading& reading, const codec::Dialect& target, Unknown unknown)
{
    return Converter(target, unknown).convert(reading);
}

} // namespace sim
