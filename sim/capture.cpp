#include "sim/capture.hpp"

#include "net/sha256.hpp"
#include "sim/msg_build.hpp"
#include "sim/msg_input.hpp"
#include "sim/rate_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <istream>
#include <iterator>

namespace sim {

namespace json = boost::json;

namespace {

/// A record is about three times as long as its message.
constexpr std::size_t line_bytes_max = 1U << 20U;
/// A purchase takes about 600 bytes, with chip data 1,200.
constexpr std::uint64_t long_record_bytes = 2'048;
constexpr std::string_view schema_name = "tollgate/capture/";

/// What is wrong with a line; its place comes later.
struct LineError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string text_in(const json::object& line, std::string_view key)
{
    const json::value* const value = line.if_contains(key);
    if (value == nullptr || !value->is_string()) throw LineError(std::string(key) + ": expected a text");
    return std::string(value->get_string());
}

std::uint64_t number_in(const json::object& line, std::string_view key)
{
    const json::value* const value = line.if_contains(key);
    if (value == nullptr || !value->is_int64() || value->get_int64() < 0)
        throw LineError(std::string(key) + ": expected a number, 0 or above");
    return static_cast<std::uint64_t>(value->get_int64());
}

WallTime time_in(const json::object& line, std::string_view key)
{
    return WallTime(std::chrono::microseconds(static_cast<std::int64_t>(number_in(line, key))));
}

/// The number behind "tollgate/capture/"; nothing when it is another schema.
std::optional<std::string> version_in(std::string_view schema)
{
    if (!schema.starts_with(schema_name)) return std::nullopt;
    return std::string(schema.substr(schema_name.size()));
}

void check_schema(const json::object& line)
{
    const json::value* const schema = line.if_contains("schema");
    const auto version = schema != nullptr && schema->is_string()
                             ? version_in(std::string_view(schema->get_string()))
                             : std::nullopt;
    if (!version)
        throw LineError("no capture; expected a first line with \"schema\":\"" + std::string(capture_schema) +
                        "\"");
    if (capture_schema != std::string(schema_name) + *version)
        throw LineError("a capture of another version; this program reads " + std::string(capture_schema) +
                        ", import or record it again or use a newer program");
}

CaptureHeader header_in(const json::object& line)
{
    check_schema(line);
    if (text_in(line, "type") != "header") throw LineError("expected the header of a capture");
    CaptureHeader header;
    header.dialect = text_in(line, "dialect");
    header.framing = text_in(line, "framing");
    header.header = text_in(line, "header");
    header.network = text_in(line, "network");
    header.pseudonym_key = text_in(line, "pseudonym_key");
    header.source = text_in(line, "source");
    header.started_at = time_in(line, "started_at_us");
    return header;
}

Direction direction_in(const json::object& line)
{
    const std::string direction = text_in(line, "direction");
    if (direction == "request") return Direction::request;
    if (direction == "answer") return Direction::answer;
    throw LineError("direction: expected request or answer");
}

CapturePlace place_in(const json::object& line)
{
    CapturePlace place;
    place.at = time_in(line, "at_us");
    const std::uint64_t connection = number_in(line, "connection");
    if (connection > UINT32_MAX) throw LineError("connection: expected a number below 2^32");
    place.connection = static_cast<std::uint32_t>(connection);
    place.direction = direction_in(line);
    return place;
}

std::vector<std::string> dropped_in(const json::object& line)
{
    std::vector<std::string> dropped;
    const json::value* const value = line.if_contains("dropped");
    if (value == nullptr) return dropped;
    if (!value->is_array()) throw LineError("dropped: expected an array");
    for (const json::value& path : value->get_array()) {
        if (!path.is_string()) throw LineError("dropped: expected texts");
        dropped.emplace_back(path.get_string());
    }
    return dropped;
}

CaptureRecord record_in(json::object& line, const std::string& type)
{
    CaptureRecord record;
    record.number = number_in(line, "number");
    record.place = place_in(line);
    if (type == "unread") {
        record.unread = Unread{number_in(line, "bytes"), text_in(line, "reason")};
        return record;
    }
    if (type != "message") throw LineError("type: expected message, unread or trailer");
    json::value* const message = line.if_contains("message");
    if (message == nullptr || !message->is_object()) throw LineError("message: expected an object");
    record.message = std::move(message->get_object());
    record.dropped = dropped_in(line);
    return record;
}

} // namespace

struct CaptureReader::Impl {
    Impl(std::istream& from, std::string file_name, Trailer how)
        : in(from), name(std::move(file_name)), trailer_rule(how)
    {
    }

    /// The next line, its end included; nothing at the end of the file.
    [[nodiscard]] std::optional<std::string> read_line()
    {
        std::string line;
        ++line_number;
        for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
            line += static_cast<char>(c);
            if (c == '\n') return line;
            if (line.size() > line_bytes_max) fail("the line is too long; no capture has such");
        }
        if (in.bad()) fail("cannot be read");
        if (line.empty()) return std::nullopt;
        return line;
    }

    /// line     its end is cut off
    [[nodiscard]] json::object parse(std::string& line)
    {
        if (line.back() != '\n') throw LineError("the line is cut");
        line.pop_back();
        json::error_code error;
        json::value value = json::parse(line, error);
        if (error || !value.is_object()) throw LineError("expected a JSON object");
        return std::move(value.get_object());
    }

