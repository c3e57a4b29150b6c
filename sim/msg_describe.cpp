#include "sim/msg_describe.hpp"

#include "codec/hex.hpp"

#include <algorithm>

namespace sim {

namespace {

struct Line {
    std::size_t indent = 0;
    std::string range;
    std::string tag;
    std::string name;
    std::string value;
};

std::string range_of(std::size_t offset, std::size_t size)
{
    const std::string begin = std::to_string(offset);
    return size < 2 ? begin : begin + ".." + std::to_string(offset + size - 1);
}

void add_lines(const std::vector<codec::Part>& parts, std::size_t indent, codec::Show show,
               std::vector<Line>& lines)
{
    for (const codec::Part& part : parts) {
        lines.push_back({indent, range_of(part.offset, part.size), codec::shown_tag(part, show),
                         codec::row_to_show(part).name, codec::shown_value(part, show)});
        add_lines(part.parts, indent + 2, show, lines);
    }
}

void add_lines(const ReadElement& element, codec::Show show, std::vector<Line>& lines)
{
    lines.push_back({0, range_of(element.range.offset, element.range.size), "DE" + std::to_string(element.de),
                     element.row->name, shown_value(element, show)});
    if (element.problem) lines.back().value += "  ! " + codec::text_of(*element.problem);
    add_lines(element.parts, 2, show, lines);
}

std::string elements_of(const Reading& reading)
{
    std::string text;
    const auto wire = std::span(reading.bytes).subspan(reading.bitmap_range.offset);
    const auto read = codec::read_bitmap(reading.dialect->bitmap, wire);
    for (int de = read->bitmap.next_after(0); de != 0; de = read->bitmap.next_after(de))
        text += (text.empty() ? "" : " ") + std::to_string(de);
    return text;
}

std::string padded(std::string text, std::size_t width)
{
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

std::string text_of(const std::vector<Line>& lines)
{
    std::size_t range_width = 0;
    std::size_t tag_width = 0;
    std::size_t name_width = 0;
    for (const Line& line : lines) {
        range_width = std::max(range_width, line.indent + line.range.size());
        tag_width = std::max(tag_width, line.indent + line.tag.size());
        name_width = std::max(name_width, line.name.size());
    }
    std::string text;
    for (const Line& line : lines) {
        const std::string indent(line.indent, ' ');
        text += "  " + padded(indent + line.range, range_width + 2) +
                padded(indent + line.tag, tag_width + 2) + padded(line.name, name_width + 2) + line.value;
        text.erase(text.find_last_not_of(' ') + 1);
        text += "\n";
    }
    return text;
}

bool is_inside(ByteRange range, std::size_t at)
{
    return at >= range.offset && at - range.offset < range.size;
}

bool may_show_byte(const Reading& reading, std::size_t at)
{
    if (is_inside(reading.mti_range, at) || is_inside(reading.bitmap_range, at)) return true;
    return std::any_of(reading.elements.begin(), reading.elements.end(), [&](const ReadElement& element) {
        return is_inside(element.range, at) && is_shown_whole(element);
    });
}

} // namespace

std::string text_of(const Reading& reading, codec::Show show)
{
    std::vector<Line> lines;
    if (!reading.mti.empty())
        lines.push_back({0, range_of(reading.mti_range.offset, reading.mti_range.size), "MTI", "message type",
                         reading.mti});
    if (reading.bitmap_range.size > 0)
        lines.push_back({0, range_of(reading.bitmap_range.offset, reading.bitmap_range.size), "", "bitmap",
                         elements_of(reading)});
    for (const ReadElement& element : reading.elements) add_lines(element, show, lines);

    const std::size_t count = reading.elements.size();
    std::string text = (reading.mti.empty() ? "no message type" : reading.mti) + " in " +
                       reading.dialect->name + ": " + std::to_string(count) +
                       (count == 1 ? " element, " : " elements, ") + std::to_string(reading.bytes.size()) +
                       " bytes\n";
    if (!lines.empty()) text += "\n" + text_of(lines);
    if (reading.error)
        text += "\nerror: " + codec::text_of(*reading.error) + "\n" +
                place_in_hex(reading, reading.error->offset, show);
    return text;
}

std::string place_in_hex(const Reading& reading, std::size_t offset, codec::Show show)
{
    constexpr std::size_t bytes_before = 12;
    constexpr std::size_t bytes_behind = 8;
    const std::size_t begin = offset < bytes_before ? 0 : offset - bytes_before;
    const std::size_t end = std::min(reading.bytes.size(), offset + bytes_behind);
    std::string hex = begin > 0 ? "  ... " : "  ";
    std::string caret;
    bool hides = false;
    for (std::size_t at = begin; at <= end; ++at) {
        if (at == offset) caret = std::string(hex.size(), ' ') + "^ byte " + std::to_string(offset);
        if (at == end) break;
        const bool may_show = show == codec::Show::everything || may_show_byte(reading, at);
        hides = hides || !may_show;
        const char byte = static_cast<char>(reading.bytes[at]);
        hex += (may_show ? codec::hex_of({&byte, 1}) : "..") + " ";
    }
    hex += end == reading.bytes.size() ? "(end)" : "...";
    return hex + "\n" + caret + "\n" +
           (hides ? "  (bytes that may be card data are not shown without --unsafe)\n" : "");
}

} // namespace sim
