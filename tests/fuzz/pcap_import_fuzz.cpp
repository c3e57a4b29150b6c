/// Input: a pcap or pcapng file. It is refused with its name, or gives a capture that can be read, with as
/// many records as were counted.

#include "sim/capture.hpp"
#include "sim/import.hpp"
#include "sim/pcap_file.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <sstream>
#include <string>

using fuzz::require;

namespace {

struct Imported {
    std::string text;
    sim::ImportSummary summary;
};

Imported import_file(const std::string& path)
{
    sim::PcapFile file(path, "");
    static const fuzz::Bytes key(32, 0x42);
    sim::Pseudonyms pseudonyms(key, sim::Bin::six);
    sim::CardScrubber scrubber(&pseudonyms);
    const sim::MessageForm form{fuzz::dialects().front(), codec::Framing{}, {}};
    sim::MessageKeeper keeper(form.dialect, scrubber);
    std::ostringstream out;
    sim::CaptureHeader header;
    header.dialect = "iso87-ascii";
    sim::CaptureWriter writer(out, "fuzz.jsonl", header);
    sim::PcapImporter importer({form, {}}, keeper, writer);
    sim::Packet packet;
    while (file.next(packet)) importer.add(file.link_type(), packet);
    importer.finish();
    writer.finish();
    return {out.str(), importer.summary()};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::MemoryFile file(fuzz::as_text({data, size}));
    Imported imported;
    try {
        imported = import_file(file.path());
    } catch (const sim::PcapError& error) {
        require(std::string_view(error.what()).starts_with(file.path()), "an error names the file");
        return 0;
    }
    std::istringstream in(imported.text);
    sim::CaptureReader reader(in, "fuzz.jsonl");
    std::uint64_t messages = 0;
    std::uint64_t unread = 0;
    while (const auto record = reader.next()) ++(record->unread ? unread : messages);
    require(messages == imported.summary.messages, "each message is counted");
    require(unread >= imported.summary.unread_messages, "each frame that does not decode is told");
    require(imported.summary.is_whole() || !sim::text_of(imported.summary).empty(),
            "what is missing is told");
    require(import_file(file.path()).text == imported.text, "the same file gives the same capture");
    return 0;
}
