#include "net/link_counters.hpp"

#include <algorithm>

namespace net {

namespace {

constexpr auto mti_other = static_cast<std::uint8_t>(std::size(mti_labels) - 1);
constexpr auto code_other = static_cast<std::uint8_t>(std::size(code_labels) - 1);
constexpr std::uint8_t no_code = 0xFF; ///< of a request of ours

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// Label index by the three digits behind the version.
constexpr auto index_of_type = [] {
    std::array<std::uint8_t, 1'000> index{};
    index.fill(mti_other);
    for (std::uint8_t i = 0; i < mti_other; ++i) {
        const std::string_view text = mti_labels[i];
        index[static_cast<std::size_t>((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'))] = i;
    }
    return index;
}();

/// Label index by a code of two digits.
constexpr auto index_of_code = [] {
    std::array<std::uint8_t, 100> index{};
    index.fill(code_other);
    for (std::uint8_t i = 0; i < code_other; ++i)
        if (const std::string_view text = code_labels[i]; text.size() == 2)
            index[static_cast<std::size_t>((text[0] - '0') * 10 + (text[1] - '0'))] = i;
    return index;
}();

constexpr std::uint8_t code_approved_93 = [] {
    std::uint8_t index = 0;
    while (code_labels[index] != "000") ++index;
    return index;
}();

std::uint8_t mti_index(codec::Mti mti)
{
    const std::string_view text = mti.text();
    return index_of_type[static_cast<std::size_t>((text[1] - '0') * 100 + (text[2] - '0') * 10 +
                                                  (text[3] - '0'))];
}

std::uint8_t code_index(std::string_view code)
{
    if (code.empty()) return no_code;
    if (code == "000") return code_approved_93;
    if (code.size() != 2 || !is_digit(code[0]) || !is_digit(code[1])) return code_other;
    return index_of_code[static_cast<std::size_t>((code[0] - '0') * 10 + (code[1] - '0'))];
}

/// 00 and 10, and 000 of the version of 1993.
bool is_approval(std::uint8_t code)
{
    return code < 2 || code == code_approved_93;
}

bool is_name(std::string_view text)
{
    return !text.empty() && text.size() <= 32 &&
           std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

} // namespace

RequestKind kind_of(authz::Operation operation)
{
    switch (operation) {
    case authz::Operation::sale:
        return RequestKind::sale;
    case authz::Operation::refund:
        return RequestKind::refund;
    case authz::Operation::cancel:
    case authz::Operation::fault_reversal:
    case authz::Operation::own_undo:
        return RequestKind::reversal;
    case authz::Operation::stand_in:
        return RequestKind::advice;
    case authz::Operation::inquiry:
        break;
    }
    return RequestKind::other;
}

AnswerTag tag_of(codec::Mti mti, std::string_view code, RequestKind kind)
{
    return {mti_index(mti), code_index(code), kind, {}};
}

// --- counts with names of their own

void NamedCounts::add(std::string_view name)
{
    const std::lock_guard lock(mutex_);
    const bool is_welcome =
        is_name(name) && (counts_.size() < names_max || counts_.contains(std::string(name)));
    ++counts_[is_welcome ? std::string(name) : "other"];
}

std::map<std::string, std::uint64_t> NamedCounts::values() const
{
    const std::lock_guard lock(mutex_);
    return counts_;
}

// --- a link

LinkCounters::LinkCounters(std::string name, std::shared_ptr<RequestTimes> some_times)
    : link(std::move(name)), times(some_times ? std::move(some_times) : std::make_shared<RequestTimes>())
{
}

void LinkCounters::received(codec::Mti mti)
{
    const bool is_own_version = mti.version() == mti_version.load(std::memory_order_relaxed);
    messages_received[is_own_version ? mti_index(mti) : mti_other].add();
}

void LinkCounters::sent(const AnswerTag& tag, std::chrono::steady_clock::time_point now)
{
    messages_sent[tag.mti].add();
    if (tag.code == no_code) return;
    const auto kind = static_cast<std::size_t>(tag.kind);
    requests[kind][tag.code].add();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - tag.first_byte);
    times->by_kind_and_result[kind][is_approval(tag.code) ? 0 : 1].add(took.count());
}

// --- a connection

ConnectionGauges::ConnectionGauges(std::shared_ptr<LinkCounters> counters) : counters_(std::move(counters))
{
    counters_->connections[static_cast<std::size_t>(shown_.state)].move(1);
}

ConnectionGauges::~ConnectionGauges()
{
    show({shown_.state, false, 0});
    counters_->connections[static_cast<std::size_t>(shown_.state)].move(-1);
}

void ConnectionGauges::show(const Shown& now)
{
    if (now.state != shown_.state) {
        counters_->connections[static_cast<std::size_t>(now.state)].move(1);
        counters_->connections[static_cast<std::size_t>(shown_.state)].move(-1);
    }
    if (now.is_signed_on != shown_.is_signed_on) counters_->signed_on.move(now.is_signed_on ? 1 : -1);
    if (now.in_flight != shown_.in_flight)
        counters_->in_flight.move(static_cast<std::int64_t>(now.in_flight) -
                                  static_cast<std::int64_t>(shown_.in_flight));
    shown_ = now;
}

} // namespace net
