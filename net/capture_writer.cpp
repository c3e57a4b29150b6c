#include "net/capture_writer.hpp"

#include "net/capture_text.hpp"
#include "net/sha256.hpp"

#include <algorithm>
#include <ostream>

namespace net {

namespace {

constexpr std::size_t buffer_bytes = 65'536;

void append_member(std::string& out, std::string_view key, std::string_view text)
{
    out += ",\"";
    out += key;
    out += "\":\"";
    append_json_name(out, text);
    out += '"';
}

std::uint64_t us_of(WallTime at)
{
    return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

} // namespace

struct CaptureWriter::Impl {
    Impl(std::ostream& to, std::string file_name) : out(to), name(std::move(file_name))
    {
        buffer.reserve(buffer_bytes + 65'536);
    }

    void begin_record(std::string_view type, const CapturePlace& place)
    {
        ++records;
        first = records == 1 ? place.at : std::min(first, place.at);
        last = records == 1 ? place.at : std::max(last, place.at);
        buffer += R"({"type":")";
        buffer += type;
        buffer += R"(","number":)";
        append_number(buffer, records);
        buffer += R"(,"at_us":)";
        append_number(buffer, us_of(place.at));
        buffer += R"(,"connection":)";
        append_number(buffer, place.connection);
        buffer +=
            place.direction == Direction::request ? R"(,"direction":"request")" : R"(,"direction":"answer")";
    }

    void end_line()
    {
        buffer += "}\n";
        if (buffer.size() >= buffer_bytes) hand_over();
    }

    void hand_over()
    {
        digest.add(buffer);
        write();
    }

    void write()
    {
        out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        buffer.clear();
        if (!out) throw CaptureError(name + ": cannot be written");
    }

    void flush()
    {
        hand_over();
        if (!out.flush()) throw CaptureError(name + ": cannot be written");
    }

    std::ostream& out;
    std::string name;
    std::string buffer;
    Sha256 digest;
    std::uint64_t records = 0;
    WallTime first; ///< the earliest: a clock can be set back, and packets can be written in another order
    WallTime last;
};

CaptureWriter::CaptureWriter(std::ostream& out, std::string name, const CaptureHeader& header)
    : impl_(std::make_unique<Impl>(out, std::move(name)))
{
    std::string& line = impl_->buffer;
    line += R"({"type":"header")";
    append_member(line, "schema", capture_schema);
    append_member(line, "dialect", header.dialect);
    append_member(line, "framing", header.framing);
    append_member(line, "header", header.header);
    append_member(line, "network", header.network);
    append_member(line, "pseudonym_key", header.pseudonym_key);
    append_member(line, "source", header.source);
    line += R"(,"started_at_us":)";
    append_number(line, us_of(header.started_at));
    impl_->end_line();
}

CaptureWriter::~CaptureWriter() = default;

void CaptureWriter::add(const CapturePlace& place, std::string_view message, std::string_view dropped)
{
    impl_->begin_record("message", place);
    std::string& line = impl_->buffer;
    line += R"(,"message":)";
    line += message;
    if (!dropped.empty()) {
        line += R"(,"dropped":)";
        line += dropped;
    }
    impl_->end_line();
}

void CaptureWriter::add(const CapturePlace& place, const Unread& unread)
{
    impl_->begin_record("unread", place);
    std::string& line = impl_->buffer;
    line += R"(,"bytes":)";
    append_number(line, unread.bytes);
    append_member(line, "reason", unread.reason);
    impl_->end_line();
}

void CaptureWriter::flush()
{
    impl_->flush();
}

void CaptureWriter::finish(std::uint64_t dropped_records)
{
    impl_->hand_over();
    std::string& line = impl_->buffer;
    line += R"({"type":"trailer","records":)";
    append_number(line, impl_->records);
    line += R"(,"duration_us":)";
    append_number(line, us_of(impl_->last) - us_of(impl_->first));
    if (dropped_records > 0) {
        line += R"(,"dropped_records":)";
        append_number(line, dropped_records);
    }
    append_member(line, "sha256", impl_->digest.hex());
    line += "}\n";
    impl_->write();
    impl_->flush();
}

std::uint64_t CaptureWriter::records() const
{
    return impl_->records;
}

} // namespace net