    void read_header()
    {
        auto line = read_line();
        if (!line) fail("empty; expected a capture");
        try {
            const std::string whole = *line;
            json::object object = parse(*line);
            header = header_in(object);
            digest.add(whole);
        } catch (const LineError& error) {
            fail(line->starts_with('{')
                     ? error.what()
                     : "no capture; expected JSON lines with the schema " + std::string(capture_schema));
        }
    }

    [[nodiscard]] std::optional<CaptureRecord> next()
    {
        if (is_done) return std::nullopt;
        auto line = read_line();
        if (!line || line->back() != '\n') return end_without_trailer();
        try {
            const std::string whole = *line;
            json::object object = parse(*line);
            const std::string type = text_in(object, "type");
            if (type == "trailer") return read_trailer(object);
            CaptureRecord record = record_in(object, type);
            if (record.number != records + 1)
                throw LineError("record " + std::to_string(record.number) + " behind record " +
                                std::to_string(records) + "; lines are missing");
            const WallTime at = record.place.at;
            first = ++records == 1 ? at : std::min(first, at);
            last = records == 1 ? at : std::max(last, at);
            digest.add(whole);
            return record;
        } catch (const LineError& error) {
            fail(error.what());
        }
    }

    std::nullopt_t end_without_trailer()
    {
        if (trailer_rule == Trailer::required)
            fail("truncated: the trailer is missing behind " + std::to_string(records) + " records");
        is_done = true;
        return std::nullopt;
    }

    std::nullopt_t read_trailer(const json::object& line)
    {
        CaptureTrailer read{number_in(line, "records"), {}, text_in(line, "sha256")};
        if (line.contains("dropped_records")) read.dropped_records = number_in(line, "dropped_records");
        read.duration = std::chrono::microseconds(static_cast<std::int64_t>(number_in(line, "duration_us")));
        if (read.records != records)
            throw LineError("the trailer counts " + std::to_string(read.records) + " records, there are " +
                            std::to_string(records));
        if (read.sha256 != digest.hex()) throw LineError("changed: the checksum of the trailer is another");
        if (read.duration != last - first)
            throw LineError("duration_us: not the time from the earliest to the latest record");
        if (in.peek() != std::istream::traits_type::eof()) throw LineError("lines behind the trailer");
        trailer = std::move(read);
        is_done = true;
        return std::nullopt;
    }

    [[noreturn]] void fail(const std::string& why) const
    {
        throw CaptureError(name + ":" + std::to_string(line_number) + ": " + why);
    }

    std::istream& in;
    std::string name;
    Trailer trailer_rule;
    std::size_t line_number = 0;
    std::uint64_t records = 0;
    WallTime first;
    WallTime last;
    bool is_done = false;
    net::Sha256 digest;
    CaptureHeader header;
    std::optional<CaptureTrailer> trailer;
};

CaptureReader::CaptureReader(std::istream& in, std::string name, Trailer trailer)
    : impl_(std::make_unique<Impl>(in, std::move(name), trailer))
{
    impl_->read_header();
}

CaptureReader::~CaptureReader() = default;

const CaptureHeader& CaptureReader::header() const
{
    return impl_->header;
}

std::optional<CaptureRecord> CaptureReader::next()
{
    return impl_->next();
}

const std::optional<CaptureTrailer>& CaptureReader::trailer() const
{
    return impl_->trailer;
}

namespace {

/// The rest of a file that is not held in memory.
std::uint64_t lines_left(std::istream& in)
{
    return static_cast<std::uint64_t>(
        std::count(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>(), '\n'));
}

[[noreturn]] void refuse_size(const std::filesystem::path& file, const std::string& size,
                              std::uint64_t records_max)
{
    throw CaptureError(file.string() + ": " + size + "; all of it is held in memory, at most " +
                       grouped(records_max) +
                       " records (--max-messages): take a part of the capture, or raise that");
}

/// A message may be hundreds of times as long as usual ones.
void check_bytes(const std::filesystem::path& file, std::uint64_t records_max)
{
    std::error_code is_no_file;
    const auto bytes = std::filesystem::file_size(file, is_no_file);
    if (!is_no_file && bytes / long_record_bytes > records_max)
        refuse_size(file, grouped(bytes) + " bytes", records_max);
}

} // namespace

Capture load_capture(const std::filesystem::path& file, CaptureReader::Trailer trailer,
                     std::uint64_t records_max)
{
    std::ifstream in(file, std::ios::binary);
    if (!in) throw CaptureError(file.string() + ": cannot be read");
    check_bytes(file, records_max);
    CaptureReader reader(in, file.string(), trailer);
    Capture capture{reader.header(), {}, {}};
    while (auto record = reader.next()) {
        capture.records.push_back(std::move(*record));
        if (capture.records.size() > records_max)
            refuse_size(file, "about " + grouped(records_max + lines_left(in)) + " records", records_max);
    }
    capture.trailer = reader.trailer();
    return capture;
}

Bytes wire_of(const codec::Dialect& dialect, const CaptureRecord& record)
{
    return build_message(dialect, record.message);
}

} // namespace sim
