// tshark as a judge that has nothing to do with us: what it reads in our messages is what we read.
#include "codec/decode.hpp"
#include "codec/dialect.hpp"
#include "codec/encode.hpp"
#include "sim/child_process.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/pcap.hpp"
#include "tests/support/seed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include <unistd.h>

using namespace codec;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Rng = std::mt19937_64;

constexpr std::uint16_t port = 8583;
constexpr int element_max = 128; ///< of tshark

/// What a message says: MTI, bitmaps in upper-case hex, elements; bytes as upper-case hex.
struct Reading {
    std::string mti;
    std::string bitmaps;
    std::map<int, std::string> elements;

    friend bool operator==(const Reading&, const Reading&) = default;
};

/// A dialect of codec/dialects/ and the preferences that make tshark read it.
struct Judged {
    std::string dialect;
    std::string charset;
    std::string binencode;
    std::string len_endian;
    char version = '0'; ///< of the MTI: tshark has a table for 1987 and one for 1993
};
const Judged judged_dialects[] = {
    {"tshark-ascii", "ascii", "ascii", "bigendian"},
    {"tshark-ascii-binary", "ascii", "bin", "littleendian"},
    {"tshark-bcd", "bcd", "bin", "bigendian"},
    {"tshark-bcd-hex", "bcd", "ascii", "littleendian"},
    {"tshark-93", "ascii", "ascii", "bigendian", '1'},
};

// --- messages ---

std::size_t below(Rng& rng, std::size_t bound)
{
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(rng);
}

std::string random_text(Rng& rng, std::string_view characters, std::size_t size)
{
    std::string text;
    while (text.size() < size) text += characters[below(rng, characters.size())];
    return text;
}

/// One character for each position; of bytes, any.
std::string random_value(Rng& rng, int de, const FieldSpec& spec, std::size_t size)
{
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr std::string_view digits_and_signs = "0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    const bool is_signed = spec.kind == FieldKind::amount || spec.kind == FieldKind::nibbles;
    if (is_signed) return random_text(rng, "CD", 1) + random_text(rng, digits, size - 1);
    if (spec.kind == FieldKind::numeric) return random_text(rng, digits, size);
    if (spec.kind == FieldKind::track)
        return random_text(rng, spec.separator == 'D' ? "0123456789D" : "0123456789=", size);
    if (spec.kind == FieldKind::alnum) return random_text(rng, letters, size);
    if (spec.kind == FieldKind::binary) {
        std::string bytes;
        while (bytes.size() < size) bytes += static_cast<char>(below(rng, 256));
        return bytes;
    }
    if (de == 34) return random_text(rng, digits_and_signs, size); // n and s only, in tshark's table
    return random_text(rng, std::string(letters) + std::string(digits_and_signs), size);
}

/// Mostly short, now and then as long as it may be. Never empty, which tshark finds malformed; and behind a
/// packed count of three digits it needs two bytes.
std::size_t random_size(Rng& rng, const FieldSpec& spec)
{
    if (spec.length == LengthForm::fixed || below(rng, 20) == 0) return spec.max;
    return 2 + below(rng, std::min<std::size_t>(spec.max, 60) - 1);
}

/// tshark 4.0 does not end the hex digits of raw bytes, so that anything may stand behind them. Bit 65
/// announces a third bitmap, which it refuses as we do.
bool can_be_judged(const Judged& judged, int de)
{
    const bool is_bytes = de == 35 || de == 52 || de == 64 || de == 96 || de == 128;
    return de != 65 && !(is_bytes && judged.binencode == "bin");
}

Message random_message(Rng& rng, const Judged& judged, const Dialect& dialect)
{
    constexpr std::array<const char*, 10> types{"100", "110", "120", "200", "210",
                                                "220", "400", "420", "500", "800"};
    Message message(*Mti::parse(judged.version + std::string(types[below(rng, types.size())])));
    for (auto count = static_cast<int>(2 + below(rng, 28)); count > 0; --count) {
        const int de = static_cast<int>(2 + below(rng, element_max - 1));
        const FieldSpec& spec = dialect.fields[de];
        if (can_be_judged(judged, de)) message.set(de, random_value(rng, de, spec, random_size(rng, spec)));
    }
    return message;
}

std::string hex_of_bytes(std::string_view bytes)
{
    std::string hex;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += "0123456789ABCDEF"[byte >> 4U];
        hex += "0123456789ABCDEF"[byte & 0xFU];
    }
    return hex;
}

Reading reading_of(const Dialect& dialect, const Message& message)
{
    Reading reading;
    reading.mti = message.mti().text();
    Bitmap bitmap;
    for (const int de : message.elements()) {
        bitmap.set(de);
        const std::string value(message.get(de));
        const bool is_binary = dialect.fields[de].kind == FieldKind::binary;
        reading.elements[de] = is_binary ? hex_of_bytes(value) : value;
    }
    std::array<std::uint8_t, 48> hex{};
    const BitmapRule as_hex{.form = BitmapForm::hex};
    const std::size_t size = write_bitmap(as_hex, bitmap, hex);
    reading.bitmaps.assign(hex.begin(), hex.begin() + static_cast<std::ptrdiff_t>(size));
    return reading;
}

