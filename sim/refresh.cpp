#include "sim/refresh.hpp"

#include "sim/message_seal.hpp"
#include "sim/msg_input.hpp"
#include "sim/refresh_times.hpp"
#include "sim/replay_links.hpp"
#include "sim/rng.hpp"

#include <algorithm>
#include <unordered_map>

namespace sim {

namespace {

constexpr std::uint64_t rrn_count = 1'000'000'000'000;
constexpr std::chrono::seconds times_max = std::chrono::days{180}; // a time has no year: the nearest is meant
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
    settings.first_stan = rng.below(settings.stan_count);
    settings.first_rrn = rng.below(rrn_count);
    return settings;
}

Refresher::Refresher(const ReplayTraffic& traffic, RefreshSettings settings, std::uint64_t copies)
    : traffic_(traffic), settings_(std::move(settings))
{
    number_values();
    if (stans_ > settings_.stan_count) check_one_copy();
    put_laps(copies);
}

void Refresher::number_values()
{
    for (const ReplayRequest& request : traffic_.requests) {
        const codec::Message& message = request.message;
        for (const Key& key : keys_of(request)) give_number(stan_numbers_, request.group, key.stan, stans_);
        if (message.has(37)) give_number(rrn_numbers_, request.group, message.get(37), rrns_);
    }
}

std::vector<Refresher::Key> Refresher::keys_of(const ReplayRequest& request) const
{
    std::vector<Key> keys;
    const codec::Message& message = request.message;
    if (message.has(11))
        keys.push_back({std::string(message.get(11)), std::string(message.get(7)), request.at});
    if (const auto named = NamedOriginal::in(message))
        keys.push_back({named->stan, named->time, near_of(request)});
    return keys;
}

/// With more values than STANs two get the same one; then their times must differ, or their terminals.
void Refresher::check_one_copy() const
{
    std::unordered_map<std::string, std::pair<std::uint64_t, std::uint64_t>>
        seen; // key -> its number, record
    for (const ReplayRequest& request : traffic_.requests) {
        if (request.role == ReplayRole::management) continue;
        for (const Key& key : keys_of(request)) {
            const std::uint64_t number = stan_numbers_.at({request.group, key.stan});
            const std::string name = new_stan(request.group, key.stan, 0) + "|" +
                                     moved_stamp(key.time, settings_.offset, key.near) + "|" +
                                     std::string(request.message.get(41));
            const auto& [first, record] = seen.try_emplace(name, number, request.number).first->second;
            if (first != number)
                throw InputError("records " + std::to_string(record) + " and " +
                                 std::to_string(request.number) +
                                 " would get the same STAN, time and terminal: the capture has " +
                                 std::to_string(stans_) + " STANs, and there are " +
                                 std::to_string(settings_.stan_count) + "; replay a part of it");
        }
    }
}

void Refresher::put_laps(std::uint64_t copies)
{
    copies_of_lap_ = std::max<std::uint64_t>(settings_.stan_count / std::max<std::uint64_t>(stans_, 1), 1);
    const std::uint64_t laps = copies == 0 ? 0 : (copies - 1) / copies_of_lap_;
    if (laps == 0) return;
    lap_ = span_of_times() + std::chrono::seconds{1};
    if (laps > static_cast<std::uint64_t>(times_max / lap_))
        throw InputError(std::to_string(copies) + " copies of " + std::to_string(stans_) +
                         " STANs would need times of more than half a year: replay a part of the capture, or "
                         "lower --explore-max or --order-check");
}

/// From the earliest to the latest time that a key has.
std::chrono::seconds Refresher::span_of_times() const
{
    std::optional<std::chrono::sys_seconds> first;
    std::optional<std::chrono::sys_seconds> last;
    for (const ReplayRequest& request : traffic_.requests) {
        if (request.role == ReplayRole::management) continue;
        for (const Key& key : keys_of(request)) {
            const auto at = moment_of(key.time, key.near);
            if (!at)
                throw InputError("record " + std::to_string(request.number) +
                                 " has no time that could be moved: there are too few STANs for all copies");
            first = std::min(first.value_or(*at), *at);
            last = std::max(last.value_or(*at), *at);
        }
    }
    return first ? *last - *first : std::chrono::seconds{0};
}

std::chrono::seconds Refresher::offset_of(std::uint64_t copy) const
{
    return settings_.offset + static_cast<std::int64_t>(copy / copies_of_lap_) * lap_;
}

/// The year of the original's time is near to the original, which may be much older.
WallTime Refresher::near_of(const ReplayRequest& request) const
{
    return request.target ? traffic_.requests[*request.target].at : request.at;
}

std::string Refresher::new_stan(std::size_t group, std::string_view old, std::uint64_t copy) const
{
    const std::uint64_t number = stan_numbers_.at({group, std::string(old)}) + copy * stans_;
    return digits_of((settings_.first_stan + number) % settings_.stan_count + 1, 6);
}

/// DE90, still of the same original.
std::string Refresher::new_original(const ReplayRequest& request, std::uint64_t copy) const
{
    NamedOriginal named = *NamedOriginal::in(request.message);
    named.time = moved_stamp(named.time, offset_of(copy), near_of(request));
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
    move_times(message, offset_of(copy), request.at);
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
