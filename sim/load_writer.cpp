#include "sim/load_writer.hpp"

#include <charconv>
#include <stdexcept>

namespace sim {

namespace {

using Of = LoadDigits::Of;

constexpr std::uint64_t stans = 999'999;        ///< "000001".."999999"
constexpr std::uint64_t terminals = 10'000'000; ///< "T0000000".."T9999999"
/// Messages with one terminal. A transaction that begins in a block ends in it: the rest of the STANs is for
/// that.
constexpr std::uint64_t block = stans - load_steps_max;

std::uint64_t number_of(std::string_view digits)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() ? number : ~std::uint64_t{0};
}

} // namespace

LoadWriter::LoadWriter(const NetworkModel& network, const Schedule& schedule,
                       const LoadWriterSettings& settings)
    : network_(network), schedule_(schedule), cards_(settings.cards), merchants_(settings.merchants),
      seal_(settings.seal), start_us_(settings.start_us)
{
    if (cards_.empty()) throw std::invalid_argument("a load needs a card");
    const std::size_t digits = cards_.front().pan.size();
    for (const CardInHand& card : cards_)
        if (card.pan.size() != digits)
            throw std::invalid_argument("the cards of a load have numbers of one length");
    const auto around = seal_ ? LoadFrames::Form::Around::nothing : LoadFrames::Form::Around::frame;
    for (const std::string& scenario : settings.scenarios)
        frames_.emplace_back(network, scenario,
                             LoadFrames::Form{settings.currency, digits, merchants_ > 0, around});
    RunIds ids(settings.seed, settings.start_us);
    first_stan_ = number_of(ids.next_stan()) - 1;
    first_rrn_ = number_of(ids.next_rrn());
    first_terminal_ = number_of(ids.next_terminal().substr(1));
}

const LoadFrames::Step& LoadWriter::step(std::uint32_t message) const
{
    const Schedule::Message& planned = schedule_.messages()[message];
    return frames_[schedule_.transactions()[planned.transaction].scenario].steps()[planned.step];
}

std::uint64_t LoadWriter::block_of(const Schedule::Transaction& transaction) const
{
    return transaction.first_message / block;
}

void LoadWriter::append(std::uint32_t message, Bytes& out)
{
    const Schedule::Message& planned = schedule_.messages()[message];
    const Schedule::Transaction& transaction = schedule_.transactions()[planned.transaction];
    const LoadFrames& frames = frames_[transaction.scenario];
    const CardInHand& card = cards_[transaction.card];
    digits_.set(Of::card, 0, card.pan);
    digits_.set(Of::expiry, 0, card.expiry_yymm);
    digits_.set(Of::amount, 0, static_cast<std::uint64_t>(transaction.amount_minor));
    if (merchants_ > 0) digits_.set(Of::merchant, 0, std::uint64_t{planned.transaction % merchants_});
    const std::uint64_t in_block = block_of(transaction);
    digits_.set(Of::terminal, 0, (first_terminal_ + in_block) % terminals);
    const std::uint32_t needed = frames.steps()[planned.step].from_steps;
    for (std::size_t step = 0; step <= planned.step; ++step) {
        if ((needed >> step & 1U) == 0) continue;
        const std::uint64_t number = transaction.first_message + step;
        digits_.set(Of::stan, step, (first_stan_ + number - in_block * block) % stans + 1);
        digits_.set(Of::rrn, step, first_rrn_ + number);
        set_times(step, schedule_.messages()[number].due);
    }
    if (seal_) return seal(frames, planned.step, out);
    frames.append(planned.step, digits_, out);
}

/// A MAC changes with every digit: the message is read and written anew.
void LoadWriter::seal(const LoadFrames& frames, std::size_t step, Bytes& out)
{
    unsealed_.clear();
    frames.append(step, digits_, unsealed_);
    const Bytes frame = framed(network_.wire_form(), seal_->sealed(unsealed_));
    out.insert(out.end(), frame.begin(), frame.end());
}

void LoadWriter::set_times(std::size_t step, std::chrono::nanoseconds due)
{
    const std::int64_t second = (static_cast<std::int64_t>(start_us_) + due.count() / 1'000) / 1'000'000;
    if (second != second_) {
        second_ = second;
        now_ = month_to_second(second * 1'000);
        local_ = month_to_second(second * 1'000 + network_.local_ahead_ms());
    }
    digits_.set(Of::now, step, now_);
    digits_.set(Of::local_date, step, std::string_view(local_).substr(0, 4));
    digits_.set(Of::local_time, step, std::string_view(local_).substr(4));
}

void LoadWriter::asked_by(const codec::Message& answer, std::vector<std::uint32_t>& candidates) const
{
    candidates.clear();
    const std::string_view terminal = answer.get(41);
    const std::uint64_t stan = number_of(answer.get(11));
    if (stan == 0 || stan > stans) return;
    std::uint64_t in_block = 0; // a message without a terminal, as an echo, can only be of the first
    if (!terminal.empty()) {
        const std::uint64_t number = number_of(terminal.substr(1));
        if (number >= terminals) return;
        in_block = (number + terminals - first_terminal_) % terminals;
    }
    const std::uint64_t place = in_block * block + (stan - 1 + stans - first_stan_) % stans;
    if (place >= schedule_.messages().size()) return;
    const Schedule::Message& owner = schedule_.messages()[place];
    const Schedule::Transaction& transaction = schedule_.transactions()[owner.transaction];
    if (block_of(transaction) != in_block && !terminal.empty()) return;
    const auto& steps = frames_[transaction.scenario].steps();
    for (std::size_t step = 0; step < steps.size(); ++step)
        if (steps[step].stan_of == owner.step && steps[step].answer == answer.mti())
            candidates.push_back(static_cast<std::uint32_t>(transaction.first_message + step));
}

} // namespace sim
