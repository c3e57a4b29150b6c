#include "net/metrics.hpp"
#include "tests/support/http_get.hpp"
#include "tests/support/peer.hpp"
#include "tests/support/running_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>

using namespace wire;

namespace {

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// "name type" of each metric that is served.
std::set<std::string> served_metrics(const std::string& text)
{
    std::set<std::string> names;
    for (const std::string& line : lines_of(text))
        if (line.starts_with("# TYPE ")) names.insert(line.substr(7));
    return names;
}

/// The same from the table of the docs: | `name` | type | labels | meaning |
std::set<std::string> documented_metrics()
{
    std::ifstream file(TOLLGATE_SOURCE_DIR "/docs/metrics.md");
    std::set<std::string> names;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string bar, name, type;
        words >> bar >> name >> bar >> type;
        if (name.starts_with("`tollgate_") || name.starts_with("`process_"))
            names.insert(name.substr(1, name.size() - 2) + " " + type);
    }
    return names;
}

std::size_t series_of(const std::string& text)
{
    std::size_t count = 0;
    for (const std::string& line : lines_of(text)) count += line.starts_with("#") ? 0 : 1;
    return count;
}

/// The value of one series, as it stands there.
std::string value_of(const std::string& text, const std::string& series)
{
    for (const std::string& line : lines_of(text))
        if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
    return "";
}

/// What stands in quotes.
std::vector<std::string> label_values_of(const std::string& series)
{
    std::vector<std::string> values;
    std::istringstream parts(series);
    for (std::string name, value; std::getline(parts, name, '"') && std::getline(parts, value, '"');)
        values.push_back(value);
    return values;
}

/// A word, an edge of a histogram, or a number of at most four digits.
bool is_harmless(const std::string& value)
{
    const auto digits =
        std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool is_number = value.find_first_not_of("0123456789.e-") == std::string::npos;
    return digits == 0 || digits <= 4 || (is_number && value.find('.') != std::string::npos);
}

struct Node {
    net::Log log{net::Log::Level::info, [](std::string_view) {}};
    std::shared_ptr<net::NodeCounters> counters = std::make_shared<net::NodeCounters>();

    std::string text() const
    {
        return net::metrics_text({counters, &log, [] { return std::size_t{7}; }});
    }
};

/// Every MTI, code, kind and reason that can be counted, and more that is folded into "other".
void count_everything(net::LinkCounters& link)
{
    for (int number = 0; number < 10'000; ++number) {
        const std::string digits = std::to_string(number);
        const auto mti = codec::Mti::parse(std::string(4 - digits.size(), '0') + digits).value();
        link.received(mti);
        if (mti.is_answer() && mti.version() == '0') link.sent(net::tag_of(mti, "00", {}), {});
    }
    for (int kind = 0; kind < 6; ++kind)
        for (int code = 0; code < 1'000; ++code)
            link.sent(net::tag_of({}, std::to_string(code), static_cast<net::RequestKind>(kind)), {});
    for (auto& counter : link.frames_rejected) counter.add();
    for (auto& counter : link.requests_shed) counter.add();
    for (int i = 0; i < 100; ++i) link.closed(std::string(1, static_cast<char>('a' + i % 26)) + "_reason");
    link.certificate_expiry.set(1);
}

} // namespace

TEST_CASE("metrics: what is served is what the docs list")
{
    Node node;
    node.counters->show(node.counters->of_link("acq-a"));
    CHECK(served_metrics(node.text()) == documented_metrics());
}

