#include "net/metrics.hpp"

#include "net/process_metrics.hpp"

#include <prometheus/text_serializer.h>

#include <sstream>

namespace net {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = ClientMetric::Label;
using Labels = std::vector<Label>;
using Links = std::vector<std::shared_ptr<LinkCounters>>;

/// One metric in the making: `family.count({{"link", name}}, 7)` adds a series.
class Family {
public:
    Family(std::string name, MetricType type, std::string help)
    {
        family_.name = "tollgate_" + std::move(name);
        family_.help = std::move(help);
        family_.type = type;
    }

    Family& value(Labels labels, double value)
    {
        ClientMetric& metric = add(std::move(labels));
        if (family_.type == MetricType::Counter)
            metric.counter.value = value;
        else
            metric.gauge.value = value;
        return *this;
    }
    Family& value(Labels labels, const Counter& counter)
    {
        return value(std::move(labels), static_cast<double>(counter.value()));
    }
    Family& value(Labels labels, const Gauge& gauge)
    {
        return value(std::move(labels), static_cast<double>(gauge.value()));
    }
    /// A series per label value that something has happened to.
    template <class Counts, class Names>
    Family& values(const Labels& labels, const char* name, const Counts& counts, const Names& names)
    {
        for (std::size_t i = 0; i < std::size(names); ++i)
            if (counts[i].value() > 0) value(with(labels, name, names[i]), counts[i]);
        return *this;
    }
    /// unit   what one of the histogram's units is in those of the metric
    Family& histogram(Labels labels, const Histogram& from, double unit)
    {
        auto& to = add(std::move(labels)).histogram;
        for (std::size_t i = 0; i < from.edges().size(); ++i) {
            to.sample_count += from.count(i);
            to.bucket.push_back({to.sample_count, static_cast<double>(from.edges()[i]) * unit});
        }
        to.sample_count += from.count(from.edges().size());
        to.bucket.push_back({to.sample_count, std::numeric_limits<double>::infinity()});
        to.sample_sum = static_cast<double>(from.sum()) * unit;
        return *this;
    }

    static Labels with(Labels labels, std::string name, std::string_view value)
    {
        labels.push_back({std::move(name), std::string(value)});
        return labels;
    }
    MetricFamily take() { return std::move(family_); }
    /// Metrics that every process has.
    MetricFamily take_as(std::string name)
    {
        family_.name = std::move(name);
        return take();
    }

private:
    ClientMetric& add(Labels labels)
    {
        family_.metric.emplace_back();
        family_.metric.back().label = std::move(labels);
        return family_.metric.back();
    }

