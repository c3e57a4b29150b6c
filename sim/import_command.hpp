/// `tollgate-sim import`: a capture from what tcpdump has written.
#pragma once

#include "sim/capture_options.hpp"
#include "sim/report.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace sim {

struct PcapImportOptions {
    CaptureOptions capture;
    std::vector<std::string> files;
    std::string filter;
    std::optional<std::uint16_t> server_port;
};

/// Adds `import` to a program.
/// options  where its words go; lives longer than the program
[[nodiscard]] CLI::App* add_pcap_import(CLI::App& program, PcapImportOptions& options);

/// Writes the capture to `out`, or to the file that the options name, and a summary to `err`.
/// returns  differs when something is missing that the files should have had: gaps, cut packets, bytes that are
///          no message, a damaged file
/// throws   PcapError, CaptureError, net::KeyFileError, codec::DialectError, InputError
[[nodiscard]] Exit run_pcap_import(const PcapImportOptions& options, std::ostream& out, std::ostream& err);

} // namespace sim
