// Captures: what was written is read, and what is not whole is found out.
#include "net/capture_text.hpp"
#include "sim/capture.hpp"

#include "codec/encode.hpp"
#include "sim/rate_text.hpp"
#include "tests/support/folder.hpp"

#include <boost/json/serialize.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace sim;

namespace {

CaptureHeader good_header()
{
    CaptureHeader header;
    header.dialect = "iso87-ascii";
    header.network = "shop \"one\"";
    header.pseudonym_key = "00112233";
    header.source = "test";
    header.started_at = WallTime(std::chrono::microseconds(1'700'000'000'000'000));
    return header;
}

CapturePlace place_at(std::int64_t us, std::uint32_t connection, Direction direction)
{
    return {good_header().started_at + std::chrono::microseconds(us), connection, direction};
}

std::string good_capture()
{
    std::ostringstream out;
    CaptureWriter writer(out, "out", good_header());
    writer.add(place_at(5, 1, Direction::request), R"({"mti":"0200","fields":{"3":"000000","11":"000001"}})",
               R"(["52","55.57"])");
    writer.add(place_at(7, 1, Direction::request), Unread{17, "the length is above the limit"});
    writer.add(place_at(99, 2, Direction::answer), R"({"mti":"0210","fields":{"39":"00"}})", {});
    writer.finish();
    return out.str();
}

Capture read(const std::string& text, CaptureReader::Trailer trailer = CaptureReader::Trailer::required)
{
    std::istringstream in(text);
    CaptureReader reader(in, "shop.jsonl", trailer);
    Capture capture{reader.header(), {}, {}};
    while (auto record = reader.next()) capture.records.push_back(std::move(*record));
    capture.trailer = reader.trailer();
    return capture;
}

std::string why_not_read(const std::string& text)
{
    try {
        (void)read(text);
    } catch (const CaptureError& error) {
        return error.what();
    }
    return "read";
}

std::string replaced(std::string text, const std::string& old_text, const std::string& new_text)
{
    const std::size_t at = text.find(old_text);
    REQUIRE(at != std::string::npos);
    return text.replace(at, old_text.size(), new_text);
}

} // namespace

TEST_CASE("capture: what was written is read")
{
    const Capture capture = read(good_capture());
    CHECK(capture.header == good_header());
    REQUIRE(capture.records.size() == 3);
    CHECK(capture.records[0].number == 1);
    CHECK(capture.records[0].place == place_at(5, 1, Direction::request));
    CHECK(boost::json::serialize(capture.records[0].message) ==
          R"({"mti":"0200","fields":{"3":"000000","11":"000001"}})");
    CHECK(capture.records[0].dropped == std::vector<std::string>{"52", "55.57"});
    CHECK(capture.records[1].unread == Unread{17, "the length is above the limit"});
    CHECK(capture.records[1].message.empty());
    CHECK(capture.records[2].place == place_at(99, 2, Direction::answer));
    CHECK(capture.records[2].dropped.empty());
    REQUIRE(capture.trailer.has_value());
    CHECK(capture.trailer->records == 3);
    CHECK(capture.trailer->duration == std::chrono::microseconds(94));
}

TEST_CASE("capture: names are UTF-8, and other bytes of a name are read as ISO 8859-1")
{
    for (const auto& [written, read_as] :
         {std::pair("caf\xC3\xA9 \xE6\x97\xA5.pcap", "caf\xC3\xA9 \xE6\x97\xA5.pcap"),
          std::pair("caf\xE9\x01.pcap", "caf\xC3\xA9\x01.pcap")}) {
        CaptureHeader header = good_header();
        header.source = written;
        std::ostringstream out;
        CaptureWriter(out, "out", header).finish();
        CHECK(read(out.str()).header.source == read_as);
    }
}

TEST_CASE("capture: records need not be in the order of their times")
{
    std::ostringstream out;
    CaptureWriter writer(out, "out", good_header());
    for (const std::int64_t us : {50, 5, 99, 20})
        writer.add(place_at(us, 1, Direction::request), Unread{1, "a clock was set back"});
    writer.finish();
    CHECK(read(out.str()).trailer->duration == std::chrono::microseconds(94));
}

TEST_CASE("capture: a record's message goes back on the wire")
{
    const Capture capture = read(good_capture());
    const Bytes wire = wire_of(*codec::find_built_in_dialect("iso87-ascii"), capture.records[0]);
    CHECK(std::string(wire.begin(), wire.end()) == "02002020000000000000000000000001");
}

TEST_CASE("capture: wherever a file is cut, it is found out")
{
    const std::string whole = good_capture();
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
        CAPTURE(size);
        const std::string why = why_not_read(whole.substr(0, size));
        CHECK(why.starts_with("shop.jsonl:"));
        CHECK(why != "read");
    }
}

TEST_CASE("capture: whichever byte is changed, it is found out")
{
    const std::string whole = good_capture();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        CAPTURE(at);
        std::string changed = whole;
        changed[at] = changed[at] == '7' ? '8' : '7';
        CHECK(why_not_read(changed).starts_with("shop.jsonl:"));
    }
}