    MetricFamily family_;
};

constexpr auto counter = MetricType::Counter;
constexpr auto gauge = MetricType::Gauge;
constexpr auto histogram = MetricType::Histogram;
constexpr double microsecond = 1e-6; // in seconds

/// A family with one or more series for each link.
template <class Add> MetricFamily per_link(const Links& links, Family family, Add add)
{
    for (const auto& link : links) add(family, Labels{{"link", link->link}}, *link);
    return family.take();
}

/// By type, in the link's version.
template <class Counts>
void add_messages(Family& family, const Labels& labels, const LinkCounters& link, const Counts& counts)
{
    std::vector<std::string> types;
    for (const std::string_view type : mti_labels)
        types.push_back(type == "other" ? std::string(type) : link.mti_version.load() + std::string(type));
    family.values(labels, "mti", counts, types);
}

void add_traffic(std::vector<MetricFamily>& all, const Links& links)
{
    all.push_back(per_link(links, {"messages_received_total", counter, "Whole messages read, by type."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               add_messages(family, labels, link, link.messages_received);
                           }));
    all.push_back(per_link(links, {"messages_sent_total", counter, "Messages handed to the kernel, by type."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               add_messages(family, labels, link, link.messages_sent);
                           }));
    all.push_back(per_link(links, {"received_bytes_total", counter, "Bytes read."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.value(labels, link.bytes_received);
                           }));
    all.push_back(per_link(links, {"sent_bytes_total", counter, "Bytes handed to the kernel."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.value(labels, link.bytes_sent);
                           }));
    all.push_back(per_link(links, {"frames_rejected_total", counter, "Frames and messages not taken."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.values(labels, "reason", link.frames_rejected, rejected_labels);
                           }));
}

void add_requests(std::vector<MetricFamily>& all, const Links& links, const RequestTimes& times)
{
    all.push_back(per_link(links, {"requests_total", counter, "Answered requests, by kind and DE39."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               for (std::size_t kind = 0; kind < std::size(kind_labels); ++kind)
                                   family.values(Family::with(labels, "kind", kind_labels[kind]), "rc",
                                                 link.requests[kind], code_labels);
                           }));
    Family took{"request_duration_seconds", histogram,
                "First byte of a request to hand-over of its answer to the kernel."};
    for (std::size_t kind = 0; kind < std::size(kind_labels); ++kind)
        for (std::size_t result = 0; result < std::size(result_labels); ++result)
            took.histogram(
                {{"kind", std::string(kind_labels[kind])}, {"result", std::string(result_labels[result])}},
                times.by_kind_and_result[kind][result], microsecond);
    all.push_back(took.take());
    all.push_back(per_link(links, {"requests_duplicate_total", counter, "Copies of a request in flight."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.value(labels, link.requests_joined);
                           }));
    all.push_back(per_link(links,
                           {"requests_shed_total", counter, "Requests met with silence: too much to do."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.values(labels, "reason", link.requests_shed, shed_labels);
                           }));
    all.push_back(per_link(links,
                           {"responses_late_total", counter, "Answers not sent: the cut-off came first."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.value(labels, link.answers_late);
                           }));
    all.push_back(per_link(links, {"in_flight_requests", gauge, "Requests without an answer yet."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.value(labels, link.in_flight);
                           }));
    all.push_back(per_link(links, {"in_flight_limit", gauge, "The limit of one connection."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.value(labels, link.in_flight_limit);
                           }));
}

void add_connection_events(Family& family, const Labels& labels, const LinkCounters& link)
{
    family.value(Family::with(labels, "event", "opened"), link.connections_opened);
    family.value(Family::with(labels, "event", "refused"), link.connections_refused);
    family.value(Family::with(labels, "event", "tls_failed"), link.handshakes_failed);
    family.value(Family::with(labels, "event", "session_up"), link.sessions_up);
    family.value(Family::with(labels, "event", "session_down"), link.sessions_down);
    for (const auto& [reason, count] : link.connections_closed.values())
        family.value(Family::with(labels, "event", "closed_" + reason), static_cast<double>(count));
}

void add_connections(std::vector<MetricFamily>& all, const Links& links)
{
    all.push_back(per_link(links, {"connections", gauge, "Connections, by state."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               for (std::size_t i = 0; i < std::size(state_labels); ++i)
                                   family.value(Family::with(labels, "state", state_labels[i]),
                                                link.connections[i]);
                           }));
    all.push_back(per_link(links, {"connection_events_total", counter, "What happened to connections."},
                           add_connection_events));
    all.push_back(per_link(links, {"link_up", gauge, "1 when a connection of the link is open."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               const auto& open = link.connections[std::size_t(ConnectionState::open)];
                               family.value(labels, open.value() > 0 ? 1.0 : 0.0);
                           }));
    all.push_back(per_link(links, {"link_signed_on", gauge, "1 when a connection of it may send requests."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.value(labels, link.signed_on.value() > 0 ? 1.0 : 0.0);
                           }));
    all.push_back(per_link(links, {"link_echo_duration_seconds", histogram, "Our echoes to their answers."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               family.histogram(labels, link.echo_us, microsecond);
                           }));
    all.push_back(per_link(links,
                           {"tls_certificate_expiry_timestamp_seconds", gauge, "End of our certificate."},
                           [](Family& family, const Labels& labels, const LinkCounters& link) {
                               if (link.certificate_expiry.value() > 0)
                                   family.value(labels, link.certificate_expiry);
                           }));
}

void add_store(std::vector<MetricFamily>& all, const QueueCounters& queue, std::size_t records)
{
    all.push_back(
        Family{"journal_commit_duration_seconds", histogram, "Committed transactions, begin to end."}
            .histogram({}, queue.commit_us, microsecond)
            .take());
    all.push_back(Family{"journal_batch_records", histogram, "Requests of one committed transaction."}
                      .histogram({}, queue.batch_records, 1)
                      .take());
    all.push_back(Family{"journal_queue_records", gauge, "Requests and reversals that wait for their turn."}
                      .value({}, static_cast<double>(records))
                      .take());
    Family errors{"store_errors_total", counter, "Transactions that were not committed."};
    const auto add = [&](const char* reason, const Counter& count) {
        errors.value({{"operation", "batch"}, {"reason", reason}}, count);
    };
    add("retry", queue.retried);
    add("in_doubt", queue.in_doubt);
    add("poisoned", queue.poisoned);
    all.push_back(errors.take());
    all.push_back(Family{"own_undos_total", counter, "Effects undone because nobody got their approval."}
                      .value({}, queue.own_undos)
                      .take());
}

void add_node(std::vector<MetricFamily>& all, const NodeCounters& node)
{
    all.push_back(Family{"event_loop_lag_seconds", histogram, "Beats of an I/O thread, after their time."}
                      .histogram({{"loop", "io"}}, node.health.late_us, microsecond)
                      .take());
    all.push_back(Family{"config_last_reload_successful", gauge, "1: what the files said is what runs."}
                      .value({}, node.reloads.has_failed() ? 0.0 : 1.0)
                      .take());
    const std::chrono::duration<double> succeeded = node.reloads.succeeded_at().time_since_epoch();
    all.push_back(
        Family{"config_last_reload_success_timestamp_seconds", gauge, "Or the start, when there was none."}
            .value({}, succeeded.count())
            .take());
}

void add_recorder(std::vector<MetricFamily>& all, const RecorderCounters& recorder)
{
    all.push_back(Family{"recorder_records_total", counter, "Records written to captures."}
                      .value({}, recorder.records)
                      .take());
    all.push_back(Family{"recorder_dropped_total", counter, "Messages not recorded: they came too fast."}
                      .value({}, recorder.dropped)
                      .take());
}

void add_log(std::vector<MetricFamily>& all, const Log::Counts& counts)
{
    Family records{"log_records_total", counter, "Log lines, by level."};
    constexpr const char* levels[] = {"debug", "info", "warning", "error"};
    for (std::size_t i = 0; i < std::size(levels); ++i)
        records.value({{"level", levels[i]}}, static_cast<double>(counts.records[i]));
    all.push_back(records.take());
    Family dropped{"log_dropped_total", counter, "Log lines lost, by reason."};
    dropped.value({{"reason", "rate"}}, static_cast<double>(counts.left_out));
    dropped.value({{"reason", "queue"}}, static_cast<double>(counts.queue_full));
    dropped.value({{"reason", "write"}}, static_cast<double>(counts.not_written));
    all.push_back(dropped.take());
}

void add_process(std::vector<MetricFamily>& all)
{
    const ProcessFigures figures = process_figures();
    all.push_back(
        Family{"build_info", gauge, "1; the labels tell what runs."}
            .value({{"version", TOLLGATE_VERSION}, {"commit", TOLLGATE_COMMIT}, {"compiler", __VERSION__}}, 1)
            .take());
    const auto add = [&](const char* name, MetricType type, const char* help, double value) {
        all.push_back(Family{"", type, help}.value({}, value).take_as(name));
    };
    add("process_cpu_seconds_total", counter, "User and system time.", figures.cpu_seconds);
    add("process_resident_memory_bytes", gauge, "Memory that is present.",
        static_cast<double>(figures.resident_bytes));
    add("process_open_fds", gauge, "Open descriptors.", static_cast<double>(figures.open_fds));
    add("process_max_fds", gauge, "Their limit.", static_cast<double>(figures.max_fds));
    add("process_start_time_seconds", gauge, "Start, since 1970.", figures.start_time_seconds);
}

} // namespace

std::string metrics_text(const MetricsSources& sources)
{
    const Links links = sources.counters->links();
    std::vector<MetricFamily> all;
    add_traffic(all, links);
    add_requests(all, links, *sources.counters->times);
    add_connections(all, links);
    add_store(all, *sources.counters->queue, sources.queue_records ? sources.queue_records() : 0);
    add_node(all, *sources.counters);
    add_recorder(all, *sources.counters->recorder);
    add_log(all, sources.log->counts());
    add_process(all);
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, all);
    return std::move(text).str();
}

} // namespace net
