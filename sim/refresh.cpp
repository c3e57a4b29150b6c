#include "sim/refresh.hpp"

#include "sim/message_seal.hpp"
#include "sim/msg_input.hpp"
#include "sim/refresh_times.hpp"
#include "sim/replay_links.hpp"
#include "sim/rng.hpp"

namespace sim {

namespace {

constexpr std::uint64_t stan_count = 999'999;
constexpr std::uint64_t rrn_count = 1'000'000'000'000;
constexpr int elements_with_cards[] = {2, 34, 35, 36, 45};

std::string digits_of(std::uint64_t value, std::size_t width)
{
    const std::string digits = std::to_string(value);
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

/// The element's number within its group; a new one when the group has it for the first time.
void give_number(std::map<std::pair<std::size_t, std::string>, std::uint64_t>& numbers, std::size_t group,
                 std::string_view old, std::uint64_t& count)
{
    if (numbers.emplace(std::pair(group, std::string(old)), count).second) ++count;
}

} // namespace

void put_mac(codec::Message& message, const ReplayRequest& request, const codec::MessageMac* mac)
{
    if (mac == nullptr || !(request.had_mac || MessageSeal::covers(message))) return;
    if (!mac->seal(message))
        throw InputError("record " + std::to_string(request.number) + ": its MAC cannot be made");
}

RefreshSettings RefreshSettings::at(WallTime start, const ReplayTraffic& traffic, std::uint64_t seed)
{
    RefreshSettings settings;
    if (!traffic.requests.empty())
        settings.offset = std::chrono::floor<std::chrono::seconds>(start) -
                          std::chrono::floor<std::chrono::seconds>(traffic.requests.front().at);
    Rng rng(seed ^ static_cast<std::uint64_t>(start.time_since_epoch().count()));
    settings.first_stan = rng.below(stan_count);
    settings.first_rrn = rng.below(rrn_count);
    return settings;
}

Refresher::Refresher(const ReplayTraffic& traffic, RefreshSettings settings)
    : traffic_(traffic), settings_(std::move(settings))
{
    for (const ReplayRequest& request : traffic.requests) {
        const codec::Message& message = request.message;
        if (message.has(11)) give_number(stan_numbers_, request.group, message.get(11), stans_);
        if (message.has(37)) give_number(rrn_numbers_, request.group, message.get(37), rrns_);
        if (const auto named = NamedOriginal::in(message))
            give_number(stan_numbers_, request.group, named->stan, stans_);
    }
}

std::string Refresher::new_stan(std::size_t group, std::string_view old, std::uint64_t copy) const
{
    const std::uint64_t number = stan_numbers_.at({group, std::string(old)}) + copy * stans_;
    return digits_of((settings_.first_stan + number) % stan_count + 1, 6);
}

/// DE90, still of the same original.
std::string Refresher::new_original(const ReplayRequest& request, std::uint64_t copy) const
{
    NamedOriginal named = *NamedOriginal::in(request.message);
    // The year of the original's time is near to the original, which may be much older.
    const WallTime near = request.target ? traffic_.requests[*request.target].at : request.at;
    named.time = moved_stamp(named.time, settings_.offset, near);
    named.stan = new_stan(request.group, named.stan, copy);
    return named.text();
}

void Refresher::put_cards(codec::Message& message) const
{
    if (settings_.cards.empty()) return;
    const std::string pan(message.get(2));
    const auto found = settings_.cards.find(pan);
    if (found == settings_.cards.end()) return;
    for (const int de : elements_with_cards) {
        std::string value(message.get(de));
        const std::size_t at = value.find(pan);
        if (at == std::string::npos) continue;
        message.set(de, value.replace(at, pan.size(), found->second));
    }
}

codec::Message Refresher::message(std::size_t place, std::uint64_t copy) const
{
    const ReplayRequest& request = traffic_.requests[place];
    codec::Message message = request.message;
    move_times(message, settings_.offset, request.at);
    if (message.has(11)) message.set(11, new_stan(request.group, request.message.get(11), copy));
    if (message.has(37)) {
        const std::uint64_t number = rrn_numbers_.at({request.group, std::string(message.get(37))});
        message.set(37, digits_of((settings_.first_rrn + number + copy * rrns_) % rrn_count, 12));
    }
    if (NamedOriginal::in(request.message)) message.set(90, new_original(request, copy));
    put_cards(message);
    put_mac(message, request, settings_.mac.get());
    return message;
}

} // namespace sim
