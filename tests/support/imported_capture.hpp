#pragma once

#include "sim/import.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace tests {

/// A file that goes away with this object; no two have one name.
class PassingFile {
public:
    explicit PassingFile(const std::string& bytes, const std::string& ending = ".pcap")
        : path_((std::filesystem::temp_directory_path() /
                 ("tollgate-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ending))
                    .string())
    {
        std::ofstream(path_, std::ios::binary) << bytes;
        std::filesystem::permissions(path_, std::filesystem::perms::owner_read |
                                                std::filesystem::perms::owner_write);
    }
    ~PassingFile() { std::filesystem::remove(path_); }
    PassingFile(const PassingFile&) = delete;
    PassingFile& operator=(const PassingFile&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string read() const
    {
        std::ostringstream text;
        text << std::ifstream(path_, std::ios::binary).rdbuf();
        return text.str();
    }
    /// How many files beside it have a name that begins with its own.
    [[nodiscard]] std::size_t parts() const
    {
        std::size_t parts = 0;
        const std::filesystem::path own(path_);
        for (const auto& entry : std::filesystem::directory_iterator(own.parent_path())) {
            const std::string name = entry.path().filename().string();
            parts += name != own.filename() && name.starts_with(own.filename().string()) ? 1 : 0;
        }
        return parts;
    }

private:
    inline static int count = 0;
    std::string path_;
};

/// Of the tests' test cards: 32 bytes 0x42.
inline const std::vector<std::uint8_t>& pseudonym_key()
{
    static const std::vector<std::uint8_t> key(32, 0x42);
    return key;
}
struct Imported {
    std::string jsonl;
    sim::Capture capture;
    sim::ImportSummary summary;
};

/// What PcapImporter makes of a capture in iso87-ascii, framed by be16.
inline Imported import_pcap(const std::string& pcap, std::optional<std::uint16_t> server_port = {})
{
    const PassingFile file(pcap);
    sim::PcapFile packets(file.path(), "");
    sim::Pseudonyms pseudonyms(pseudonym_key(), sim::Bin::six);
    sim::CardScrubber scrubber(&pseudonyms);
    const sim::MessageForm form{codec::find_built_in_dialect("iso87-ascii"), codec::Framing{}, {}};
    sim::MessageKeeper keeper(form.dialect, scrubber);
    std::ostringstream out;
    sim::CaptureHeader header;
    header.dialect = "iso87-ascii";
    sim::CaptureWriter writer(out, "out", header);
    sim::PcapImporter importer({form, server_port}, keeper, writer);
    sim::Packet packet;
    while (packets.next(packet)) importer.add(packets.link_type(), packet);
    importer.finish();
    writer.finish();

    Imported imported{out.str(), {}, importer.summary()};
    std::istringstream in(imported.jsonl);
    sim::CaptureReader reader(in, "out");
    imported.capture.header = reader.header();
    while (auto record = reader.next()) imported.capture.records.push_back(std::move(*record));
    imported.capture.trailer = reader.trailer();
    return imported;
}

/// "> 0200 000001": a request's MTI and STAN; "< 12 missing ...": bytes of an answer that could not be read.
inline std::string line_of(const sim::CaptureRecord& record)
{
    const std::string arrow = record.place.direction == sim::Direction::request ? "> " : "< ";
    if (record.unread) return arrow + std::to_string(record.unread->bytes) + " " + record.unread->reason;
    const auto& fields = record.message.at("fields").as_object();
    return arrow + std::string(record.message.at("mti").as_string()) + " " +
           std::string(fields.at("11").as_string());
}

/// Counters that are not 0, by name, beside packets, bytes and messages.
inline std::vector<std::string> counted(const sim::ImportSummary& s)
{
    const std::pair<const char*, std::uint64_t> counters[] = {
        {"conflicts", s.streams.conflicts},
        {"connections", s.connections == 1 ? 0 : s.connections},
        {"cut_packets", s.cut_packets},
        {"damaged_packets", s.damaged_packets},
        {"fragments", s.fragments},
        {"gaps", s.streams.gaps},
        {"missing_bytes", s.streams.missing_bytes},
        {"other_packets", s.other_packets},
        {"out_of_order", s.streams.out_of_order},
        {"retransmitted", s.streams.retransmitted},
        {"skipped_bytes", s.skipped_bytes},
        {"too_late", s.streams.too_late},
        {"unread_messages", s.unread_messages},
    };
    std::vector<std::string> lines;
    for (const auto& [name, count] : counters)
        if (count > 0) lines.push_back(std::string(name) + " " + std::to_string(count));
    return lines;
}

} // namespace tests
