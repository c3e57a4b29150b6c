#include "net/control.hpp"

#include <boost/json.hpp>

namespace net {

namespace json = boost::json;

namespace {

constexpr std::int64_t seconds_max = 10 * 366 * 86'400;

struct Order {
    std::string command;
    std::string link;
    std::optional<std::chrono::milliseconds> time_max;
};

std::string text_in(const json::object& line, std::string_view key)
{
    const json::value* const value = line.if_contains(key);
    if (value == nullptr || !value->is_string()) throw RecordError(std::string(key) + ": expected a text");
    return std::string(value->get_string());
}

Order order_in(std::string_view line)
{
    json::error_code error;
    const json::value value = json::parse(line, error);
    if (error || !value.is_object()) throw RecordError("expected one JSON object on a line");
    const json::object& object = value.get_object();
    Order order{text_in(object, "command"), {}, {}};
    if (order.command != "record list") order.link = text_in(object, "link");
    if (const json::value* const seconds = object.if_contains("seconds")) {
        if (!seconds->is_int64() || seconds->get_int64() < 1 || seconds->get_int64() > seconds_max)
            throw RecordError("seconds: expected a number above 0");
        order.time_max = std::chrono::seconds(seconds->get_int64());
    }
    return order;
}

json::object object_of(const RecordingStatus& status)
{
    json::object object{{"link", status.link},
                        {"file", status.file},
                        {"started_at_us", status.started_at.time_since_epoch().count()},
                        {"records", status.records},
                        {"dropped", status.dropped},
                        {"bytes", status.bytes}};
    object["state"] = status.ended.empty() ? std::string("recording") : status.ended;
    return object;
}

json::array done(const Order& order, Recorder& recorder)
{
    json::array recordings;
    if (order.command == "record start")
        recordings.emplace_back(object_of(recorder.start(order.link, order.time_max)));
    else if (order.command == "record stop")
        recordings.emplace_back(object_of(recorder.stop(order.link)));
    else if (order.command == "record list")
        for (const RecordingStatus& status : recorder.list()) recordings.emplace_back(object_of(status));
    else
        throw RecordError("unknown command; there is record start, record stop and record list");
    return recordings;
}

} // namespace

std::string answer_to(std::string_view line, Recorder& recorder)
{
    try {
        return json::serialize(json::object{{"schema", "tollgate/recordings/1"},
                                            {"recordings", done(order_in(line), recorder)}});
    } catch (const std::exception& error) { // also of dialects and key files
        return json::serialize(json::object{{"error", error.what()}});
    }
}

Control::Control(const NodeConfig& node, std::shared_ptr<RecorderCounters> counters, Log& log)
    : recorder_(std::move(counters), log)
{
    if (node.control_socket)
        socket_.emplace(
            *node.control_socket, [this](std::string_view line) { return answer_to(line, recorder_); }, log);
}

void Control::start()
{
    if (socket_) socket_->start();
}

void Control::stop()
{
    if (socket_) socket_->stop();
    recorder_.stop_all();
}

} // namespace net
