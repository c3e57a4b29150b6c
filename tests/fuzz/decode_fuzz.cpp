/// Input: a dialect, then a message. decode() never crashes; what decodes is written again from its wire
/// bytes and from its values, and both mean the same.

#include "codec/bitmap.hpp"
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/field.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <span>
#include <utility>

using codec::Dialect;
using codec::Message;
using fuzz::Bytes;
using fuzz::require;

namespace {

/// The bytes behind MTI and bitmaps.
std::string_view elements_of(const Message& message, const Bytes& wire)
{
    std::size_t size = 0;
    for (int de = message.next_after(0); de != 0; de = message.next_after(de))
        size += message.wire(de).size();
    require(size <= wire.size(), "elements lie inside the message");
    return fuzz::as_text(wire).substr(wire.size() - size);
}

/// The same as decode(), field by field: the values of a message whose MTI has been read.
codec::Result<Message> slowly_decoded(const Dialect& dialect, const Bytes& wire, codec::Mti mti)
{
    const std::span<const std::uint8_t> bytes(wire);
    std::size_t at = dialect.mti == codec::DigitsForm::bcd ? 2 : 4;
    const auto read = codec::read_bitmap(dialect.bitmap, bytes.subspan(at));
    if (!read) return codec::Error{read.error().code, 1, at + read.error().offset};
    at += read->size;
    Message message(mti);
    int last_de = 1;
    for (int de = read->bitmap.next_after(0); de != 0; de = read->bitmap.next_after(de)) {
        last_de = de;
        const codec::FieldSpec& spec = dialect.fields[static_cast<std::size_t>(de)];
        if (spec.kind == codec::FieldKind::none) return codec::Error{codec::Errc::unknown_element, de, at};
        const auto field = codec::read_field(spec, bytes.subspan(at));
        if (!field) return codec::Error{field.error().code, de, at + field.error().offset};
        message.set(de, field->value);
        at += field->extent.prefix + field->extent.size;
    }
    if (at != wire.size()) return codec::Error{codec::Errc::trailing_bytes, last_de, at};
    return message;
}

void check_against_slow_functions(const Dialect& dialect, const Bytes& wire, const Message& message,
                                  const codec::Result<void>& done)
{
    if (!done && (done.error().code == codec::Errc::bad_mti || done.error().de == 0)) return;
    const auto slow = slowly_decoded(dialect, wire, message.mti());
    require(slow.has_value() == done.has_value(), "decode() reads what the slow functions read");
    if (slow) require(*slow == message, "decode() gives the values of the slow functions");
    if (!slow) require(slow.error() == done.error(), "decode() gives the error of the slow functions");
}

Message with_values_of(const Message& message)
{
    Message values(message.mti());
    for (int de = message.next_after(0); de != 0; de = message.next_after(de))
        values.set(de, message.get(de));
    return values;
}

/// returns  what was written from the wire bytes
Bytes check_wire_copies(const Dialect& dialect, const Message& message, const Bytes& wire)
{
    Bytes sent = fuzz::encoded(dialect, message);
    // A bitmap may be written in another way: upper case, no announced one without bits.
    require(sent.size() <= wire.size(), "wire copies do not grow");
    require(elements_of(message, sent) == elements_of(message, wire), "elements are sent as they came");
    const auto again = codec::decode(dialect, sent);
    require(again.has_value() && *again == message, "what is sent means the same");
    require(fuzz::encoded(dialect, *again) == sent, "what is sent is sent in the same way");
    return sent;
}

void check_values(const Dialect& dialect, const Message& message)
{
    const Bytes made = fuzz::encoded(dialect, with_values_of(message));
    const auto again = codec::decode(dialect, made);
    require(again.has_value() && *again == message, "values written and read are the same values");
    for (int de = message.next_after(0); de != 0; de = message.next_after(de)) {
        Bytes field(made.size());
        const auto size =
            codec::write_field(dialect.fields[static_cast<std::size_t>(de)], message.get(de), field);
        require(size.has_value() && again->wire(de) == fuzz::as_text(field).substr(0, *size),
                "encode() writes what the slow function writes");
    }
}

/// Copies and moved messages own what they need.
void check_ownership(const Dialect& dialect, Message viewed, const Bytes& sent)
{
    // `viewed` is a copy: what it was decoded from may be gone.
    require(fuzz::encoded(dialect, viewed) == sent, "a copy has the wire bytes");
    const Message moved = std::move(viewed);
    require(fuzz::encoded(dialect, moved) == sent, "a moved message has the wire bytes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const Dialect& dialect = fuzz::chosen_dialect(input);
    Bytes wire = input.rest();

    Message message;
    const auto done = codec::decode(dialect, wire, message);
    check_against_slow_functions(dialect, wire, message, done);
    const Message readable = codec::decode_readable_part(dialect, wire);
    if (!done) {
        require(done.error().offset <= wire.size(), "an error is inside the message");
        require(!codec::text_of(done.error()).empty(), "an error has a text");
        return 0;
    }
    require(readable == message, "all of a good message is readable");
    const Bytes sent = check_wire_copies(dialect, message, wire);
    check_values(dialect, message);
    check_ownership(dialect, message, sent);

    Message owner = codec::decode(dialect, wire).value();
    owner.own();
    wire = Bytes();
    require(fuzz::encoded(dialect, owner) == sent, "own() keeps the wire bytes");
    return 0;
}