TEST_CASE("metrics: twenty links to which everything has happened are fewer than 5,000 series")
{
    Node node;
    for (int i = 0; i < 20; ++i) {
        const auto link = node.counters->of_link("link-" + std::to_string(i));
        count_everything(*link);
        node.counters->show(link);
    }
    const std::size_t series = series_of(node.text());
    MESSAGE("series: ", series);
    CHECK(series < 5'000);
    CHECK(series > 2'000); // or else nothing was counted
}

TEST_CASE("metrics: nothing that a message says becomes a label")
{
    Node node;
    node.counters->show(node.counters->of_link("acq-a"));
    net::LinkCounters& link = *node.counters->of_link("acq-a");
    link.closed(pan);
    link.closed("Peer " + pan);
    link.closed("");
    link.sent(net::tag_of(codec::Mti::parse("9999").value(), pan, net::RequestKind::sale), {});
    link.sent(net::tag_of(codec::Mti::parse("0210").value(), "A1", net::RequestKind::sale), {});
    link.received(codec::Mti::parse("4000").value());
    const std::string text = node.text();
    CHECK(value_of(text, "tollgate_connection_events_total{link=\"acq-a\",event=\"closed_other\"}") == "3");
    CHECK(value_of(text, "tollgate_requests_total{link=\"acq-a\",kind=\"sale\",rc=\"other\"}") == "2");
    CHECK(value_of(text, "tollgate_messages_received_total{link=\"acq-a\",mti=\"other\"}") == "1");
    CHECK(text.find("4000") == std::string::npos);
}

TEST_CASE("metrics: every label value is a word or a short number")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    config.admin.address = net::Endpoint{"127.0.0.1", 0};
    RunningServer server(books, config);
    const Peer peer(server.port());
    CHECK(peer.code_of(sale()) == "00");
    CHECK(peer.code_of(with(sale("000002"), {{2, foreign_pan}})) == "15");
    Bytes broken = frame(sale("000003"));
    const std::string amount = "000000000100";
    *std::search(broken.begin(), broken.end(), amount.begin(), amount.end()) = 'X';
    peer.send(broken);
    CHECK(unframe(peer.read_frame().value()).get(39) == "30");
    CHECK(peer.code_of(reversal(sale())) == "00");
    const Peer bad(server.port());
    bad.send(frame(Bytes(pan.begin(), pan.end())));
    CHECK(bad.is_ended());
    const std::string text = http_client::get(server.admin_port(), "/metrics").body;
    std::size_t labels = 0;
    for (const std::string& line : lines_of(text)) {
        if (line.starts_with("#") || line.starts_with("tollgate_build_info")) continue;
        const std::string head = line.substr(0, line.find("} "));
        for (const std::string& value : label_values_of(head)) {
            CAPTURE(line);
            CHECK(is_harmless(value));
            ++labels;
        }
        CHECK(head.find("400000") == std::string::npos);
    }
    CHECK(labels > 100);
}

TEST_CASE("metrics: a conversation is counted")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    config.admin.address = net::Endpoint{"127.0.0.1", 0};
    RunningServer server(books, config);
    const auto metric = [&](const std::string& series) {
        return value_of(http_client::get(server.admin_port(), "/metrics").body, series);
    };
    const Peer peer(server.port());
    const Bytes sold = frame(sale());
    CHECK(peer.code_of(sale()) == "00");
    CHECK(peer.code_of(with(sale("000002"), {{2, foreign_pan}})) == "15");
    CHECK(peer.code_of(reversal(sale())) == "00");
    CHECK(peer.code_of(management("301")) == "00");
    CHECK(peer.ask(without(sale("000004"), {4})).get(39) == "30");
    const Bytes echo = frame(management("301"));
    const std::size_t received = sold.size() * 2 + frame(reversal(sale())).size() + echo.size() +
                                 frame(without(sale("000004"), {4})).size();
    struct Row {
        const char* series;
        std::string value;
    };
    const Row rows[] = {
        {"tollgate_messages_received_total{link=\"acq-a\",mti=\"0200\"}", "3"},
        {"tollgate_messages_received_total{link=\"acq-a\",mti=\"0420\"}", "1"},
        {"tollgate_messages_received_total{link=\"acq-a\",mti=\"0800\"}", "1"},
        {"tollgate_messages_sent_total{link=\"acq-a\",mti=\"0210\"}", "3"},
        {"tollgate_received_bytes_total{link=\"acq-a\"}", std::to_string(received)},
        {"tollgate_requests_total{link=\"acq-a\",kind=\"sale\",rc=\"00\"}", "1"},
        {"tollgate_requests_total{link=\"acq-a\",kind=\"sale\",rc=\"15\"}", "1"},
        {"tollgate_requests_total{link=\"acq-a\",kind=\"reversal\",rc=\"00\"}", "1"},
        {"tollgate_requests_total{link=\"acq-a\",kind=\"network\",rc=\"00\"}", "1"},
        {"tollgate_requests_total{link=\"acq-a\",kind=\"other\",rc=\"30\"}", "1"},
        {"tollgate_frames_rejected_total{link=\"acq-a\",reason=\"spec\"}", "1"},
        {"tollgate_request_duration_seconds_count{kind=\"sale\",result=\"approved\"}", "1"},
        {"tollgate_request_duration_seconds_bucket{kind=\"sale\",result=\"declined\",le=\"+Inf\"}", "1"},
        {"tollgate_in_flight_requests{link=\"acq-a\"}", "0"},
        {"tollgate_in_flight_limit{link=\"acq-a\"}", "4000"},
        {"tollgate_link_signed_on{link=\"acq-a\"}", "1"},
        {"tollgate_connections{link=\"acq-a\",state=\"open\"}", "1"},
        {"tollgate_connection_events_total{link=\"acq-a\",event=\"opened\"}", "1"},
        {"tollgate_journal_batch_records_sum", "3"},
        {"tollgate_journal_queue_records", "0"},
        {"tollgate_log_records_total{level=\"error\"}", "0"},
    };
    // An answer is counted when the kernel has it; the peer may be quicker than the count.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    for (const Row& row : rows) {
        CAPTURE(row.series);
        while (metric(row.series) != row.value && std::chrono::steady_clock::now() < end)
            std::this_thread::yield();
        CHECK(metric(row.series) == row.value);
    }
}