TEST_CASE("capture: an error says in which line, and why")
{
    const std::string whole = good_capture();
    const std::string trailer = whole.substr(whole.rfind('{'));
    const struct {
        const char* name;
        std::string text;
        const char* why;
    } rows[] = {
        {"nothing", "", "shop.jsonl:1: empty; expected a capture"},
        {"no JSON", "PK\x03\x04zip\n", "shop.jsonl:1: no capture; expected JSON lines"},
        {"other JSON", "{\"schema\":\"tollgate/run/1\"}\n",
         "shop.jsonl:1: no capture; expected a first line"},
        {"a newer one", replaced(whole, "capture/1", "capture/2"),
         "shop.jsonl:1: a capture of another version; this program reads tollgate/capture/1"},
        {"without its trailer", whole.substr(0, whole.size() - trailer.size()),
         "shop.jsonl:5: truncated: the trailer is missing behind 3 records"},
        {"without its second record",
         replaced(
             whole,
             whole.substr(whole.find("{\"type\":\"unread"), whole.find("{\"type\":\"message\",\"number\":3") -
                                                                whole.find("{\"type\":\"unread")),
             ""),
         "shop.jsonl:3: record 3 behind record 1; lines are missing"},
        {"another value", replaced(whole, "000001", "000002"), "shop.jsonl:5: changed"},
        {"something behind it", whole + "{}\n", "shop.jsonl:5: lines behind the trailer"},
        {"an unknown direction", replaced(whole, "\"answer\"", "\"sideways\""),
         "shop.jsonl:4: direction: expected request or answer"},
        {"a text for a number", replaced(whole, "\"connection\":1", "\"connection\":\"1\""),
         "shop.jsonl:2: connection: expected a number, 0 or above"},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.name));
        CHECK_MESSAGE(why_not_read(row.text).starts_with(row.why), why_not_read(row.text));
    }
}

TEST_CASE("capture: more than is to be held in memory is refused, and told how much it is")
{
    const Folder folder;
    const std::filesystem::path file = folder / "shop.jsonl";
    const auto problem = [&](std::uint64_t records_max) -> std::string {
        try {
            (void)load_capture(file, CaptureReader::Trailer::required, records_max);
        } catch (const CaptureError& error) {
            return error.what();
        }
        return "";
    };
    std::ofstream(file) << good_capture();
    CHECK(load_capture(file).records.size() == 3);
    CHECK(problem(3).empty());
    CHECK(problem(2).starts_with(file.string() +
                                 ": about 3 records; all of it is held in memory, at most 2 records"));

    const std::string one_long_record = good_capture() + std::string(1'000'000, ' ');
    std::ofstream(file) << one_long_record;
    CHECK(problem(100).starts_with(file.string() + ": " + grouped(one_long_record.size()) +
                                   " bytes; all of it"));
}

TEST_CASE("capture: one whose recorder was killed can be read when that is asked for")
{
    const std::string whole = good_capture();
    const std::size_t third = whole.find("{\"type\":\"message\",\"number\":3");
    const Capture capture = read(whole.substr(0, third + 20), CaptureReader::Trailer::may_be_missing);
    CHECK(capture.records.size() == 2);
    CHECK_FALSE(capture.trailer.has_value());
    CHECK(read(whole, CaptureReader::Trailer::may_be_missing).trailer.has_value());
}

