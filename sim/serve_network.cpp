#include "sim/serve_network.hpp"

#include <boost/json.hpp>

#include <ostream>
#include <sstream>
#include <thread>

namespace sim {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds tick_pause{5};
constexpr std::chrono::milliseconds write_pause{50};
constexpr std::chrono::seconds sign_off_limit{2};

} // namespace

ServeNetwork::ServeNetwork(std::shared_ptr<const NetworkModel> network, ServePlan plan, Settings settings,
                           std::ostream& events)
    : network_(std::move(network)), settings_(std::move(settings)), events_(events),
      writer_(*network_, settings_.role.seed + 1), business_date_(business_date_now()),
      days_(settings_.settlement_folder, settings_.settlement_retry,
            {[this](const std::filesystem::path& file, const SettlementDay& day) { tell_written(file, day); },
             [this](const SettlementDay& day, const std::string& why) { tell_put_off(day, why); }})
{
    role_ = std::make_unique<NetworkRole>(
        *network_, std::move(plan), settings_.role,
        [this](std::size_t link, std::span<const std::uint8_t> message) { links_->send(link, message); });
    links_ = std::make_unique<ServeLinks>(
        *network_, writer_, settings_.links,
        ServeLinks::Events{[this](std::size_t link) {
                               role_->link_up(link);
                               tell_link(link, "up");
                           },
                           [this](std::size_t link) {
                               role_->link_down(link);
                               tell_link(link, "down");
                           },
                           [this](std::size_t link, const std::string& why) { tell_failed(link, why); },
                           [this](const codec::Message& message) { role_->received(message); }});
    for (std::size_t i = 0; i < links_->addresses().size(); ++i) {
        const bool listens = settings_.links.side == ServeLinks::Side::listens;
        const json::object event{{"event", listens ? "listening" : "dialling"},
                                 {"link", i},
                                 {"address", text_of(links_->addresses()[i])}};
        events_ << json::serialize(event) << std::endl;
    }
    tick();
}

void ServeNetwork::tick()
{
    const auto now = Clock::now();
    links_->tick(now);
    role_->tick(now);
    cut_over_by_the_clock();
    days_.retry(now);
    links_->wire().after(tick_pause, [this] { tick(); });
}

bool ServeNetwork::run_until(const std::function<bool()>& done, Clock::time_point deadline)
{
    return links_->wire().run_until(done, deadline);
}

std::string ServeNetwork::business_date_now() const
{
    const auto now_ms = static_cast<std::int64_t>(wall_clock_us() / 1000);
    return business_date(now_ms + network_->local_ahead_ms(), settings_.cutover_ms);
}

void ServeNetwork::cut_over_by_the_clock()
{
    if (business_date_ != business_date_now()) cut_over();
}

void ServeNetwork::cut_over()
{
    links_->cut_over();
    settle(std::exchange(business_date_, business_date_now()), role_->take_final());
}

ServeNetwork::End ServeNetwork::end(const std::function<bool()>& is_hurried)
{
    role_->stop_traffic();
    events_ << R"({"event":"draining"})" << std::endl;
    (void)run_until([&] { return role_->is_settled() || is_hurried(); }, Clock::now() + settings_.drain);
    const bool is_settled = role_->is_settled();
    links_->sign_off();
    (void)run_until([this] { return links_->is_all_down(); }, Clock::now() + sign_off_limit);
    settle(business_date_, role_->take_all());
    const auto limit = Clock::now() + settings_.drain;
    while (!days_.unwritten().empty() && Clock::now() < limit && !is_hurried()) {
        std::this_thread::sleep_for(write_pause);
        days_.retry(Clock::now());
    }
    tell_unwritten();
    tell_state();
    if (!days_.unwritten().empty()) return End::not_written;
    return is_settled ? End::settled : End::left_open;
}

void ServeNetwork::rescue()
{
    settle(business_date_, role_->take_all());
    tell_unwritten();
}

void ServeNetwork::settle(const std::string& date, std::vector<SettlementLine> lines)
{
    days_.add({network_->name(), date, std::move(lines)}, Clock::now());
}

void ServeNetwork::tell_written(const std::filesystem::path& file, const SettlementDay& day)
{
    const json::object event{{"event", "settlement"},
                             {"file", file.string()},
                             {"business_date", day.business_date},
                             {"transactions", day.lines.size()}};
    events_ << json::serialize(event) << std::endl;
}

void ServeNetwork::tell_put_off(const SettlementDay& day, const std::string& why)
{
    const json::object event{{"event", "settlement_put_off"},
                             {"why", why},
                             {"business_date", day.business_date},
                             {"transactions", day.lines.size()}};
    events_ << json::serialize(event) << std::endl;
}

/// Row by row: put together they are the file.
void ServeNetwork::tell_unwritten()
{
    for (const SettlementDay& day : days_.unwritten()) {
        std::istringstream rows(text_of(day));
        for (std::string row; std::getline(rows, row);) {
            const json::object event{
                {"event", "settlement_row"}, {"business_date", day.business_date}, {"row", row}};
            events_ << json::serialize(event) << "\n";
        }
        events_ << std::flush;
    }
}

void ServeNetwork::tell_link(std::size_t link, std::string_view state)
{
    const json::object event{{"event", "link"}, {"link", link}, {"state", state}};
    events_ << json::serialize(event) << std::endl;
}

void ServeNetwork::tell_failed(std::size_t link, const std::string& why)
{
    const json::object event{{"event", "link"}, {"link", link}, {"state", "failed"}, {"why", why}};
    events_ << json::serialize(event) << std::endl;
}

void ServeNetwork::tell_state()
{
    const NetworkRole::Counts& counts = role_->counts();
    const ServeLinks::Counts& links = links_->counts();
    std::uint64_t up = 0;
    for (std::size_t i = 0; i < links_->addresses().size(); ++i) up += links_->is_up(i) ? 1U : 0U;
    const json::object event{{"event", "state"},
                             {"schema", "tollgate/serve/1"},
                             {"links_up", up},
                             {"requests", counts.requests},
                             {"approved", counts.approved},
                             {"declined", counts.declined},
                             {"timeouts", counts.timeouts},
                             {"reversals", counts.reversals},
                             {"stood_in", counts.stood_in},
                             {"stand_in_declined", counts.stand_in_declined},
                             {"held_back", counts.held_back},
                             {"in_flight", role_->in_flight()},
                             {"stored", role_->saf().size()},
                             {"repeats", role_->saf().repeats()},
                             {"acknowledged", counts.acknowledged},
                             {"acknowledged_otherwise", counts.acknowledged_otherwise},
                             {"put_off", counts.put_off},
                             {"late", counts.late},
                             {"unwritten", days_.unwritten().size()},
                             {"echoes", links.echoes},
                             {"echoes_missed", links.echoes_missed},
                             {"unreadable", links.unreadable}};
    events_ << json::serialize(event) << std::endl;
}

} // namespace sim
