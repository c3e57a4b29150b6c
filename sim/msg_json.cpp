#include "sim/msg_json.hpp"

#include "codec/hex.hpp"
#include "sim/msg_value.hpp"

#include <boost/json.hpp>

namespace sim {

namespace json = boost::json;

namespace {

const std::string hidden = "hidden";

/// Text of a value: the whole of it, or what may be shown.
void add_value(const codec::FieldSpec& row, std::string_view value, ValueForm form, codec::Show show,
               json::object& object)
{
    const bool is_masked = show == codec::Show::masked && codec::is_masked(row, value);
    if (is_masked)
        object["value"] = codec::shown_value(row, value, codec::Show::masked);
    else
        object["value"] = written(value, form);
    if (is_masked) object["masked"] = true;
}

/// whole    the value that they were cut from
json::array json_of_parts(const codec::Structure& structure, const std::vector<codec::Part>& parts,
                          std::string_view whole, codec::Show show)
{
    json::array array;
    for (const codec::Part& part : parts) {
        const codec::FieldSpec& row = codec::row_to_show(part);
        const bool shows_bytes = show == codec::Show::everything || !codec::is_masked(part);
        json::object object{
            {"tag", show == codec::Show::everything ? written(part.tag, ValueForm::text)
                                                    : codec::shown_tag(part, show)},
            {"name", row.name},
            {"offset", part.offset},
            {"size", part.size},
            {"hex", shows_bytes ? codec::hex_of(whole.substr(part.offset, part.size)) : hidden}};
        if (part.parts.empty())
            add_value(row, part.value, form_of(structure, part), show, object);
        else
            object["parts"] = json_of_parts(*row.structure, part.parts, part.value, show);
        array.push_back(std::move(object));
    }
    return array;
}

json::object json_of_element(const ReadElement& element, codec::Show show)
{
    const bool shows_bytes = show == codec::Show::everything || is_shown_whole(element);
    json::object object{{"number", element.de},
                        {"name", element.row->name},
                        {"offset", element.range.offset},
                        {"size", element.range.size},
                        {"hex", shows_bytes ? codec::hex_of(element.wire) : hidden}};
    const ValueForm form = form_of(*element.row);
    if (element.problem) {
        codec::FieldSpec never = *element.row;
        never.log = codec::LogRule::never;
        add_value(never, element.value, form, show, object);
        object["problem"] = codec::text_of(*element.problem);
        return object;
    }
    if (!element.row->structure || (shows_bytes && form == ValueForm::text))
        add_value(*element.row, element.value, form, shows_bytes ? codec::Show::everything : show, object);
    if (element.row->structure)
        object["parts"] = json_of_parts(*element.row->structure, element.parts, element.value, show);
    return object;
}

} // namespace

json::object json_of(const codec::Error& error)
{
    return {{"text", codec::text_of(error)}, {"number", error.de}, {"offset", error.offset}};
}

json::object json_of(const Reading& reading, codec::Show show)
{
    json::object object{
        {"schema", "tollgate/message/1"}, {"dialect", reading.dialect->name}, {"size", reading.bytes.size()}};
    if (!reading.mti.empty()) object["mti"] = reading.mti;
    if (const ByteRange bitmap = reading.bitmap_range; bitmap.size > 0) {
        const std::string_view bytes(reinterpret_cast<const char*>(reading.bytes.data()),
                                     reading.bytes.size());
        object["bitmap"] = {{"offset", bitmap.offset},
                            {"size", bitmap.size},
                            {"hex", codec::hex_of(bytes.substr(bitmap.offset, bitmap.size))}};
    }
    json::array fields;
    for (const ReadElement& element : reading.elements) fields.push_back(json_of_element(element, show));
    object["fields"] = std::move(fields);
    if (reading.error) object["error"] = json_of(*reading.error);
    return object;
}

} // namespace sim
