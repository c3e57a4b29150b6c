/// Input: the text of a capture. It is refused with file and line, or what was read is the same after it was
/// written and read again, now with a trailer.

#include "sim/capture.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

using fuzz::require;
using sim::CaptureReader;
using sim::CaptureRecord;

namespace {

constexpr std::string_view file_name = "fuzz.jsonl";

sim::Capture read(const std::string& text, CaptureReader::Trailer trailer)
{
    std::istringstream in(text);
    CaptureReader reader(in, std::string(file_name), trailer);
    sim::Capture capture{reader.header(), {}, {}};
    while (auto record = reader.next()) capture.records.push_back(std::move(*record));
    capture.trailer = reader.trailer();
    return capture;
}

std::string text_of(const std::vector<std::string>& dropped)
{
    if (dropped.empty()) return {};
    boost::json::array array;
    for (const std::string& path : dropped) array.emplace_back(path);
    return boost::json::serialize(array);
}

std::string written(const sim::Capture& capture)
{
    std::ostringstream out;
    sim::CaptureWriter writer(out, std::string(file_name), capture.header);
    for (const CaptureRecord& record : capture.records) {
        if (record.unread)
            writer.add(record.place, *record.unread);
        else
            writer.add(record.place, boost::json::serialize(record.message), text_of(record.dropped));
    }
    writer.finish(capture.trailer ? capture.trailer->dropped_records : 0);
    return out.str();
}

/// JSON has no text for other numbers, and a capture none of them: 1e999 is one that somebody wrote by hand.
bool is_finite(const boost::json::value& value)
{
    if (value.is_double()) return std::isfinite(value.get_double());
    if (value.is_array()) return std::ranges::all_of(value.get_array(), is_finite);
    if (value.is_object())
        return std::ranges::all_of(value.get_object(),
                                   [](const auto& member) { return is_finite(member.value()); });
    return true;
}

void check_same(const CaptureRecord& a, const CaptureRecord& b)
{
    require(a.number == b.number && a.place == b.place, "a record keeps its place");
    require(a.unread == b.unread, "what was not read stays so");
    require(a.message == b.message, "a message stays what it is");
    require(a.dropped == b.dropped, "what was dropped is still told");
}

void check_written(const sim::Capture& capture)
{
    const std::string text = written(capture);
    const sim::Capture again = read(text, CaptureReader::Trailer::required);
    require(again.header == capture.header, "a header stays what it is");
    require(again.records.size() == capture.records.size(), "no record is lost");
    for (std::size_t i = 0; i < capture.records.size(); ++i) check_same(capture.records[i], again.records[i]);
    require(again.trailer->records == capture.records.size(), "the trailer counts the records");
    require(written(again) == text, "it is written alike a second time");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    sim::Capture capture;
    try {
        capture = read(fuzz::Input(data, size).rest_text(), CaptureReader::Trailer::may_be_missing);
    } catch (const sim::CaptureError& error) {
        require(fuzz::begins_with_place(error.what(), file_name), "an error tells file and line");
        return 0;
    }
    if (std::ranges::all_of(capture.records, [](const CaptureRecord& r) { return is_finite(r.message); }))
        check_written(capture);
    return 0;
}
