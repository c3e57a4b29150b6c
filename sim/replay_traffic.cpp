#include "sim/replay_traffic.hpp"

#include "codec/decode.hpp"
#include "codec/frame_rule.hpp"
#include "sim/msg_envelope.hpp"
#include "sim/msg_input.hpp"
#include "sim/network_model.hpp"
#include "sim/replay_links.hpp"

#include <algorithm>
#include <map>

namespace sim {

namespace {

WireForm form_of(const CaptureHeader& header)
{
    check_names({header.framing, header.header});
    if (header.framing == "none") throw InputError("framing none: a stream without frames has no messages");
    WireForm form;
    form.framing.rule = codec::find_frame_rule(header.framing);
    form.header = *codec::find_header(header.header);
    return form;
}

bool is_mac(const std::string& dropped)
{
    return dropped == "64" || dropped == "128" || dropped == "192";
}

/// The capture's requests one after the other; answers find theirs.
class Reader {
public:
    explicit Reader(const codec::Dialect& dialect, ReplayTraffic& traffic)
        : dialect_(dialect), traffic_(traffic)
    {
    }

    void take(const CaptureRecord& record)
    {
        if (record.unread) {
            ++traffic_.unread;
            return;
        }
        const codec::Message message = message_of(record);
        const bool is_answer = message.mti().is_answer();
        if (record.place.direction == Direction::request && !is_answer)
            take_request(record, message);
        else if (record.place.direction == Direction::answer && is_answer)
            take_answer(record, message);
        else
            ++traffic_.from_server;
    }

private:
    [[nodiscard]] codec::Message message_of(const CaptureRecord& record) const
    {
        try {
            const Bytes wire = wire_of(dialect_, record);
            const auto decoded = codec::decode(dialect_, wire);
            if (!decoded) throw InputError("does not fit its dialect");
            codec::Message message = *decoded; // a copy owns its bytes
            return message;
        } catch (const InputError& error) {
            throw CaptureError("record " + std::to_string(record.number) + ": " + error.what());
        }
    }

    [[nodiscard]] static std::string place_key(const CaptureRecord& record, const std::string& key)
    {
        return std::to_string(record.place.connection) + "|" + key;
    }

    void take_request(const CaptureRecord& record, const codec::Message& message)
    {
        ReplayRequest request;
        request.number = record.number;
        request.at = record.place.at;
        request.connection = record.place.connection;
        request.message = message;
        request.had_mac = std::any_of(record.dropped.begin(), record.dropped.end(), is_mac);
        const std::string key = answer_key(codec::answer_to(message.mti()), message);
        waiting_[place_key(record, key)].push_back(traffic_.requests.size());
        traffic_.requests.push_back(std::move(request));
    }

    void take_answer(const CaptureRecord& record, const codec::Message& message)
    {
        auto& waiting = waiting_[place_key(record, answer_key(message.mti(), message))];
        if (waiting.empty()) {
            ++traffic_.answers_alone;
            return;
        }
        traffic_.requests[waiting.front()].answer =
            CapturedAnswer{record.number, record.place.at, message, record.dropped};
        waiting.erase(waiting.begin());
    }

    const codec::Dialect& dialect_;
    ReplayTraffic& traffic_;
    std::map<std::string, std::vector<std::size_t>> waiting_; ///< requests without an answer, oldest first
};

} // namespace

ReversalKinds ReversalKinds::of(const NetworkModel& network)
{
    ReversalKinds found{{}};
    for (const char* const kind : {"reversal", "partial_reversal"})
        for (const char* const original : {"sale", "cancel", "refund", ""})
            if (const MessageTemplate* const made = network.find(kind, original))
                found.kinds.emplace_back(made->mti.text().substr(1, 2));
    std::sort(found.kinds.begin(), found.kinds.end());
    found.kinds.erase(std::unique(found.kinds.begin(), found.kinds.end()), found.kinds.end());
    return found;
}

std::vector<std::vector<std::size_t>> ReplayTraffic::groups() const
{
    std::map<std::size_t, std::vector<std::size_t>> by_group;
    for (std::size_t i = 0; i < requests.size(); ++i) by_group[requests[i].group].push_back(i);
    std::vector<std::vector<std::size_t>> all;
    for (auto& [group, places] : by_group)
        if (places.size() > 1) all.push_back(std::move(places));
    return all;
}

ReplayTraffic traffic_of(const Capture& capture, const ReversalKinds& reversals)
{
    ReplayTraffic traffic;
    traffic.dialect = codec::dialect_named(capture.header.dialect);
    traffic.form = form_of(capture.header);
    std::vector<const CaptureRecord*> by_time;
    for (const CaptureRecord& record : capture.records) by_time.push_back(&record);
    std::stable_sort(by_time.begin(), by_time.end(),
                     [](const auto* a, const auto* b) { return a->place.at < b->place.at; });
    Reader reader(*traffic.dialect, traffic);
    for (const CaptureRecord* const record : by_time) reader.take(*record);
    link_requests(traffic.requests, reversals);
    return traffic;
}

std::string answer_key(codec::Mti answer, const codec::Message& message)
{
    std::string key(answer.text());
    for (const int de : {11, 7, 41}) key.append("|").append(message.get(de));
    return key;
}

} // namespace sim
