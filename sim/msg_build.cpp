#include "sim/msg_build.hpp"

#include "codec/describe.hpp"
#include "codec/digits.hpp"
#include "codec/encode.hpp"
#include "codec/field.hpp"
#include "codec/hex.hpp"
#include "codec/structure.hpp"
#include "sim/msg_input.hpp"
#include "sim/msg_value.hpp"
#include "sim/toml_reader.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace sim {

namespace json = boost::json;

namespace {

using Names = std::vector<std::string>;

const Names message_keys = {"schema", "dialect", "framing", "header", "size", "mti", "bitmap", "fields"};
const Names field_keys = {"number", "name", "offset", "size", "hex", "value", "parts", "masked", "problem"};
const Names part_keys = {"tag", "name", "offset", "size", "hex", "value", "parts", "masked"};

std::string_view view_of(json::string_view text)
{
    return {text.data(), text.size()};
}

std::string member_path(const std::string& path, const std::string& key)
{
    return path.empty() ? key : path + "." + key;
}

/// Bytes of a text that is hex; nothing when it is none or not there.
std::optional<std::string> hex_in(const json::value* value)
{
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return codec::bytes_of_hex(view_of(value->get_string()));
}

/// Keys of the JSON stand in a path: a card number that was written as a key must not stand in an error.
std::string shown(std::string_view path)
{
    codec::FieldSpec text;
    text.kind = codec::FieldKind::text;
    return codec::shown_value(text, path, codec::Show::masked);
}

class Builder {
public:
    explicit Builder(const codec::Dialect& dialect) : dialect_(dialect) {}

    [[nodiscard]] std::vector<std::uint8_t> build(const json::object& object)
    {
        if (object.contains("error"))
            throw InputError("error: this is a message that does not decode; expected a whole one");
        check_keys(object, "", message_keys);
        read_mti(object);
        read_fields(object);
        throw_problems();

        std::vector<std::uint8_t> bytes;
        if (const auto done = codec::encode(dialect_, message_, bytes); !done)
            throw InputError("fields: " + codec::text_of(done.error()));
        if (const json::value* bitmap = object.if_contains("bitmap")) keep_bitmap(*bitmap, bytes);
        return bytes;
    }

private:
    void report(const std::string& path, const std::string& what)
    {
        problems_ += (problems_.empty() ? "" : "\n") + shown(path) + ": " + what;
    }

    void throw_problems() const
    {
        if (!problems_.empty()) throw InputError(problems_);
    }

    void check_keys(const json::object& object, const std::string& path, const Names& known)
    {
        for (const auto& member : object) {
            const std::string key(view_of(member.key()));
            if (std::find(known.begin(), known.end(), key) == known.end())
                report(member_path(path, key), "unknown key" + hint(key, known));
        }
    }

    void read_mti(const json::object& object)
    {
        const json::value* const mti = object.if_contains("mti");
        const auto parsed =
            mti != nullptr && mti->is_string() ? codec::Mti::parse(view_of(mti->get_string())) : std::nullopt;
        if (!parsed || !parsed->is_of_known_version())
            return report("mti", "expected four digits in quotes, of version 0, 1, 2, 8 or 9");
        message_.set_mti(*parsed);
    }

    void read_fields(const json::object& object)
    {
        const json::value* const fields = object.if_contains("fields");
        if (fields != nullptr && fields->is_object()) {
            for (const auto& field : fields->get_object())
                add_field(std::string(view_of(field.key())), field.value(), nullptr);
        } else if (fields != nullptr && fields->is_array()) {
            std::size_t index = 0;
            for (const json::value& field : fields->get_array()) add_described_field(field, index++);
        } else {
            report("fields", "expected an object {\"2\": ...} or an array of {\"number\", \"value\"}");
        }
    }

    void add_described_field(const json::value& field, std::size_t index)
    {
        const std::string place = "fields[" + std::to_string(index) + "]"; // while its number is not known
        if (!field.is_object()) return report(place, "expected an object with number and value or parts");
        const json::object& object = field.get_object();
        const json::value* const number = object.if_contains("number");
        const bool has_number = number != nullptr && number->is_int64();
        const std::string path = has_number ? "fields." + std::to_string(number->get_int64()) : place;
        check_keys(object, path, field_keys);
        if (!has_number) return report(place + ".number", "expected a number");
        if (const json::value* value = content_of(object, path))
            add_field(std::to_string(number->get_int64()), *value, &object);
    }