// --- JSON lines -> wire -> JSON lines

namespace {

rc::Gen<std::string> text_of(std::string_view characters, std::size_t least, std::size_t most)
{
    return rc::gen::mapcat(rc::gen::inRange(least, most + 1), [=](std::size_t size) {
        return rc::gen::container<std::string>(
            size, rc::gen::map(rc::gen::inRange<std::size_t>(0, characters.size()),
                               [=](std::size_t i) { return characters[i]; }));
    });
}

rc::Gen<std::string> value_for(int de, const codec::FieldSpec& row)
{
    using Kind = codec::FieldKind;
    constexpr std::string_view digits = "0123456789";
    const bool is_fixed = row.length == codec::LengthForm::fixed;
    const std::size_t most = is_fixed ? row.max : std::min<std::size_t>(row.max, 40);
    const std::size_t least = is_fixed ? most : 1;
    if (de == 55)
        return rc::gen::map(
            rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                std::string("\x9F\x27\x01\x80", 4), std::string("\x5A\x08\x40\0\0\x12\x34\x56\x78\x99", 10),
                std::string("\x57\x09\x40\0\0\x12\x34\x56\x78\x99\xD2", 11), std::string("\xDF\x01\x01x", 4),
                std::string("\x95\x05\x80\0\x04\x80\0", 7))),
            [](const std::vector<std::string>& objects) {
                std::string value;
                for (const std::string& object : objects)
                    if (value.size() + object.size() <= 250) value += object;
                return value;
            });
    switch (row.kind) {
    case Kind::numeric:
        return text_of(digits, least, most);
    case Kind::nibbles:
        return text_of("0123456789ABCDEF", least, most);
    case Kind::track:
        return text_of("0123456789=", least, most);
    case Kind::amount:
        return rc::gen::map(text_of(digits, most - 1, most - 1),
                            [](const std::string& sum) { return "D" + sum; });
    case Kind::binary:
        return rc::gen::container<std::string>(most, rc::gen::arbitrary<char>());
    default:
        return text_of("0123456789 ABCxyz\"\\/=^%", least, most);
    }
}

} // namespace

TEST_CASE("capture: JSON lines -> wire -> JSON lines is the same, whatever a message holds")
{
    for (const std::string& name : codec::built_in_dialect_names()) {
        CAPTURE(name);
        const auto dialect = codec::find_built_in_dialect(name);
        Pseudonyms pseudonyms(std::vector<std::uint8_t>(32, 1), Bin::six);
        CardScrubber scrubber(&pseudonyms);
        CardScrubber reader(nullptr);
        MessageKeeper keeper(dialect, scrubber);
        MessageKeeper again(dialect, reader);
        int kept_messages = 0;
        CHECK(rc::check("round trip", [&] {
            codec::Message message(*codec::Mti::parse(name.starts_with("iso93") ? "1200" : "0200"));
            for (const int de : *rc::gen::container<std::set<int>>(rc::gen::inRange(2, 129)))
                if (dialect->defined.has(de))
                    message.set(de, *value_for(de, dialect->fields[static_cast<std::size_t>(de)]));
            std::vector<std::uint8_t> wire;
            RC_PRE(codec::encode(*dialect, message, wire).has_value());
            const auto kept = keeper.keep(wire);
            RC_PRE(kept.has_value());

            std::ostringstream out;
            CaptureWriter writer(out, "out", good_header());
            writer.add(place_at(0, 1, Direction::request), kept->message, kept->dropped);
            writer.finish();
            const Capture capture = read(out.str());
            const Bytes rebuilt = wire_of(*dialect, capture.records.at(0));
            const auto once_more = again.keep(rebuilt);
            RC_ASSERT(once_more.has_value());
            RC_ASSERT(once_more->message == kept->message);
            RC_ASSERT(once_more->dropped.empty());
            ++kept_messages;
        }));
        CHECK(kept_messages > 50);
    }
}
