#include "sim/load_tally.hpp"

#include <algorithm>

namespace sim {

namespace {

void add_answer(LoadMeasure& measure, const LoadTally::Answer& answer, LoadTally::Time deadline)
{
    ++measure.answered;
    if (answer.response > deadline) ++measure.late;
    if (!answer.is_approval) ++measure.declined;
    measure.codes.add(answer.code);
    measure.response.record(answer.response);
    measure.service.record(answer.service);
}

void add_sent(LoadMeasure& measure, LoadTally::Time slip, LoadTally::Left how)
{
    ++measure.sent;
    if (how == LoadTally::Left::held) ++measure.held;
    measure.slip.record(slip);
}

void add_unanswered(LoadMeasure& measure, LoadTally::Time deadline)
{
    ++measure.unanswered;
    measure.response.record(deadline);
}

void clear(LoadMeasure& measure)
{
    measure.sent = measure.held = measure.answered = measure.late = measure.declined = measure.unanswered = 0;
    measure.unsent = measure.came = 0;
    measure.codes.clear();
    measure.response.clear();
    measure.service.clear();
    measure.slip.clear();
}

} // namespace

void CodeCounts::add(std::string_view code, std::uint64_t times)
{
    for (auto& [known, count] : counts_) {
        if (known != code) continue;
        count += times;
        return;
    }
    counts_.emplace_back(code, times);
}

void CodeCounts::merge(const CodeCounts& other)
{
    for (const auto& [code, count] : other.counts_) add(code, count);
}

std::uint64_t CodeCounts::of(std::string_view code) const
{
    for (const auto& [known, count] : counts_)
        if (known == code) return count;
    return 0;
}

std::vector<std::pair<std::string, std::uint64_t>> CodeCounts::sorted() const
{
    auto all = counts_;
    std::sort(all.begin(), all.end());
    return all;
}

void LoadMeasure::merge(const LoadMeasure& other)
{
    sent += other.sent;
    held += other.held;
    answered += other.answered;
    late += other.late;
    declined += other.declined;
    unanswered += other.unanswered;
    unsent += other.unsent;
    came += other.came;
    codes.merge(other.codes);
    response.merge(other.response);
    service.merge(other.service);
    slip.merge(other.slip);
}

LoadTally::LoadTally(const Names& names, Time deadline, std::function<void(const LoadSecond&)> on_second)
    : names_(names), deadline_(deadline), stages_(names.stages.size()), kinds_(names.kinds.size()),
      on_second_(std::move(on_second))
{
    for (std::size_t i = 0; i < stages_.size(); ++i) stages_[i].name = names.stages[i].name;
    for (std::size_t i = 0; i < kinds_.size(); ++i) kinds_[i].name = names.kinds[i];
}

void LoadTally::sent(Part part, Time slip, Left how)
{
    add_sent(second_.seen, slip, how);
    add_sent(stages_[part.stage], slip, how);
    if (names_.stages[part.stage].is_recorded) add_sent(kinds_[part.kind], slip, how);
}

void LoadTally::answered(Part part, const Answer& answer)
{
    add_answer(second_.seen, answer, deadline_);
    add_answer(stages_[part.stage], answer, deadline_);
    if (names_.stages[part.stage].is_recorded) add_answer(kinds_[part.kind], answer, deadline_);
}

void LoadTally::expired()
{
    add_unanswered(second_.seen, deadline_);
}

void LoadTally::unanswered(Part part)
{
    add_unanswered(stages_[part.stage], deadline_);
    if (names_.stages[part.stage].is_recorded) add_unanswered(kinds_[part.kind], deadline_);
}

void LoadTally::unsent(Part part)
{
    unanswered(part);
    ++stages_[part.stage].unsent;
    if (names_.stages[part.stage].is_recorded) ++kinds_[part.kind].unsent;
}

void LoadTally::end_seconds(Time now, std::size_t in_flight)
{
    for (; now >= next_second_; next_second_ += std::chrono::seconds(1)) end_second(in_flight);
}

void LoadTally::end_second(std::size_t in_flight)
{
    second_.in_flight = in_flight;
    if (on_second_) on_second_(second_);
    ++second_.second;
    second_.due = 0;
    clear(second_.seen);
}

void LoadTally::finish(std::size_t in_flight)
{
    const LoadMeasure& seen = second_.seen;
    if (second_.due + seen.sent + seen.answered + seen.unanswered > 0) end_second(in_flight);
}

LoadMeasure LoadTally::total() const
{
    LoadMeasure all;
    for (std::size_t i = 0; i < stages_.size(); ++i)
        if (names_.stages[i].is_recorded) all.merge(stages_[i]);
    return all;
}

} // namespace sim
