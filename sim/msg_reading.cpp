#include "sim/msg_reading.hpp"

#include <algorithm>

namespace sim {

namespace {

ReadElement read_element(const codec::Dialect& dialect, const codec::Message& message, int de)
{
    ReadElement element;
    element.de = de;
    element.row = &dialect.fields[static_cast<std::size_t>(de)];
    element.wire = message.wire(de);
    element.value = message.get(de);
    element.range.size = element.wire.size();
    if (!element.row->structure) return element;
    auto parts = codec::read_parts(*element.row->structure, element.value);
    if (parts)
        element.parts = std::move(*parts);
    else
        element.problem = parts.error();
    return element;
}

} // namespace

Reading read_message(std::shared_ptr<const codec::Dialect> dialect, std::span<const std::uint8_t> bytes)
{
    Reading reading;
    reading.dialect = std::move(dialect);
    reading.bytes.assign(bytes.begin(), bytes.end());
    const codec::Dialect& rules = *reading.dialect;

    codec::Message message;
    if (const auto decoded = codec::decode(rules, reading.bytes, message); !decoded) {
        reading.error = decoded.error();
        if (reading.error->de == 0) return reading;
        message = codec::decode_readable_part(rules, reading.bytes);
    }
    reading.mti = message.mti().text();
    reading.mti_range.size = rules.mti == codec::DigitsForm::bcd ? 2 : 4;
    const auto behind_mti = std::span(reading.bytes).subspan(reading.mti_range.size);
    const auto bitmap = codec::read_bitmap(rules.bitmap, behind_mti);
    reading.bitmap_range = {reading.mti_range.size, bitmap ? bitmap->size : 0};
    for (int de = message.next_after(0); de != 0; de = message.next_after(de)) {
        const std::string_view wire = message.wire(de);
        reading.elements.push_back(read_element(rules, message, de));
        reading.elements.back().range.offset = static_cast<std::size_t>(
            reinterpret_cast<const std::uint8_t*>(wire.data()) - reading.bytes.data());
    }
    return reading;
}

bool is_shown_whole(const ReadElement& element)
{
    if (!element.row->structure) return !codec::is_masked(*element.row, element.value);
    return !element.problem && std::none_of(element.parts.begin(), element.parts.end(),
                                            [](const codec::Part& part) { return codec::is_masked(part); });
}

std::string shown_value(const ReadElement& element, codec::Show show)
{
    if (element.problem) {
        codec::FieldSpec never = *element.row;
        never.log = codec::LogRule::never;
        return codec::shown_value(never, element.value, show);
    }
    if (element.row->structure) return codec::shown_value(*element.row, element.value, element.parts, show);
    return codec::shown_value(*element.row, element.value, show);
}

} // namespace sim