    /// "parts" or else "value" of a described field or part; null after a report.
    [[nodiscard]] const json::value* content_of(const json::object& object, const std::string& path)
    {
        if (object.contains("masked")) {
            report(path, "the value is masked; expected the output of describe --json --unsafe");
            return nullptr;
        }
        const json::value* const value = object.if_contains("value");
        const json::value* const parts = object.if_contains("parts");
        if (value == nullptr && parts == nullptr) {
            report(path, "expected value or parts");
            return nullptr;
        }
        if (parts != nullptr && !parts->is_array()) {
            report(path + ".parts", "expected an array");
            return nullptr;
        }
        return parts != nullptr ? parts : value;
    }

    /// content    text, or parts
    /// described  the object that it was found in, null when there is none
    void add_field(const std::string& number, const json::value& content, const json::object* described)
    {
        const std::string path = "fields." + number;
        int de = 0;
        const auto end = std::from_chars(number.data(), number.data() + number.size(), de);
        const bool is_number = end.ec == std::errc() && end.ptr == number.data() + number.size();
        if (!is_number || de < 2 || de > codec::de_max)
            return report(path, "expected an element from 2 to " + std::to_string(codec::de_max));
        const codec::FieldSpec& row = dialect_.fields[static_cast<std::size_t>(de)];
        if (row.kind == codec::FieldKind::none) return report(path, "not defined in " + dialect_.name);
        if (message_.has(de)) return report(path, "given twice");

        const auto value = value_of_content(row, form_of(row), content, path);
        if (!value) return;
        const json::value* const stated = described == nullptr ? nullptr : described->if_contains("value");
        if (stated != nullptr && stated != &content && stated->is_string() &&
            value_of(view_of(stated->get_string()), form_of(row)) != value)
            return report(path, "value and parts do not agree; change both, or leave out the value");
        const auto wire = described == nullptr ? std::nullopt : hex_in(described->if_contains("hex"));
        if (wire && wire->size() <= codec::message_bytes_limit && is_read_as(row, *wire, *value))
            return message_.set_wire(de, *wire);
        if (const auto why = why_not_written(row, *value)) return report(path, *why);
        message_.set(de, *value);
    }

    [[nodiscard]] static bool is_read_as(const codec::FieldSpec& row, const std::string& wire,
                                         const std::string& value)
    {
        const auto read = codec::read_field(row, codec::as_bytes(wire));
        return read && read->value == value && read->extent.prefix + read->extent.size == wire.size();
    }

    [[nodiscard]] std::optional<std::string> value_of_content(const codec::FieldSpec& row, ValueForm form,
                                                              const json::value& content,
                                                              const std::string& path)
    {
        if (content.is_string()) {
            auto value = value_of(view_of(content.get_string()), form);
            if (!value)
                report(path, form == ValueForm::hex ? "expected an even number of hex digits"
                                                    : "expected characters up to U+00FF");
            return value;
        }
        if (!content.is_object() && !content.is_array()) {
            report(path, "expected a text in quotes" + std::string(row.structure ? " or its parts" : ""));
            return std::nullopt;
        }
        if (!row.structure) {
            report(path, "has no parts in " + dialect_.name + "; expected a text in quotes");
            return std::nullopt;
        }
        const std::size_t problems_before = problems_.size();
        const std::vector<codec::Part> parts = parts_of(*row.structure, content, path);
        if (problems_.size() != problems_before) return std::nullopt;
        auto written = codec::write_parts(*row.structure, parts);
        if (written) return std::move(*written);
        report(written.error().path.empty() ? path : path + "." + written.error().path,
               std::string(codec::text_of(written.error().code)));
        return std::nullopt;
    }