TEST_CASE("metrics: requests in flight, and connections that end")
{
    SharedBooks books;
    net::Config config = RunningServer::good_config();
    config.admin.address = net::Endpoint{"127.0.0.1", 0};
    RunningServer server(books, config);
    const auto metric = [&](const std::string& series) {
        return value_of(http_client::get(server.admin_port(), "/metrics").body, series);
    };
    Peer peer(server.port());
    books.shut();
    peer.send(frame(sale()) + frame(sale()) + frame(sale("000002")));
    books.wait_for_requests(1);
    CHECK(peer.code_of(management("301")) == "00"); // by now all are read
    CHECK(metric("tollgate_in_flight_requests{link=\"acq-a\"}") == "2");
    CHECK(metric("tollgate_requests_duplicate_total{link=\"acq-a\"}") == "1");
    peer.reset();
    server.wait_logged("connection_closed");
    CHECK(metric("tollgate_connection_events_total{link=\"acq-a\",event=\"closed_peer_gone\"}") == "1");
    while (metric("tollgate_connections{link=\"acq-a\",state=\"open\"}") !=
           "0") { // a coroutine may hold it still
    }
    CHECK(metric("tollgate_in_flight_requests{link=\"acq-a\"}") == "0");
    CHECK(metric("tollgate_link_signed_on{link=\"acq-a\"}") == "0");
    CHECK(metric("tollgate_link_up{link=\"acq-a\"}") == "0");
    books.open();
}

TEST_CASE("metrics: a histogram counts each value in the first bucket that holds it")
{
    struct Row {
        std::int64_t us;
        std::size_t bucket;
    };
    const Row rows[] = {{-1, 0}, {0, 0}, {500, 0}, {501, 1}, {1'000, 1}, {10'000'000, 24}, {10'000'001, 25}};
    for (const Row& row : rows) {
        CAPTURE(row.us);
        net::Histogram histogram;
        histogram.add(row.us);
        for (std::size_t i = 0; i <= 25; ++i) CHECK(histogram.count(i) == (i == row.bucket ? 1 : 0));
        CHECK(histogram.sum() == static_cast<std::uint64_t>(std::max<std::int64_t>(row.us, 0)));
    }
}
