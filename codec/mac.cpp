#include "codec/mac.hpp"

#include "codec/digits.hpp"
#include "codec/encode.hpp"
#include "codec/field.hpp"
#include "codec/wiped_bytes.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace codec {

namespace {

constexpr std::size_t mac_size_min = 4;
constexpr std::array mac_elements = {64, 128, 192};
/// What most messages fit into.
constexpr std::size_t usual_message_bytes = 4096;

const FieldSpec& row_of(const Dialect& dialect, int de)
{
    return dialect.fields[static_cast<std::size_t>(de)];
}

/// Calls `write` with a longer buffer while it says that the buffer ends too early.
/// returns  the buffer, cut to what was written
template <class Write> Result<WipedBytes> written(const Write& write)
{
    WipedBytes buffer(usual_message_bytes);
    Result<std::size_t> size = write(std::span(buffer));
    if (!size && size.error().code == Errc::too_large) {
        buffer.resize(message_bytes_limit);
        size = write(std::span(buffer));
    }
    if (!size) return size.error();
    buffer.resize(*size);
    return buffer;
}

/// Every byte from the MTI to the element before the MAC, whose bit is set.
Result<WipedBytes> bytes_before_mac(const Dialect& dialect, Message& message, int mac_de)
{
    // One byte stands for the MAC: it is the last of the message, and taken away again.
    message.set_wire(mac_de, "?");
    auto bytes = written([&](std::span<std::uint8_t> out) { return encode(dialect, message, out); });
    if (bytes) bytes->pop_back();
    return bytes;
}

std::string wrong_list(const MacRule& rule)
{
    const bool has_list = rule.covers != MacCovers::message;
    if (has_list == rule.elements.empty())
        return has_list ? "the list of elements is empty"
                        : "a MAC over the whole message has no list of elements";
    for (const int de : rule.elements) {
        const std::string name = "element " + std::to_string(de);
        if (std::find(mac_elements.begin(), mac_elements.end(), de) != mac_elements.end())
            return name + " holds the MAC and cannot be covered by it";
        if (de == 0 && rule.covers == MacCovers::wire) return "the MTI can be covered by value only";
        if (de < 0 || de == 1 || de > de_max)
            return name + " does not exist: 0 (the MTI) or 2 to 192 is expected";
    }
    return "";
}

std::string wrong_row(const MacRule& rule, const FieldSpec& row, int de)
{
    const std::string name = "element " + std::to_string(de) + ", which holds the MAC, ";
    if (row.kind != FieldKind::binary || row.fill != Fill::none)
        return name + "must be of kind binary, without fill (text dialects write it with coding = \"hex\")";
    if (row.max < rule.size) return name + "has less than " + std::to_string(rule.size) + " bytes";
    return "";
}

} // namespace

std::string what_is_wrong(const MacRule& rule, const Dialect& dialect)
{
    const std::size_t size_max = mac_bytes_of(rule.algorithm);
    if (rule.size < mac_size_min || rule.size > size_max)
        return "the size of a MAC of this algorithm is " + std::to_string(mac_size_min) + " to " +
               std::to_string(size_max) + " bytes, not " + std::to_string(rule.size);
    if (auto wrong = wrong_list(rule); !wrong.empty()) return wrong;
    bool has_row = false;
    for (const int de : mac_elements) {
        const FieldSpec& row = row_of(dialect, de);
        if (row.kind == FieldKind::none) continue;
        has_row = true;
        if (auto wrong = wrong_row(rule, row, de); !wrong.empty()) return wrong;
    }
    return has_row ? "" : "the dialect has none of the elements 64, 128 and 192, one of which holds the MAC";
}

int mac_element_of(const Dialect& dialect, const Message& message)
{
    if (message.next_after(128) != 0) return 192;
    return message.next_after(64) != 0 || dialect.bitmap.always_two ? 128 : 64;
}

MessageMac::MessageMac(std::shared_ptr<const Dialect> dialect, MacRule rule,
                       std::span<const std::uint8_t> key)
    : dialect_(std::move(dialect)), rule_(std::move(rule)), key_(rule_.algorithm, key)
{
    if (const auto wrong = what_is_wrong(rule_, *dialect_); !wrong.empty())
        throw std::invalid_argument(wrong);
}

Result<void> MessageMac::seal(Message& message) const
{
    const int de = mac_element_of(*dialect_, message);
    const auto covered =
        rule_.covers == MacCovers::message ? bytes_before_mac(*dialect_, message, de) : listed_bytes(message);
    message.erase(de);
    if (!covered) return covered.error();
    if (row_of(*dialect_, de).kind == FieldKind::none) return Error{Errc::unknown_element, de, 0};
    message.set(de, element_value(de, *covered));
    return {};
}

MacCheck MessageMac::verify(std::span<const std::uint8_t> wire, const Message& message) const
{
    const int de = mac_element_of(*dialect_, message);
    if (!message.has(de)) return MacCheck::missing;
    std::string expected;
    if (rule_.covers == MacCovers::message) {
        const std::size_t mac_size = message.wire(de).size();
        if (mac_size > wire.size()) return MacCheck::wrong;
        expected = element_value(de, wire.first(wire.size() - mac_size));
    } else {
        const auto covered = listed_bytes(message);
        if (!covered) return MacCheck::wrong;
        expected = element_value(de, *covered);
    }
    return macs_are_equal(message.get(de), expected) ? MacCheck::ok : MacCheck::wrong;
}

/// What the element that holds the MAC of these bytes has as its value.
std::string MessageMac::element_value(int de, std::span<const std::uint8_t> covered) const
{
    std::string value = key_.mac_of(covered, rule_.padding).substr(0, rule_.size);
    const FieldSpec& row = row_of(*dialect_, de);
    if (row.length == LengthForm::fixed) value.resize(row.max);
    return value;
}

Result<WipedBytes> MessageMac::listed_bytes(const Message& message) const
{
    WipedBytes bytes;
    const auto append = [&](std::span<const std::uint8_t> more) {
        bytes.insert(bytes.end(), more.begin(), more.end());
    };
    for (const int de : rule_.elements) {
        if (de == 0) {
            append(as_bytes(message.mti().text()));
        } else if (!message.has(de)) {
            continue;
        } else if (rule_.covers == MacCovers::values) {
            append(as_bytes(message.get(de)));
        } else if (const auto wire = message.wire(de); !wire.empty()) {
            append(as_bytes(wire));
        } else { // set by hand
            const auto field = written([&](std::span<std::uint8_t> out) -> Result<std::size_t> {
                const auto size = write_field(row_of(*dialect_, de), message.get(de), out);
                if (!size) return Error{size.error().code, de, size.error().offset};
                return *size;
            });
            if (!field) return field.error();
            append(*field);
        }
    }
    return bytes;
}

} // namespace codec
