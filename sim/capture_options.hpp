/// What `import` and `record` are told alike: how the traffic is written, and the key of the test card
/// numbers.
#pragma once

#include "codec/dialect.hpp"
#include "sim/capture.hpp"
#include "sim/import_stream.hpp"

#include <memory>
#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace sim {

struct CaptureOptions {
    std::string dialect;
    std::string framing = "be16";
    std::string header = "none";
    std::size_t message_bytes_max = 8192;
    std::string network;
    std::string key_file;
    int bin_digits = 6;
    std::string out;
};

/// options  where the words go; lives longer than the command
void add_capture_options(CLI::App& command, CaptureOptions& options);

/// throws   codec::DialectError, InputError with the names there are
[[nodiscard]] MessageForm message_form_of(const CaptureOptions& options);

/// throws   net::KeyFileError, std::invalid_argument
[[nodiscard]] Pseudonyms pseudonyms_of(const CaptureOptions& options);

/// The header of a capture, but for its start.
[[nodiscard]] CaptureHeader capture_header_of(const CaptureOptions& options, const Pseudonyms& pseudonyms,
                                              std::string source);

} // namespace sim
