#include "sim/recorder.hpp"

#include "codec/decode.hpp"
#include "codec/describe.hpp"

#include <ostream>

namespace sim {

namespace {

const char* name_of(RecordedFrame::Fate fate)
{
    switch (fate) {
    case RecordedFrame::Fate::whole:
        return "whole";
    case RecordedFrame::Fate::lost:
        return "lost";
    case RecordedFrame::Fate::torn:
        return "torn";
    case RecordedFrame::Fate::damaged:
        return "damaged";
    }
    return "";
}

} // namespace

void Recording::add(RecordedFrame frame, std::span<const std::uint8_t> message)
{
    frame.begin = bytes_.size();
    frame.size = static_cast<std::uint32_t>(message.size());
    bytes_.insert(bytes_.end(), message.begin(), message.end());
    frames_.push_back(frame);
}

void Recording::write(std::ostream& out, const codec::Dialect& dialect) const
{
    for (const RecordedFrame& frame : frames_) {
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(frame.at - frames_.front().at);
        const auto decoded = codec::decode(dialect, message(frame));
        out << us.count() << " " << frame.connection
            << (frame.direction == Direction::request ? " > " : " < ") << name_of(frame.fate) << " "
            << (decoded ? codec::describe_line(dialect, *decoded) : std::string("no message")) << "\n";
    }
}

} // namespace sim
