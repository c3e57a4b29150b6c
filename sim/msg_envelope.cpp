#include "sim/msg_envelope.hpp"

#include "codec/frame_header.hpp"
#include "codec/framing.hpp"
#include "sim/msg_input.hpp"
#include "sim/request_header.hpp"
#include "sim/toml_reader.hpp"

#include <algorithm>

namespace sim {

namespace {

constexpr std::size_t message_bytes_max = 65'535;

using Bytes = std::span<const std::uint8_t>;

/// What is in the first frame, header and message.
Opened open_frame(const std::string& name, Bytes bytes)
{
    Opened opened;
    if (name == "none") {
        opened.message.assign(bytes.begin(), bytes.end());
        return opened;
    }
    codec::FrameReader reader({message_bytes_max, codec::find_frame_rule(name)});
    std::size_t fed = 0;
    for (bool has_first = false;;) {
        const auto next = reader.next();
        switch (next.status) {
        case codec::FrameReader::Status::message:
            if (!has_first)
                opened.message.assign(next.message.begin(), next.message.end());
            else
                ++opened.messages_behind;
            has_first = true;
            continue;
        case codec::FrameReader::Status::empty:
        case codec::FrameReader::Status::control:
            continue;
        case codec::FrameReader::Status::bad_length:
        case codec::FrameReader::Status::bad_frame:
            opened.problem = "no frame of " + name + ": " + std::string(next.why);
            return opened;
        case codec::FrameReader::Status::need_more:
            break;
        }
        if (fed == bytes.size()) {
            if (reader.is_mid_frame())
                opened.problem = "no whole frame of " + name + ": the bytes end inside it";
            else if (!has_first)
                opened.problem = "no frame of " + name + " with a message";
            return opened;
        }
        const auto space = reader.space();
        const std::size_t size = std::min(space.size(), bytes.size() - fed);
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(fed), size, space.begin());
        reader.received(size);
        fed += size;
    }
}

void check_name(const std::string& what, const std::string& name, const std::vector<std::string>& known)
{
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    std::string names;
    for (const std::string& other : known) names += (names.empty() ? "" : ", ") + other;
    throw InputError("no " + what + " \"" + name + "\"" + hint(name, known) + "; expected one of " + names);
}

} // namespace

std::vector<std::string> framing_names()
{
    std::vector<std::string> names = {"none"};
    for (const codec::FrameRule& rule : codec::frame_rules()) names.emplace_back(rule.name);
    return names;
}

std::vector<std::string> header_names()
{
    const auto names = codec::header_names();
    return {names.begin(), names.end()};
}

void check_names(const EnvelopeNames& envelope)
{
    check_name("framing", envelope.framing, framing_names());
    check_name("header", envelope.header, header_names());
}

Opened open_envelope(const EnvelopeNames& envelope, Bytes bytes)
{
    Opened opened = open_frame(envelope.framing, bytes);
    if (!opened.problem.empty()) return opened;
    const auto header = codec::read_header(*codec::find_header(envelope.header), opened.message);
    if (!header) {
        opened.problem = "no header " + envelope.header + " at byte " +
                         std::to_string(header.error().offset) + ": " + std::string(header.error().why);
        return opened;
    }
    const auto end = opened.message.begin() + static_cast<std::ptrdiff_t>(header->size);
    opened.header.assign(opened.message.begin(), end);
    opened.message.erase(opened.message.begin(), end);
    return opened;
}

std::vector<std::uint8_t> close_envelope(const EnvelopeNames& envelope, Bytes header, Bytes message)
{
    const codec::HeaderKind kind = *codec::find_header(envelope.header);
    std::vector<std::uint8_t> bytes(header.begin(), header.end());
    if (header.empty() && kind != codec::HeaderKind::none) {
        const auto made = request_header(kind, message.size());
        if (!made)
            throw InputError("header: " + envelope.header + " cannot carry a message of " +
                             std::to_string(message.size()) + " bytes; expected at most " +
                             std::to_string(codec::headed_bytes_max(kind)) + " with the header");
        bytes.assign(made->view().begin(), made->view().end());
    }
    bytes.insert(bytes.end(), message.begin(), message.end());
    if (kind != codec::HeaderKind::none && !codec::read_header(kind, bytes))
        throw InputError("header: its bytes are not those of " + envelope.header +
                         " in front of this message");
    if (envelope.framing == "none") return bytes;

    const codec::Framing framing{message_bytes_max, codec::find_frame_rule(envelope.framing)};
    if (!codec::can_carry(framing, bytes))
        throw InputError("framing: " + envelope.framing + " cannot carry this message");
    std::vector<std::uint8_t> frame;
    codec::append_frame(framing, bytes, frame);
    return frame;
}

} // namespace sim
