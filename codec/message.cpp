#include "codec/message.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>

namespace codec {

namespace {

bool is_element_number(int de)
{
    return de >= 2 && de <= de_max;
}

/// True when `part` lies inside the memory of `whole`.
bool lies_inside(std::string_view part, std::string_view whole)
{
    const std::less_equal<const char*> not_behind;
    return not_behind(whole.data(), part.data()) &&
           not_behind(part.data() + part.size(), whole.data() + whole.size());
}

} // namespace

bool Message::has(int de) const
{
    return is_element_number(de) && elements_[static_cast<std::size_t>(de)].present;
}

std::string_view Message::get(int de) const
{
    if (!has(de)) return {};
    const Element& element = elements_[static_cast<std::size_t>(de)];
    return view(element.value_offset, element.value_size);
}

std::string_view Message::wire(int de) const
{
    if (!has(de)) return {};
    const Element& element = elements_[static_cast<std::size_t>(de)];
    return view(element.wire_offset, element.wire_size);
}

void Message::set(int de, std::string_view value)
{
    Element& element = element_at(de);
    if (!element.present || element.value_size < value.size()) {
        set_decoded(de, value, {});
        return;
    }
    // A message that is changed again and again must not grow. What is left of the former value may be card
    // data.
    char* const place = bytes_.data() + element.value_offset;
    if (!value.empty()) std::memmove(place, value.data(), value.size());
    overwrite(place + value.size(), element.value_size - value.size());
    element.value_size = static_cast<std::uint32_t>(value.size());
    element.wire_size = 0;
}

void Message::set_decoded(int de, std::string_view value, std::string_view wire)
{
    Element& element = element_at(de);
    const Memory former = make_room(value.size() + wire.size()); // both may point into our own memory
    element.present = true;
    element.wire_offset = append(wire);
    element.wire_size = static_cast<std::uint32_t>(wire.size());
    // Most values stand on the wire as they are: kept once, as a part of the wire bytes.
    element.value_offset = !wire.empty() && lies_inside(value, wire)
                               ? element.wire_offset + static_cast<std::uint32_t>(value.data() - wire.data())
                               : append(value);
    element.value_size = static_cast<std::uint32_t>(value.size());
}

std::span<char> Message::add_decoded(int de, std::string_view wire, std::size_t value_size)
{
    reserve(wire.size() + value_size);
    set_decoded(de, {}, wire);
    Element& element = element_at(de);
    element.value_offset = static_cast<std::uint32_t>(bytes_.size());
    element.value_size = static_cast<std::uint32_t>(value_size);
    bytes_.resize(bytes_.size() + value_size);
    return {bytes_.data() + element.value_offset, value_size};
}

void Message::erase(int de)
{
    if (has(de)) element_at(de) = Element{};
}

void Message::echo(int de, const Message& from)
{
    if (from.has(de) && &from != this) set_decoded(de, from.get(de), from.wire(de));
}

std::vector<int> Message::elements() const
{
    std::vector<int> present;
    for (int de = 2; de <= de_max; ++de)
        if (has(de)) present.push_back(de);
    return present;
}

void Message::wipe(int de)
{
    if (!has(de)) return;
    Element& element = element_at(de);
    overwrite(bytes_.data() + element.value_offset, element.value_size);
    overwrite(bytes_.data() + element.wire_offset, element.wire_size);
    element = Element{};
}

void Message::reserve(std::size_t bytes)
{
    (void)make_room(bytes);
}

/// Gives the former memory back to the caller, who may still read from it.
Message::Memory Message::make_room(std::size_t bytes)
{
    const std::size_t needed = bytes_.size() + bytes;
    if (needed <= bytes_.capacity()) return {};
    Memory larger;
    larger.reserve(std::max({needed, 2 * bytes_.capacity(), std::size_t{256}}));
    larger.assign(bytes_.begin(), bytes_.end());
    bytes_.swap(larger);
    return larger;
}

std::uint32_t Message::append(std::string_view bytes)
{
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    // Room was made: resizing moves nothing, and the source lies before the new bytes or elsewhere.
    bytes_.resize(bytes_.size() + bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
    return offset;
}

Message::Element& Message::element_at(int de)
{
    assert(is_element_number(de));
    return elements_[static_cast<std::size_t>(de)];
}

std::string_view Message::view(std::uint32_t offset, std::uint32_t size) const
{
    return {bytes_.data() + offset, size};
}

bool operator==(const Message& a, const Message& b)
{
    if (a.mti() != b.mti()) return false;
    for (int de = 2; de <= de_max; ++de)
        if (a.has(de) != b.has(de) || a.get(de) != b.get(de)) return false;
    return true;
}

} // namespace codec
