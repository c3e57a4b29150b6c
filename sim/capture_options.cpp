#include "sim/capture_options.hpp"

#include "net/key_file.hpp"
#include "sim/msg_envelope.hpp"
#include "sim/msg_input.hpp"

#include <CLI/CLI.hpp>

namespace sim {

void add_capture_options(CLI::App& command, CaptureOptions& options)
{
    command.add_option("--dialect", options.dialect, "NAME or FILE: how the messages are written")
        ->required();
    command.add_option("--framing", options.framing, "what stands around a message (docs/wire_format.md)")
        ->capture_default_str();
    command.add_option("--header", options.header, "what stands between frame and MTI")
        ->capture_default_str();
    command
        .add_option("--message-max", options.message_bytes_max,
                    "bytes of the largest message with its header")
        ->capture_default_str()
        ->check(CLI::Range(20, 65'535));
    command.add_option("--network", options.network, "whose traffic it is; a name for the capture's header");
    command
        .add_option("--key-file", options.key_file,
                    "key of the test card numbers: hex digits, at least 16 bytes, chmod 600")
        ->required();
    command.add_option("--bin", options.bin_digits, "digits of a card number that stay: 6 or 8")
        ->capture_default_str()
        ->check(CLI::IsMember({6, 8}));
}

MessageForm message_form_of(const CaptureOptions& options)
{
    check_names({options.framing, options.header});
    if (options.framing == "none") throw InputError("framing none: a stream without frames has no messages");
    MessageForm form;
    form.dialect = codec::dialect_named(options.dialect);
    form.framing = {options.message_bytes_max, codec::find_frame_rule(options.framing)};
    form.header = *codec::find_header(options.header);
    return form;
}

Pseudonyms pseudonyms_of(const CaptureOptions& options)
{
    return {net::read_key_file(options.key_file), options.bin_digits == 8 ? Bin::eight : Bin::six};
}

CaptureHeader capture_header_of(const CaptureOptions& options, const Pseudonyms& pseudonyms,
                                std::string source)
{
    CaptureHeader header;
    header.dialect = options.dialect;
    header.framing = options.framing;
    header.header = options.header;
    header.network = options.network;
    header.pseudonym_key = pseudonyms.key_id();
    header.source = std::move(source);
    return header;
}

} // namespace sim
