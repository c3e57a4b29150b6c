/// Input: framing, header, limit, a way to split, then a stream. However it is split, the same messages come
/// out; what comes out can be framed and comes back.

#include "codec/frame_header.hpp"
#include "codec/framing.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <span>

using codec::FrameReader;
using codec::Framing;
using codec::HeaderKind;
using fuzz::Bytes;
using fuzz::require;
using Status = FrameReader::Status;

namespace {

/// What a reader gives. How a stream is broken may be told earlier or later, so that the reason may differ.
struct Event {
    Status status = Status::need_more;
    Bytes message{};
    Bytes frame{};

    friend bool operator==(const Event&, const Event&) = default;
};

bool is_broken(Status status)
{
    return status == Status::bad_length || status == Status::bad_frame;
}

/// Takes what there is. returns false when the stream cannot be read on
bool drain(FrameReader& reader, std::size_t limit, std::vector<Event>& events)
{
    for (;;) {
        const FrameReader::Next next = reader.next();
        if (next.status == Status::need_more) return true;
        require(next.message.size() <= limit, "no message is above the limit");
        require(is_broken(next.status) == !next.why.empty(), "only a broken stream has a reason");
        if (is_broken(next.status)) {
            events.push_back({Status::bad_frame});
            require(is_broken(reader.next().status) && !reader.is_mid_frame(),
                    "a broken stream stays broken");
            return false;
        }
        events.push_back({next.status,
                          {next.message.begin(), next.message.end()},
                          {next.frame.begin(), next.frame.end()}});
    }
}

/// step   bytes at a time, and then one more each time, up to 16 more: 1, 2, 3, ... for 1
std::vector<Event> read_all(const Framing& framing, std::span<const std::uint8_t> stream, std::size_t step)
{
    FrameReader reader(framing);
    std::vector<Event> events;
    for (std::size_t count = 0; !stream.empty(); ++count) {
        const auto space = reader.space();
        require(!space.empty(), "there is room for more");
        require(space.size() <= 2 * framing.limit() + 16'384,
                "memory is bounded by the limit, not by a claim");
        const std::size_t size = std::min({step + count % 16, space.size(), stream.size()});
        std::copy_n(stream.begin(), size, space.begin());
        reader.received(size);
        stream = stream.subspan(size);
        if (!drain(reader, framing.limit(), events)) break;
    }
    return events;
}

void check_way_back(const Framing& framing, const Bytes& message)
{
    if (!codec::can_carry(framing, message)) return;
    Bytes stream;
    codec::append_frame(framing, message, stream);
    codec::append_frame(framing, message, stream);
    const auto events = read_all(framing, stream, stream.size());
    require(events.size() == 2 && events[0].message == message && events[1].message == message,
            "what was framed comes back");
}

void check_header(HeaderKind kind, const Bytes& frame)
{
    const auto header = codec::read_header(kind, frame);
    if (!header) {
        require(header.error().offset <= frame.size() && !header.error().why.empty(),
                "an error has place and reason");
        return;
    }
    require(header->size <= frame.size(), "a header is inside the frame");
    if (header->is_returned_message) return;
    const Bytes answer(40, '0');
    const auto made = codec::make_answer_header(kind, std::span(frame).first(header->size),
                                                {.message_bytes = answer.size(), .wrong_element = 0});
    Bytes sent(made.view().begin(), made.view().end());
    sent.insert(sent.end(), answer.begin(), answer.end());
    const auto again = codec::read_header(kind, sent);
    require(again.has_value() && again->size == made.size(), "an answer's header is one");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    const auto rules = codec::frame_rules();
    const Framing framing{.message_bytes_max =
                              std::array<std::size_t, 4>{8192, 65'535, 32, 1}.at(input.choice(4)),
                          .rule = &rules[input.choice(rules.size())]};
    const auto kind = static_cast<HeaderKind>(input.choice(codec::header_names().size()));
    const std::size_t step = 1 + input.byte();
    const Bytes stream = input.rest();

    const auto events = read_all(framing, stream, std::max<std::size_t>(stream.size(), 1));
    require(read_all(framing, stream, step) == events, "a split changes nothing");
    for (const Event& event : events) {
        if (event.status != Status::message) continue;
        check_way_back(framing, event.message);
        check_header(kind, event.message);
    }
    check_header(kind, stream);
    return 0;
}