    [[nodiscard]] std::vector<codec::Part> parts_of(const codec::Structure& structure,
                                                    const json::value& content, const std::string& path)
    {
        std::vector<codec::Part> parts;
        if (content.is_object()) {
            for (const auto& member : content.get_object())
                parts.push_back(part_of(structure, std::string(view_of(member.key())), member.value(), path));
            return parts;
        }
        std::size_t index = 0;
        for (const json::value& item : content.get_array()) {
            const std::string place = path + "[" + std::to_string(index++) + "]";
            const json::object* const object = item.if_object();
            const json::value* const tag = object == nullptr ? nullptr : object->if_contains("tag");
            if (tag == nullptr || !tag->is_string()) {
                report(place, "expected an object with tag and value or parts");
                continue;
            }
            check_keys(*object, place, part_keys);
            const json::value* const inner = content_of(*object, place);
            if (inner == nullptr) continue;
            parts.push_back(part_of(structure, std::string(view_of(tag->get_string())), *inner, path));
            parts.back().wire = hex_in(object->if_contains("hex")).value_or("");
        }
        return parts;
    }

    /// path     of what it is a part of
    [[nodiscard]] codec::Part part_of(const codec::Structure& structure, const std::string& tag,
                                      const json::value& content, const std::string& path)
    {
        codec::Part part;
        part.tag = value_of(tag, ValueForm::text).value_or(tag);
        const std::string place = path + "." + tag;
        const auto* const row = structure.find(part.tag);
        static const codec::FieldSpec unknown;
        const codec::FieldSpec& spec = row == nullptr ? unknown : row->spec;
        if (const auto value = value_of_content(spec, form_of(structure, part), content, place))
            part.value = *value;
        if (row != nullptr && structure.form != codec::StructureForm::ber_tlv)
            if (const auto why = why_not_written(spec, part.value)) report(place, *why);
        return part;
    }

    /// The same bits may be written otherwise, for example with an empty second bitmap.
    void keep_bitmap(const json::value& bitmap, std::vector<std::uint8_t>& bytes) const
    {
        const json::object* const object = bitmap.if_object();
        const auto wire = object == nullptr ? std::nullopt : hex_in(object->if_contains("hex"));
        if (!wire) throw InputError("bitmap.hex: expected an even number of hex digits");
        const std::size_t at = dialect_.mti == codec::DigitsForm::bcd ? 2 : 4;
        const auto made = codec::read_bitmap(dialect_.bitmap, std::span(bytes).subspan(at));
        const auto given = codec::read_bitmap(dialect_.bitmap, codec::as_bytes(*wire));
        if (!made || !given || given->size != wire->size() || given->bitmap != made->bitmap) return;
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(made->size));
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), wire->begin(), wire->end());
    }

    const codec::Dialect& dialect_;
    codec::Message message_;
    std::string problems_;
};

} // namespace

json::object parse_json_object(std::string_view text, std::string_view name)
{
    json::parser parser;
    json::error_code error;
    const std::size_t read = parser.write_some(text.data(), text.size(), error);
    if (!error && read < text.size() && text.find_first_not_of(" \t\r\n", read) != text.npos)
        error = json::error::extra_data;
    if (error) {
        const std::string_view before = text.substr(0, read);
        const auto line = 1 + std::count(before.begin(), before.end(), '\n');
        const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
        throw InputError(std::string(name) + ":" + std::to_string(line) + ":" + std::to_string(column) +
                         ": no JSON: " + error.message());
    }
    json::value value = parser.release();
    if (!value.is_object()) throw InputError(std::string(name) + ": expected a JSON object");
    return std::move(value.get_object());
}

std::vector<std::uint8_t> build_message(const codec::Dialect& dialect, const json::object& object)
{
    return Builder(dialect).build(object);
}

BuiltEnvelope envelope_in(const json::object& object, const EnvelopeNames& given)
{
    BuiltEnvelope built{given, {}};
    const json::value* const framing = object.if_contains("framing");
    if (given.framing == "none" && framing != nullptr) {
        if (!framing->is_string()) throw InputError("framing: expected a name in quotes");
        built.envelope.framing = view_of(framing->get_string());
    }
    const json::value* const header = object.if_contains("header");
    if (given.header == "none" && header != nullptr) {
        const json::object* const described = header->if_object();
        const json::value* const kind = described == nullptr ? nullptr : described->if_contains("kind");
        const auto bytes = described == nullptr ? std::nullopt : hex_in(described->if_contains("hex"));
        if (kind == nullptr || !kind->is_string() || !bytes)
            throw InputError("header: expected an object with kind, and hex of its bytes");
        built.envelope.header = view_of(kind->get_string());
        built.header.assign(bytes->begin(), bytes->end());
    }
    check_names(built.envelope);
    return built;
}

} // namespace sim
