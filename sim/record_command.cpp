#include "sim/record_command.hpp"

#include "sim/awaited_signals.hpp"
#include "sim/capture_output.hpp"

#include <mutex>
#include <ostream>

#include <CLI/CLI.hpp>

namespace sim {

namespace {

WallTime wall_time()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string line_of(const DoorNews& news, const std::string& server)
{
    switch (news.kind) {
    case DoorNews::Kind::server_lost:
        return "server " + server + " cannot be reached: " + news.why + "; clients are cut off until it can";
    case DoorNews::Kind::server_found:
        return "server " + server + " can be reached again";
    case DoorNews::Kind::accepting_paused:
        return "no client can be accepted: " + news.why + "; they wait until one can";
    case DoorNews::Kind::accepting_again:
        return "clients are accepted again";
    }
    return {};
}

} // namespace

struct TrafficRecorder::Impl {
    Impl(const RecordOptions& options, std::ostream& out)
        : out_name(options.capture.out), form(message_form_of(options.capture)),
          pseudonyms(pseudonyms_of(options.capture)), scrubber(&pseudonyms), keeper(form.dialect, scrubber),
          writer(out, options.capture.out, header_of(options))
    {
        writer.flush();
        Proxy::Settings settings;
        settings.framing = form.framing;
        settings.listen = parse_listen_address(options.listen);
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
        settings.door_news = [this, server = options.connect](const DoorNews& change) {
            tell(line_of(change, server));
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
            tell(out_name + ": cannot be written; the capture ends here, the traffic goes on");
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

    void tell(std::string line)
    {
        const std::lock_guard lock(mutex);
        news.push_back(std::move(line));
    }

    std::string out_name;
    std::mutex mutex; ///< of the news
    std::vector<std::string> news;
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

std::vector<std::string> TrafficRecorder::take_news()
{
    const std::lock_guard lock(impl_->mutex);
    return std::exchange(impl_->news, {});
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
    record
        ->add_option("-o,--out", options.capture.out, "FILE of the capture, replaced once the proxy listens")
        ->required();
    return record;
}

Exit run_record(const RecordOptions& options, std::ostream& out, std::ostream& err)
{
    const AwaitedSignals signals{SIGINT, SIGTERM};
    CaptureOutput file(options.capture.out);
    TrafficRecorder recorder(options, file.stream());
    file.take_place(); // nothing can be wrong with the options any more
    out << "listening on " << text_of(recorder.listens_on()) << std::endl;

    const auto tell_news = [&] {
        for (const std::string& line : recorder.take_news()) err << "tollgate-sim: " << line << std::endl;
    };
    constexpr std::chrono::milliseconds beat{200};
    while (signals.wait(beat) == 0) tell_news();
    const TrafficRecorder::Counts counts = recorder.stop();
    tell_news();
    if (recorder.has_met_tls())
        err << "tollgate-sim: a client has spoken TLS, which a proxy cannot look into: record where it ends, "
               "by "
               "`tollgatectl record start`\n";
    err << counts.messages << " messages, " << counts.unread << " unread\n";
    if (recorder.has_failed()) return Exit::unreachable;
    return counts.unread == 0 ? Exit::done : Exit::differs;
}

} // namespace sim
