/// Input: an element with a structure, then its value. What can be cut into parts is put together to the same
/// bytes; every part lies where it says.

#include "codec/structure.hpp"
#include "codec/tlv.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

using codec::Part;
using codec::Structure;
using fuzz::require;

namespace {

std::vector<const Structure*> all_structures()
{
    std::vector<const Structure*> all;
    for (const auto& dialect : fuzz::dialects())
        for (const codec::FieldSpec& spec : dialect->fields)
            if (spec.structure) all.push_back(spec.structure.get());
    return all;
}

/// Parts stand one behind the other, or apart only by a bitmap in front.
void check_places(const std::vector<Part>& parts, std::size_t size)
{
    std::size_t at = 0;
    for (const Part& part : parts) {
        require(part.offset >= at && part.size <= size && part.offset <= size - part.size,
                "a part has a place of its own");
        require(&part == &parts.front() || part.offset == at, "no byte stands between parts");
        at = part.offset + part.size;
        check_places(part.parts, part.value.size());
    }
    require(parts.empty() || at == size, "the last part ends where the value ends");
}

bool is_equal_but_for_case(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 0x20) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

/// Bitmaps in hex are written in upper case; everything else as it came.
void check_written(const Structure& structure, const std::vector<Part>& parts, std::string_view value)
{
    const auto written = codec::write_parts(structure, parts);
    require(written.has_value(), "what was read can be written");
    require(*written == value || is_equal_but_for_case(*written, value), "and is the same");
    const auto again = codec::read_parts(structure, *written);
    require(again.has_value() && *again == parts, "and means the same");
}

void check_tlv(std::string_view value)
{
    codec::TlvReader reader(value);
    std::size_t at = 0;
    while (const auto tlv = reader.next()) {
        require(tlv->offset == at && tlv->size > 0 && tlv->size <= value.size() - at,
                "objects follow each other");
        require(tlv->tag.size() >= 1 && tlv->tag.size() <= 4, "a tag has one to four bytes");
        at += tlv->size;
    }
    if (!reader.error()) require(at == value.size(), "no byte is left over");
    if (reader.error()) require(reader.error()->offset <= value.size(), "an error is inside the value");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::vector<const Structure*> structures = all_structures();
    fuzz::Input input(data, size);
    const Structure& structure = *structures[input.choice(structures.size())];
    const std::string value = input.rest_text();

    check_tlv(value);
    const auto parts = codec::read_parts(structure, value);
    if (!parts) {
        require(parts.error().offset <= value.size(), "an error is inside the value");
        require(!codec::text_of(parts.error()).empty(), "an error has a text");
        return 0;
    }
    check_places(*parts, value.size());
    check_written(structure, *parts, value);
    return 0;
}
