#include "net/admission.hpp"

#include "net/allow_list.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace ip = boost::asio::ip;

namespace {

/// Sources are remembered for so long after their last connection, and so many of them: by then a bucket is
/// full again, and one that is forgotten earlier is full again, too.
constexpr std::chrono::seconds memory{1};
constexpr std::size_t idle_sources_max = 4'096;

/// Of the handshakes under way one source may have a quarter.
constexpr std::size_t handshake_share = 4;

ip::address source_of(const ip::address& peer)
{
    const auto address = without_mapping(peer);
    if (address.is_v4()) return address;
    auto bytes = address.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return ip::address_v6(bytes);
}

} // namespace

std::string_view Admission::name_of(Refusal refusal)
{
    constexpr std::string_view names[] = {"source_not_allowed", "source_too_fast", "source_full", "link_full",
                                          "node_full",          "handshakes_full", "buffers_full"};
    return names[static_cast<std::size_t>(refusal)];
}

Admission::Verdict Admission::admit(const Arrival& arrival, MonoTime now)
{
    if (!arrival.is_on_allow_list) return Refusal::source_not_allowed; // leaves no trace
    const Source source = source_of(arrival.peer);
    Record& record = record_of(source, now);
    if (const auto refusal = refusal_of(arrival, record)) return *refusal;
    record.accepts_left -= 1;
    if (record.open++ == 0) idle_.erase(record.idle);
    if (arrival.is_tls) begin_handshake(record);
    ++sums_.connections;
    Place place;
    place.admission_ = shared_from_this();
    place.source_ = source;
    place.is_handshaking_ = arrival.is_tls;
    return place;
}

Admission::Place Admission::dialled()
{
    ++sums_.connections;
    Place place;
    place.admission_ = shared_from_this();
    return place;
}

std::optional<Admission::Refusal> Admission::refusal_of(const Arrival& arrival, const Record& record) const
{
    if (record.accepts_left < 1) return Refusal::source_too_fast;
    if (record.open >= limits_.connections_per_source) return Refusal::source_full;
    if (arrival.link_connections >= arrival.link_connections_max) return Refusal::link_full;
    if (sums_.connections >= limits_.connections_total) return Refusal::node_full;
    if (arrival.is_tls && !may_shake_hands(record)) return Refusal::handshakes_full;
    if (sums_.buffer_bytes >= limits_.buffer_bytes_total) return Refusal::buffers_full;
    return std::nullopt;
}

/// Half of the limit is for whoever comes first; of the other half each source has its part, and one at
/// least: to keep the others out somebody needs half as many addresses as there are handshakes.
bool Admission::may_shake_hands(const Record& record) const
{
    const std::size_t limit = limits_.handshakes_pending;
    const Holding wanted{sums_.handshakes + 1, record.handshakes + 1};
    if (wanted.by_all > limit) return false;
    if (wanted.by_one == 1) return true;
    const std::size_t sharers = handshaking_sources_; // with this one
    return wanted.by_one <= limit / handshake_share && may_grow(wanted, {limit, sharers});
}

void Admission::begin_handshake(Record& record)
{
    if (record.handshakes++ == 0) ++handshaking_sources_;
    ++sums_.handshakes;
}

void Admission::end_handshake(const Source& source)
{
    --sums_.handshakes;
    const auto found = records_.find(source);
    if (found != records_.end() && --found->second.handshakes == 0) --handshaking_sources_;
}

/// Its bucket filled up to now.
Admission::Record& Admission::record_of(const Source& source, MonoTime now)
{
    forget_idle(now);
    const auto rate = static_cast<double>(limits_.accepts_per_source_second);
    const auto [found, is_new] = records_.try_emplace(source);
    Record& record = found->second;
    if (is_new) {
        record.accepts_left = rate;
        record.idle = idle_.insert(idle_.end(), source);
    } else {
        const std::chrono::duration<double> passed = now - record.filled_at;
        record.accepts_left = std::min(rate, record.accepts_left + rate * passed.count());
        if (record.open == 0) idle_.splice(idle_.end(), idle_, record.idle);
    }
    record.filled_at = now;
    sums_.sources = records_.size();
    return record;
}

void Admission::forget_idle(MonoTime now)
{
    while (!idle_.empty()) {
        const auto oldest = records_.find(idle_.front());
        if (idle_.size() <= idle_sources_max && now - oldest->second.filled_at < memory) return;
        records_.erase(oldest);
        idle_.pop_front();
    }
}

Admission::Totals Admission::totals() const
{
    return {sums_.connections, sums_.handshakes, sums_.in_flight, sums_.buffer_bytes, sums_.sources};
}

/// Half of the limit is for whoever comes first, the other half is divided among all: one that holds no more
/// than its part of it is refused only by the limit itself, which parts of earlier times may have used up:
/// they were larger when fewer shared.
bool Admission::may_grow(const Holding& wanted, const Shared& shared)
{
    const std::size_t half = shared.limit / 2;
    return wanted.by_all <= half || (wanted.by_all <= shared.limit && wanted.by_one <= half / shared.sharers);
}

void Admission::left(Place& place)
{
    place.end_handshake();
    --sums_.connections;
    sums_.in_flight -= place.in_flight_;
    sums_.buffer_bytes -= place.bytes_;
    if (const auto found = records_.find(place.source_); found != records_.end() && --found->second.open == 0)
        found->second.idle = idle_.insert(idle_.end(), place.source_);
    if (on_left_) on_left_();
}

// --- a place
// ------------------------------------------------------------------------------------------------------

Admission::Place::Place(Place&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)), source_(other.source_),
      in_flight_(other.in_flight_), bytes_(other.bytes_), is_handshaking_(other.is_handshaking_)
{
}

Admission::Place& Admission::Place::operator=(Place&& other) noexcept
{
    if (this == &other) return *this;
    leave();
    admission_ = std::exchange(other.admission_, nullptr);
    source_ = other.source_;
    in_flight_ = other.in_flight_;
    bytes_ = other.bytes_;
    is_handshaking_ = other.is_handshaking_;
    return *this;
}

void Admission::Place::end_handshake()
{
    if (!admission_ || !std::exchange(is_handshaking_, false)) return;
    admission_->end_handshake(source_);
}

/// The first of each connection passes above the limit: however many others have used it up, who has nothing
/// under way is served.
bool Admission::Place::begin_request()
{
    if (admission_ && in_flight_ > 0 &&
        !may_grow({admission_->sums_.in_flight + 1, in_flight_ + 1},
                  {admission_->limits_.in_flight_total, admission_->sums_.connections}))
        return false;
    begin_order();
    return true;
}

void Admission::Place::begin_order()
{
    if (!admission_) return;
    ++in_flight_;
    ++admission_->sums_.in_flight;
}

void Admission::Place::end_requests(std::size_t count)
{
    if (!admission_) return;
    in_flight_ -= count;
    admission_->sums_.in_flight -= count;
}

bool Admission::Place::hold_bytes(std::size_t bytes)
{
    if (!admission_) return true;
    Sums& sums = admission_->sums_;
    const bool has_grown = bytes > bytes_;
    sums.buffer_bytes += bytes - bytes_; // unsigned: also down
    bytes_ = bytes;
    return !has_grown ||
           may_grow({sums.buffer_bytes, bytes}, {admission_->limits_.buffer_bytes_total, sums.connections});
}

void Admission::Place::leave()
{
    if (!admission_) return;
    admission_->left(*this);
    admission_ = nullptr;
}

} // namespace net
