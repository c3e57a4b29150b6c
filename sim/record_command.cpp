#include "sim/record_command.hpp"

#include <fstream>
#include <ostream>

#include <CLI/CLI.hpp>
#include <signal.h>

namespace sim {

namespace {

WallTime wall_time()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// As parse_address(), and with port 0 for a free one.
Address listen_address(const std::string& text)
{
    if (!text.ends_with(":0")) return parse_address(text);
    Address address = parse_address(text.substr(0, text.size() - 1) + "1");
    address.port = 0;
    return address;
}

} // namespace

struct TrafficRecorder::Impl {
    Impl(const RecordOptions& options, std::ostream& out)
        : form(message_form_of(options.capture)), pseudonyms(pseudonyms_of(options.capture)),
          scrubber(&pseudonyms), keeper(form.dialect, scrubber),
          writer(out, options.capture.out, header_of(options))
    {
        writer.flush();
        Proxy::Settings settings;
        settings.framing = form.framing;
        settings.listen = listen_address(options.listen);
        settings.at_end = Proxy::AtEnd::pass_on;
        settings.treat = [this](const PassingFrame& frame) {
            unless_failed([&] { take(frame); });
            return Treatment{};
        };
        settings.broken = [this](const BrokenStream& stream) {
            if (stream.why == BrokenStream::is_tls) has_met_tls = true;
            unless_failed([&] {
                note({wall_time(), stream.connection + 1, stream.direction},
                     {stream.bytes, std::string(stream.why)});
            });
        };
        proxy = std::make_unique<Proxy>(std::move(settings));
        proxy->lead(0, parse_address(options.connect));
    }

    [[nodiscard]] CaptureHeader header_of(const RecordOptions& options) const
    {
        CaptureHeader header = capture_header_of(options.capture, pseudonyms, "record of " + options.connect);
        header.started_at = wall_time();
        return header;
    }

    /// An exception on the proxy's thread would end the program, and the traffic with it.
    template <class Function> void unless_failed(Function write)
    {
        if (failed) return;
        try {
            write();
            writer.flush();
        } catch (const std::exception&) {
            failed = true;
        }
    }

    void take(const PassingFrame& frame)
    {
        const CapturePlace place{wall_time(), frame.connection + 1, frame.direction};
        const auto header = codec::read_header(form.header, frame.message);
        if (!header) return note(place, {frame.message.size(), "header: " + std::string(header.error().why)});
        const auto message = frame.message.subspan(header->size);
        const auto kept = keeper.keep(message);
        if (!kept) return note(place, {message.size(), codec::text_of(keeper.error())});
        ++counts.messages;
        writer.add(place, kept->message, kept->dropped);
    }

    void note(const CapturePlace& place, const Unread& unread)
    {
        ++counts.unread;
        writer.add(place, unread);
    }

    MessageForm form;
    Pseudonyms pseudonyms;
    CardScrubber scrubber;
    MessageKeeper keeper;
    CaptureWriter writer;
    Counts counts;
    std::atomic<bool> failed{false};
    std::atomic<bool> has_met_tls{false};
    std::unique_ptr<Proxy> proxy; ///< last: its thread uses all the others
};

TrafficRecorder::TrafficRecorder(const RecordOptions& options, std::ostream& out)
    : impl_(std::make_unique<Impl>(options, out))
{
}

TrafficRecorder::~TrafficRecorder() = default;

Address TrafficRecorder::listens_on() const
{
    return impl_->proxy->door(0);
}

bool TrafficRecorder::has_failed() const
{
    return impl_->failed;
}

bool TrafficRecorder::has_met_tls() const
{
    return impl_->has_met_tls;
}

TrafficRecorder::Counts TrafficRecorder::stop()
{
    impl_->proxy.reset();
    if (!impl_->failed) impl_->writer.finish();
    return impl_->counts;
}

CLI::App* add_record(CLI::App& program, RecordOptions& options)
{
    CLI::App* const record = program.add_subcommand(
        "record", "a capture without card data of what passes between a client and a server");
    record->footer(
        "Example:\n  tollgate-sim record --listen 127.0.0.1:8584 --connect 127.0.0.1:8583 --dialect "
        "iso87-ascii --key-file captures.key --out shop.jsonl\n"
        "Ends on SIGINT and SIGTERM. Exit codes: 0 every frame was a message, 1 some were not, 2 wrong "
        "usage, 3 cannot listen, or the capture cannot be written.");
    record->add_option("--listen", options.listen, "HOST:PORT for the clients; port 0: a free one")
        ->required();
    record->add_option("--connect", options.connect, "HOST:PORT of the server")->required();
    add_capture_options(*record, options.capture);
    record->add_option("-o,--out", options.capture.out, "FILE of the capture")->required();
    return record;
}

Exit run_record(const RecordOptions& options, std::ostream& out, std::ostream& err)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr); // before the proxy's thread: it inherits the mask

    std::ofstream file(options.capture.out, std::ios::binary);
    if (!file) throw CaptureError(options.capture.out + ": cannot be written");
    TrafficRecorder recorder(options, file);
    out << "listening on " << text_of(recorder.listens_on()) << std::endl;

    bool has_told = false;
    constexpr timespec beat{0, 200'000'000};
    while (sigtimedwait(&signals, nullptr, &beat) < 0) {
        if (!recorder.has_failed() || std::exchange(has_told, true)) continue;
        err << "tollgate-sim: " << options.capture.out
            << ": cannot be written; the capture ends here, the traffic goes on\n";
    }
    const TrafficRecorder::Counts counts = recorder.stop();
    if (recorder.has_met_tls())
        err << "tollgate-sim: a client has spoken TLS, which a proxy cannot look into: record where it ends, "
               "by "
               "`tollgatectl record start`\n";
    err << counts.messages << " messages, " << counts.unread << " unread\n";
    if (recorder.has_failed()) return Exit::unreachable;
    return counts.unread == 0 ? Exit::done : Exit::differs;
}

} // namespace sim
