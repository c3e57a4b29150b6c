#include "sim/chaos_proxy.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace sim {

namespace json = boost::json;

namespace {

std::string_view name_of(DoorNews::Kind kind)
{
    switch (kind) {
    case DoorNews::Kind::server_lost:
        return "server_lost";
    case DoorNews::Kind::server_found:
        return "server_found";
    case DoorNews::Kind::accepting_paused:
        return "accepting_paused";
    case DoorNews::Kind::accepting_again:
        return "accepting_again";
    }
    return "";
}

} // namespace

ChaosProxy::ChaosProxy(Settings settings, std::ostream& out) : settings_(std::move(settings)), out_(out)
{
    Proxy::Settings proxy;
    proxy.framing = settings_.form.framing;
    proxy.listen = settings_.listen;
    proxy.at_end = Proxy::AtEnd::pass_on;
    proxy.treat = [this](const PassingFrame& frame) { return treat(frame); };
    proxy.broken = [this](const BrokenStream& stream) { tell_broken(stream); };
    proxy.door_news = [this](const DoorNews& news) { tell_news(news); };
    proxy_ = std::make_unique<Proxy>(std::move(proxy));
    const json::object event{{"event", "listening"},
                             {"address", text_of(address())},
                             {"server", text_of(settings_.server)},
                             {"rules", settings_.rules.size()}};
    tell(event);
    proxy_->lead(0, settings_.server);
}

ChaosProxy::~ChaosProxy()
{
    sender_waits_ = proxy_->sender_waits();
    proxy_.reset();
    tell_counts();
}

void ChaosProxy::tell(const json::object& event)
{
    const std::lock_guard lock(mutex_);
    out_ << json::serialize(event) << std::endl;
}

Treatment ChaosProxy::treat(const PassingFrame& frame)
{
    ++(frame.direction == Direction::request ? requests_ : answers_);
    const SeenFrame seen(frame, *settings_.dialect, settings_.form.header);
    for (std::size_t i = 0; i < settings_.rules.size(); ++i) {
        ChaosRule& rule = settings_.rules[i];
        if (!rule.filter.matches(seen)) continue;
        ++rule.strikes;
        tell_strike(seen, i);
        return rule.treatment;
    }
    return {};
}

/// MTI and STAN name the message; nothing else of it is told.
void ChaosProxy::tell_strike(const SeenFrame& seen, std::size_t rule)
{
    const PassingFrame& frame = seen.frame();
    json::object event{{"event", "struck"},
                       {"rule", rule + 1},
                       {"action", text_of(settings_.rules[rule].treatment)},
                       {"connection", frame.connection},
                       {"from", frame.direction == Direction::request ? "client" : "server"},
                       {"number", frame.number}};
    if (seen.has_mti()) event["mti"] = seen.message().mti().text();
    if (seen.message().has(11)) event["stan"] = seen.message().get(11);
    tell(event);
}

void ChaosProxy::tell_broken(const BrokenStream& stream)
{
    const json::object event{{"event", "broken"},
                             {"connection", stream.connection},
                             {"from", stream.direction == Direction::request ? "client" : "server"},
                             {"why", stream.why}};
    tell(event);
}

void ChaosProxy::tell_news(const DoorNews& news)
{
    json::object event{{"event", name_of(news.kind)}};
    if (news.kind == DoorNews::Kind::server_lost || news.kind == DoorNews::Kind::server_found)
        event["server"] = text_of(settings_.server);
    if (!news.why.empty()) event["why"] = news.why;
    tell(event);
}

void ChaosProxy::tell_counts()
{
    json::array rules;
    for (const ChaosRule& rule : settings_.rules)
        rules.push_back(json::object{{"rule", rule.text}, {"strikes", rule.strikes}});
    const json::object event{
        {"event", "counts"},       {"schema", "tollgate/chaos/1"},  {"from_client", requests_},
        {"from_server", answers_}, {"sender_waits", sender_waits_}, {"rules", std::move(rules)}};
    tell(event);
}

} // namespace sim