/// Two bytes of length in front.
Bytes framed(const Judged& judged, const Bytes& wire)
{
    const auto high = static_cast<std::uint8_t>(wire.size() >> 8U);
    const auto low = static_cast<std::uint8_t>(wire.size() & 0xFFU);
    const bool is_big = judged.len_endian == "bigendian";
    Bytes frame{is_big ? high : low, is_big ? low : high};
    frame.insert(frame.end(), wire.begin(), wire.end());
    return frame;
}

/// tshark knows a message by its size and, where bitmaps are bytes, by 16 bytes behind the fourth: as text
/// of 16 characters up to a zero they must be hex digits. A byte that is no ASCII becomes three.
bool will_be_recognized(const Judged& judged, const Bytes& frame)
{
    if (frame.size() < 22) return false;
    if (judged.binencode != "bin") return true;
    std::size_t text_size = 0;
    for (auto byte = frame.begin() + 6; byte < frame.begin() + 22 && *byte != 0; ++byte)
        text_size += *byte < 0x80 ? 1 : 3;
    return text_size != 16;
}

// --- tshark ---

bool tshark_is_installed()
{
    return sim::run_program({"/usr/bin/env", "tshark", "--version"}, "").status == 0;
}

/// A capture in a file that goes away: tshark writes while it still reads.
class CaptureFile {
public:
    explicit CaptureFile(const std::string& pcap)
        : path_(std::filesystem::temp_directory_path() /
                ("tollgate-judge-" + std::to_string(::getpid()) + ".pcap"))
    {
        std::ofstream(path_, std::ios::binary) << pcap;
    }
    ~CaptureFile() { std::filesystem::remove(path_); }
    CaptureFile(const CaptureFile&) = delete;
    CaptureFile& operator=(const CaptureFile&) = delete;

    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> pieces;
    std::size_t from = 0;
    for (std::size_t to = text.find(separator); to != std::string::npos; to = text.find(separator, from)) {
        pieces.push_back(text.substr(from, to - from));
        from = to + 1;
    }
    pieces.push_back(text.substr(from));
    return pieces;
}

