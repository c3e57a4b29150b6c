#include "sim/import_command.hpp"

#include "sim/capture_output.hpp"
#include "sim/import.hpp"
#include "sim/write_behind.hpp"

#include <filesystem>
#include <optional>
#include <ostream>

#include <CLI/CLI.hpp>

namespace sim {

namespace {

std::string source_of(const std::vector<std::string>& files)
{
    std::string text = "import of";
    for (const std::string& file : files)
        text += " " + (file == "-" ? "standard input" : std::filesystem::path(file).filename().string());
    return text;
}

/// Reads all files as one stream of packets, the first one opened already.
class Import {
public:
    Import(const PcapImportOptions& options, std::ostream& out, std::string out_name, std::ostream& err)
        : options_(options), err_(err), form_(message_form_of(options.capture)),
          pseudonyms_(pseudonyms_of(options.capture)), scrubber_(&pseudonyms_),
          keeper_(form_.dialect, scrubber_), behind_(*out.rdbuf()), out_name_(std::move(out_name))
    {
    }

    [[nodiscard]] Exit run()
    {
        for (const std::string& file : options_.files) read(file);
        if (!importer_) start({});
        importer_->finish();
        writer_->finish();
        const ImportSummary summary = importer_->summary();
        err_ << text_of(summary) << "\n";
        return summary.is_whole() && !has_problem_ ? Exit::done : Exit::differs;
    }

private:
    void read(const std::string& name)
    {
        PcapFile file(name, options_.filter);
        Packet packet;
        while (file.next(packet)) {
            if (!importer_) start(packet.at);
            importer_->add(file.link_type(), packet);
        }
        if (file.problem().empty()) return;
        err_ << "tollgate-sim: " << name << ": " << file.problem() << "; read up to there\n";
        has_problem_ = true;
    }

    void start(WallTime at)
    {
        CaptureHeader header = capture_header_of(options_.capture, pseudonyms_, source_of(options_.files));
        header.started_at = at;
        writer_.emplace(out_, out_name_, header);
        importer_.emplace(PcapImporter::Settings{form_, options_.server_port}, keeper_, *writer_);
    }

    const PcapImportOptions& options_;
    std::ostream& err_;
    MessageForm form_;
    Pseudonyms pseudonyms_;
    CardScrubber scrubber_;
    MessageKeeper keeper_;
    WriteBehind behind_;
    std::ostream out_{&behind_};
    std::string out_name_;
    std::optional<CaptureWriter> writer_;
    std::optional<PcapImporter> importer_;
    bool has_problem_ = false;
};

} // namespace

CLI::App* add_pcap_import(CLI::App& program, PcapImportOptions& options)
{
    CLI::App* const import = program.add_subcommand(
        "import", "a capture without card data from what tcpdump has written (pcap, pcapng)");
    import->footer("Example:\n  tollgate-sim import shop.pcap --dialect iso87-ascii --key-file captures.key "
                   "--server-port 8583 --out shop.jsonl\n"
                   "Exit codes: 0 everything read, 1 something is missing or is no message, 2 wrong usage, "
                   "3 the capture cannot be written.");
    import->add_option("files", options.files, "FILE..., in the order of time; - for standard input")
        ->required();
    add_capture_options(*import, options.capture);
    import->add_option("--server-port", options.server_port,
                       "only connections with this port; its side is the server");
    import->add_option("--filter", options.filter,
                       "only these packets, as tcpdump has it: \"host 10.1.2.3\"");
    import->add_option("-o,--out", options.capture.out,
                       "FILE of the capture, replaced when the new one is whole (default: standard output)");
    return import;
}

Exit run_pcap_import(const PcapImportOptions& options, std::ostream& out, std::ostream& err)
{
    const std::string& name = options.capture.out;
    if (name.empty() || name == "-") return Import(options, out, "standard output", err).run();
    CaptureOutput file(name);
    const Exit exit = Import(options, file.stream(), name, err).run();
    file.keep();
    return exit;
}

} // namespace sim
