#include "codec/message.hpp"

#include "codec/coding.hpp"
#include "codec/dialect.hpp"
#include "codec/digits.hpp"
#include "codec/field.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <utility>

namespace codec {

namespace {

bool is_element_number(int de)
{
    return de >= 2 && de <= de_max;
}

std::size_t index_of(int de)
{
    return static_cast<std::size_t>(de);
}

/// True when `part` lies inside the memory of `whole`.
bool lies_inside(std::string_view part, std::string_view whole)
{
    const std::less_equal<const char*> not_behind;
    return not_behind(whole.data(), part.data()) &&
           not_behind(part.data() + part.size(), whole.data() + whole.size());
}

} // namespace

Message::Message(const Message& other)
{
    copy_from(other);
}

Message& Message::operator=(const Message& other)
{
    if (&other != this) copy_from(other);
    return *this;
}

Message::Message(Message&& other) noexcept
{
    *this = std::move(other);
}

Message& Message::operator=(Message&& other) noexcept
{
    if (&other == this) return *this;
    mti_ = other.mti_;
    elements_ = other.elements_;
    input_ = other.input_;
    dialect_ = other.dialect_;
    packed_left_ = other.packed_left_;
    own_ = std::move(other.own_);
    for (int de = next_after(0); de != 0; de = next_after(de))
        places_[index_of(de)] = other.places_[index_of(de)];
    other.clear();
    return *this;
}

std::string_view Message::wire(int de) const
{
    if (!has(de)) return {};
    const Place& place = places_[index_of(de)];
    return view(place.wire_is_own, place.wire_at, place.wire_size);
}

std::vector<int> Message::elements() const
{
    std::vector<int> present;
    for (int de = next_after(0); de != 0; de = next_after(de)) present.push_back(de);
    return present;
}

/// Behind what is there; `bytes` may be a part of this message.
[[gnu::always_inline]] inline std::uint32_t Message::append(std::string_view bytes)
{
    const char* const at = own_.append(bytes.data(), bytes.size(), packed_left_);
    return static_cast<std::uint32_t>(at - own_.data());
}

void Message::set(int de, std::string_view value)
{
    assert(is_element_number(de) && value.size() <= message_bytes_limit);
    if (elements_.has(de)) [[unlikely]]
        return set_again(de, value);
    set_new(de, value);
}

[[gnu::always_inline]] inline void Message::set_new(int de, std::string_view value)
{
    const std::uint32_t at = append(value);
    elements_.set(de);
    places_[index_of(de)] = {
        .value_at = at, .value_size = static_cast<std::uint16_t>(value.size()), .value_is_own = true};
}

/// A value that is changed again and again and gets no longer takes no new memory.
void Message::set_again(int de, std::string_view value)
{
    Place& place = places_[index_of(de)];
    if (place.is_packed) forget_packed(place);
    if (!place.value_is_own || value.size() > place.value_size) return set_new(de, value);
    char* const at = own_.data() + place.value_at;
    if (!value.empty()) std::memmove(at, value.data(), value.size());
    overwrite(at + value.size(), place.value_size - value.size()); // may have been card data
    place.value_size = static_cast<std::uint16_t>(value.size());
    place.wire_size = 0;
}

void Message::set_wire(int de, std::string_view wire)
{
    assert(wire.size() <= message_bytes_limit);
    const std::uint32_t at = append(wire); // before what may be its source goes
    erase(de);
    Place& place = add(de);
    place.wire_at = at;
    place.wire_size = static_cast<std::uint16_t>(wire.size());
    place.wire_is_own = true;
}

void Message::erase(int de)
{
    if (!has(de)) return;
    Place& place = places_[index_of(de)];
    if (place.is_packed) forget_packed(place);
    if (place.value_is_own) overwrite(own_.data() + place.value_at, place.value_size);
    if (place.wire_is_own) overwrite(own_.data() + place.wire_at, place.wire_size);
    elements_.clear(de);
}

void Message::echo(int de, const Message& from)
{
    if (!from.has(de) || &from == this) return;
    const std::string_view value = from.get(de);
    const std::string_view wire = from.wire(de);
    erase(de);
    const std::uint32_t wire_at = append(wire);
    // Most values stand on the wire as they are: kept once, as a part of the wire bytes.
    const std::uint32_t value_at = lies_inside(value, wire)
                                       ? wire_at + static_cast<std::uint32_t>(value.data() - wire.data())
                                       : append(value);
    Place& place = add(de);
    place = {value_at,
             wire_at,
             static_cast<std::uint16_t>(value.size()),
             static_cast<std::uint16_t>(wire.size()),
             true,
             true,
             false};
}

void Message::own()
{
    if (input_.empty()) return;
    for (int de = next_after(0); de != 0; de = next_after(de)) (void)get(de);
    const std::uint32_t input_at = append(input_);
    for (int de = next_after(0); de != 0; de = next_after(de)) {
        Place& place = places_[index_of(de)];
        if (!place.value_is_own) place.value_at += input_at;
        if (!place.wire_is_own) place.wire_at += input_at;
        place.value_is_own = true;
        place.wire_is_own = true;
    }
    input_ = {};
    dialect_ = nullptr;
}

void Message::clear()
{
    own_.clear();
    mti_ = Mti{};
    elements_ = Bitmap{};
    input_ = {};
    dialect_ = nullptr;
    packed_left_ = 0;
}

Message::Place& Message::add(int de)
{
    assert(is_element_number(de));
    elements_.set(de);
    Place& place = places_[index_of(de)];
    place = Place{};
    return place;
}

/// Moves nothing: the room was made when the message was decoded or changed.
void Message::unpack(int de) const
{
    Place& place = places_[index_of(de)];
    const std::size_t size = place.value_size;
    assert(own_.room() >= size);
    char* const out = own_.append(nullptr, size, 0);
    const std::size_t wire_bytes = place.wire_at + place.wire_size - place.value_at;
    const auto wire = as_bytes(view(false, place.value_at, wire_bytes));
    std::string_view value(out, size);
    if (dialect_->plans[index_of(de)].check == FieldPlan::Check::packed) {
        unpack_nibbles(wire, size % 2, {out, size});
    } else {
        const FieldSpec& spec = dialect_->fields[index_of(de)];
        codec::unpack(spec, wire, {out, size});
        value = without_fill(spec, value);
    }
    packed_left_ -= place.value_size;
    place.value_at = static_cast<std::uint32_t>(value.data() - own_.data());
    place.value_size = static_cast<std::uint16_t>(value.size());
    place.value_is_own = true;
    place.is_packed = false;
}

void Message::forget_packed(Place& place)
{
    packed_left_ -= place.value_size;
    place.is_packed = false;
}

void Message::copy_from(const Message& other)
{
    clear();
    mti_ = other.mti_;
    for (int de = other.next_after(0); de != 0; de = other.next_after(de)) echo(de, other);
}

bool operator==(const Message& a, const Message& b)
{
    if (a.mti() != b.mti() || a.elements_ != b.elements_) return false;
    for (int de = a.next_after(0); de != 0; de = a.next_after(de))
        if (a.get(de) != b.get(de)) return false;
    return true;
}

} // namespace codec