/// What tshark reads in a capture: a reading for each message, in their order. A message that it calls
/// malformed has an element 0 that says so.
std::vector<Reading> readings_of_tshark(const Judged& judged, const std::string& pcap)
{
    const CaptureFile capture(pcap);
    const std::string protocol = "iso8583.";
    std::vector<std::string> arguments{"/usr/bin/env",
                                       "tshark",
                                       "-n",
                                       "-r",
                                       capture.path(),
                                       "-T",
                                       "fields",
                                       "-Y",
                                       "iso8583",
                                       "-d",
                                       "tcp.port==" + std::to_string(port) + ",iso8583"};
    for (const auto& [name, value] :
         {std::pair{"len_endian:", judged.len_endian}, std::pair{"charset:", judged.charset},
          std::pair{"binencode:", judged.binencode}})
        arguments.insert(arguments.end(), {"-o", protocol + name + value});
    std::vector<std::string> fields{"mti", "map1", "map2", "MALFORMED"};
    for (int de = 2; de <= element_max; ++de) fields.push_back("bit" + std::to_string(de));
    for (const std::string& field : fields) arguments.insert(arguments.end(), {"-e", protocol + field});

    const sim::Finished tshark = sim::run_program(arguments, "");
    if (tshark.status != 0) throw std::runtime_error("tshark: " + tshark.err);
    std::vector<Reading> readings;
    for (const std::string& line : split(tshark.out, '\n')) {
        if (line.empty()) continue;
        const std::vector<std::string> values = split(line, '\t');
        if (values.size() != fields.size()) throw std::runtime_error("tshark wrote " + line);
        Reading reading{values[0], values[1] + values[2], {}};
        std::ranges::transform(reading.bitmaps, reading.bitmaps.begin(),
                               [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
        if (!values[3].empty()) reading.elements[0] = "malformed";
        for (std::size_t i = 4; i < values.size(); ++i)
            if (!values[i].empty()) reading.elements[static_cast<int>(i) - 2] = values[i];
        readings.push_back(std::move(reading));
    }
    return readings;
}

/// Where two lists of readings differ: "message 17: element 43".
std::vector<std::string> differences(const std::vector<Reading>& ours, const std::vector<Reading>& judges)
{
    if (ours.size() != judges.size())
        return {"we have " + std::to_string(ours.size()) + " messages, tshark " +
                std::to_string(judges.size())};
    std::vector<std::string> found;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const std::string place = "message " + std::to_string(i) + ": ";
        if (ours[i].mti != judges[i].mti) found.push_back(place + "MTI");
        if (ours[i].bitmaps != judges[i].bitmaps) found.push_back(place + "bitmaps");
        for (int de = 0; de <= element_max; ++de) {
            const auto our = ours[i].elements.find(de);
            const auto judge = judges[i].elements.find(de);
            const bool is_same = our == ours[i].elements.end()
                                     ? judge == judges[i].elements.end()
                                     : judge != judges[i].elements.end() && our->second == judge->second;
            if (!is_same) found.push_back(place + "element " + std::to_string(de));
        }
    }
    return found;
}

std::string joined(const std::vector<std::string>& lines)
{
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text.substr(0, 2'000);
}

// --- both ---

/// Messages of one dialect, and what we read in their bytes.
struct Traffic {
    std::vector<Bytes> frames;
    std::vector<Reading> readings;
    std::map<int, int> uses; ///< of each element
};

Traffic random_traffic(const Judged& judged, std::size_t messages, Rng& rng)
{
    const auto dialect = golden::golden_dialect(judged.dialect);
    Traffic traffic;
    while (traffic.frames.size() < messages) {
        const Message message = random_message(rng, judged, *dialect);
        Bytes wire;
        REQUIRE(encode(*dialect, message, wire).has_value());
        Bytes frame = framed(judged, wire);
        if (!will_be_recognized(judged, frame)) continue;
        const Result<Message> decoded = decode(*dialect, wire);
        REQUIRE(decoded.has_value());
        const Reading reading = reading_of(*dialect, *decoded);
        REQUIRE(reading == reading_of(*dialect, message));
        for (const auto& [de, value] : reading.elements) ++traffic.uses[de];
        traffic.readings.push_back(reading);
        traffic.frames.push_back(std::move(frame));
    }
    return traffic;
}

/// A segment for each message; every tenth in two, which tshark puts together.
std::string pcap_of(const std::vector<Bytes>& frames)
{
    tests::Pcap pcap(port);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::span<const std::uint8_t> frame = frames[i];
        const std::size_t cut = i % 10 == 9 ? frame.size() / 2 : frame.size();
        pcap.add_segment(frame.first(cut));
        if (cut < frame.size()) pcap.add_segment(frame.subspan(cut));
    }
    return pcap.bytes();
}

/// ctest reads this line and calls the test skipped.
bool must_skip()
{
    if (tshark_is_installed()) return false;
    MESSAGE("skipped: tshark is not installed; scripts/setup installs it");
    return true;
}

} // namespace

TEST_CASE("tshark reads MTI, bitmaps and every element of 10,000 messages as we do")
{
    if (must_skip()) return;
    Rng rng(tests::printed_seed("codec_tshark_test"));
    std::size_t messages = 0;
    std::size_t values = 0;
    for (const Judged& judged : judged_dialects) {
        CAPTURE(judged.dialect);
        const Traffic traffic = random_traffic(judged, 2'000, rng);
        const auto found = differences(traffic.readings, readings_of_tshark(judged, pcap_of(traffic.frames)));
        CHECK_MESSAGE(found.empty(), joined(found));
        for (int de = 2; de <= element_max; ++de) {
            CAPTURE(de);
            CHECK(traffic.uses.contains(de) == can_be_judged(judged, de));
        }
        messages += traffic.frames.size();
        for (const Reading& reading : traffic.readings) values += reading.elements.size();
    }
    MESSAGE("tshark agreed on " << messages << " messages with " << values << " elements");
}

TEST_CASE("tshark is a judge: one changed digit on the wire and one changed value of ours are seen")
{
    if (must_skip()) return;
    const Judged& judged = judged_dialects[0];
    const auto dialect = golden::golden_dialect(judged.dialect);
    Traffic traffic;
    for (int stan = 100'000; stan < 100'020; ++stan) {
        Message message(*Mti::parse("0200"));
        message.set(4, "000000001000");
        message.set(11, std::to_string(stan));
        Bytes wire;
        REQUIRE(encode(*dialect, message, wire).has_value());
        traffic.frames.push_back(framed(judged, wire));
        traffic.readings.push_back(reading_of(*dialect, message));
    }
    REQUIRE(differences(traffic.readings, readings_of_tshark(judged, pcap_of(traffic.frames))).empty());

    std::vector<Bytes> changed = traffic.frames;
    changed[7].back() ^= 1U; // the last digit of element 11
    CHECK(differences(traffic.readings, readings_of_tshark(judged, pcap_of(changed))) ==
          std::vector<std::string>{"message 7: element 11"});

    std::vector<Reading> lied = traffic.readings;
    lied[3].elements[4] = "000000001001";
    CHECK(differences(lied, readings_of_tshark(judged, pcap_of(traffic.frames))) ==
          std::vector<std::string>{"message 3: element 4"});
}
