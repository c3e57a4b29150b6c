#include "net/config_secrets.hpp"
#include "net/config_sources.hpp"

#include <algorithm>
#include <iterator>

namespace net {

namespace {

std::string_view line_of(std::string_view text, std::uint32_t number)
{
    std::size_t begin = 0;
    for (std::uint32_t line = 1; line < number && begin != std::string_view::npos; ++line) {
        const auto end = text.find('\n', begin);
        begin = end == std::string_view::npos ? end : end + 1;
    }
    if (begin >= text.size()) return {};
    std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// The characters before a column, as white space of the same width. Columns count characters, not bytes.
std::string indent_to(std::string_view line, std::uint32_t column)
{
    std::string indent;
    std::uint32_t at = 1;
    for (const char c : line) {
        if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;
        if (at++ >= column) break;
        indent += c == '\t' ? '\t' : ' ';
    }
    indent.append(column > at ? column - at : 0, ' '); // the place may be behind the end
    return indent;
}

bool is_secret(std::string_view line)
{
    const auto quote = line.find('"');
    const auto inner =
        quote == std::string_view::npos ? line : line.substr(quote + 1, line.rfind('"') - quote - 1);
    return looks_like_key(inner) || looks_like_key(line);
}

} // namespace

const std::string* text_of(const ConfigSources& sources, std::string_view place)
{
    for (const ConfigFile& file : sources.files)
        if (file.name == place) return &file.text;
    return nullptr;
}

std::string origin_of(const ConfigSources& sources, const toml::source_region& where)
{
    const std::string place = where.path ? *where.path : std::string("the configuration");
    if (!text_of(sources, place)) return place;
    return place + ":" + std::to_string(where.begin.line) + ":" + std::to_string(where.begin.column);
}

std::string excerpt(const ConfigSources& sources, const Complaint& complaint)
{
    const std::string* text = text_of(sources, complaint.file);
    const std::string hint = complaint.hint.empty() ? "" : "; " + complaint.hint;
    if (!text) {
        const bool has_place = complaint.file != "?";
        return (has_place ? complaint.file : std::string("the configuration")) + ": " + complaint.what + hint;
    }
    const auto line = line_of(*text, complaint.line);
    const bool has_key = text->find("PRIVATE KEY") != std::string::npos;
    if (line.empty() || has_key || is_secret(line)) return complaint.text();
    const std::string shown = without_passwords(line);
    const auto width = shown == line ? std::max(complaint.width, 1U) : 1U;
    std::string number = std::to_string(complaint.line);
    number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
    const std::string what = complaint.file + ":" + std::to_string(complaint.line) + ":" +
                             std::to_string(complaint.column) + ": " + complaint.what;
    return what + "\n" + number + " | " + shown + "\n" + std::string(number.size(), ' ') + " | " +
           indent_to(line, complaint.column) + "^" + std::string(width - 1, '~') +
           (complaint.hint.empty() ? "" : " " + complaint.hint);
}

} // namespace net
