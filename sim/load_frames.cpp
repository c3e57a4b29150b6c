#include "sim/load_frames.hpp"

#include "codec/encode.hpp"
#include "sim/amount.hpp"
#include "sim/rng.hpp"
#include "sim/text_parts.hpp"
#include "sim/toml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace sim {

namespace {

using Of = LoadDigits::Of;

constexpr Of items[] = {Of::card, Of::expiry, Of::amount, Of::terminal,   Of::merchant,
                        Of::stan, Of::rrn,    Of::now,    Of::local_date, Of::local_time};

struct Layout {
    const char* placeholder;
    std::size_t at; ///< in the transaction's digits, or in those of a message
    std::size_t width;
};

constexpr Layout layouts[] = {
    {"card", 0, LoadDigits::card_max},
    {"expiry", 19, 4},
    {"amount", 23, 12},
    {"terminal", 35, 7},
    {"merchant", 42, 11},
    {"stan", 0, 6},
    {"rrn", 6, 12},
    {"now", 18, 10},
    {"local_date", 28, 4},
    {"local_time", 32, 6},
};
constexpr std::size_t of_transaction = 53;
constexpr std::size_t of_message = 38;
static_assert(LoadDigits::size == of_transaction + of_message * load_steps_max);

const Layout& layout_of(Of item)
{
    return layouts[static_cast<std::size_t>(item)];
}

/// As the steps of scenarios name it.
std::string reason_for(const std::string& kind)
{
    return kind == "cancel" ? "customer" : "timeout";
}

} // namespace

std::array<char, LoadDigits::size> LoadDigits::zeros()
{
    std::array<char, size> all{};
    all.fill('0');
    return all;
}

std::size_t LoadDigits::place_of(Of item, std::size_t step)
{
    return layout_of(item).at + (is_of_message(item) ? of_transaction + of_message * step : 0);
}

std::size_t LoadDigits::width_of(Of item)
{
    return layout_of(item).width;
}

void LoadDigits::set(Of item, std::size_t step, std::string_view digits)
{
    digits = digits.substr(0, width_of(item));
    std::copy(digits.begin(), digits.end(), digits_.data() + place_of(item, step));
}

void LoadDigits::set(Of item, std::size_t step, std::uint64_t number)
{
    char* const first = digits_.data() + place_of(item, step);
    for (char* digit = first + width_of(item); digit != first; number /= 10)
        *--digit = static_cast<char>('0' + number % 10);
}

LoadFrames::LoadFrames(const NetworkModel& network, const std::string& scenario, const Form& form)
    : network_(network), scenario_(scenario), form_(form)
{
    if (form.card_digits == 0 || form.card_digits > LoadDigits::card_max)
        throw std::invalid_argument("a card number has 1 to 19 digits");
    read_steps(scenario);
    look_at_stans();
    for (Bytes& bytes : written(LoadDigits())) frames_.push_back({std::move(bytes), {}});
    find_patches();
    check();
}

void LoadFrames::read_steps(const std::string& scenario)
{
    std::string original; // kind of the message before, repeats apart
    for (const std::string& kind : parts_of(scenario, '+')) {
        const bool is_repeat = kind == "repeat" && !templates_.empty();
        const MessageTemplate* found = is_repeat ? nullptr : network_.find(kind, original);
        if (!is_repeat && found == nullptr)
            throw std::invalid_argument(
                "scenario \"" + scenario + "\": network " + network_.name() + " has no message \"" + kind +
                "\"" + (original.empty() ? "" : " of a " + original) + hint(kind, network_.kinds()));
        if (!is_repeat) original = kind;
        templates_.push_back(found);
        steps_.push_back({kind, {}, 0, 0});
    }
    if (steps_.size() > load_steps_max)
        throw std::invalid_argument("scenario \"" + scenario + "\" has more than " +
                                    std::to_string(load_steps_max) + " messages");
}

std::vector<codec::Message> LoadFrames::messages(const LoadDigits& digits) const
{
    std::vector<codec::Message> all;
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        if (templates_[step] == nullptr) {
            all.push_back(all.back());
            continue;
        }
        Values values{{"currency", currency_digits(form_.currency)},
                      {"reason", network_.reason_of(reason_for(steps_[step].kind))}};
        for (const Of item : items) {
            const std::size_t width = item == Of::card ? form_.card_digits : LoadDigits::width_of(item);
            values[layout_of(item).placeholder] =
                (item == Of::terminal ? "T" : "") + std::string(digits.get(item, step, width));
        }
        all.push_back(network_.build(*templates_[step], all.empty() ? nullptr : &all.back(), values));
        if (form_.has_merchants && all.back().has(42)) all.back().set(42, "SHOP" + values["merchant"]);
    }
    return all;
}

std::vector<Bytes> LoadFrames::written(const LoadDigits& digits) const
{
    std::vector<Bytes> all;
    for (const codec::Message& message : messages(digits)) {
        Bytes bytes;
        if (const auto result = codec::encode(network_.dialect(), message, bytes); !result)
            throw std::invalid_argument("scenario \"" + scenario_ +
                                        "\" cannot be written: " + codec::text_of(result.error()));
        all.push_back(form_.around == Form::Around::frame ? framed(network_.wire_form(), bytes)
                                                          : std::move(bytes));
    }
    return all;
}

void LoadFrames::find_patches()
{
    for (const Of item : items) {
        const std::size_t messages = LoadDigits::is_of_message(item) ? steps_.size() : 1;
        const std::size_t width = item == Of::card ? form_.card_digits : LoadDigits::width_of(item);
        for (std::size_t step = 0; step < messages; ++step)
            for (std::size_t i = 0; i < width; ++i) find_patches(LoadDigits::place_of(item, step) + i, step);
    }
}

/// What changes when this digit is a 9 and all others are 0 is where it stands.
void LoadFrames::find_patches(std::size_t digit, std::size_t step)
{
    LoadDigits nine;
    nine.set_digit(digit, '9');
    const std::vector<Bytes> changed = written(nine);
    for (std::size_t i = 0; i < frames_.size(); ++i) {
        Frame& frame = frames_[i];
        if (changed[i].size() != frame.bytes.size())
            throw std::invalid_argument("scenario \"" + scenario_ + "\" changes its length with its digits");
        for (std::size_t at = 0; at < frame.bytes.size(); ++at) {
            const int difference = changed[i][at] ^ frame.bytes[at];
            if (difference == 0) continue;
            const std::uint8_t shift = difference == 0x90 ? 4 : 0;
            frame.patches.push_back(
                {static_cast<std::uint16_t>(digit), static_cast<std::uint16_t>(at), shift});
            if (digit >= of_transaction) steps_[i].from_steps |= 1U << step;
        }
    }
}

/// Gives each message a STAN of its own and sees which one it has.
void LoadFrames::look_at_stans()
{
    LoadDigits digits;
    for (std::size_t step = 0; step < steps_.size(); ++step) digits.set(Of::stan, step, step + 1);
    const std::vector<codec::Message> all = messages(digits);
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        const std::string_view stan = all[step].get(11);
        std::size_t number = 0;
        std::from_chars(stan.data(), stan.data() + stan.size(), number);
        if (number == 0 || number > steps_.size())
            throw std::invalid_argument("scenario \"" + scenario_ + "\": \"" + steps_[step].kind +
                                        "\" has no STAN to know its answer by");
        steps_[step].stan_of = number - 1;
        steps_[step].answer = codec::answer_to(all[step].mti());
    }
}

/// Random digits, put in place, give what the codec writes.
void LoadFrames::check() const
{
    Rng rng(1);
    LoadDigits digits;
    for (std::size_t i = 0; i < LoadDigits::size; ++i)
        digits.set_digit(i, static_cast<char>('0' + rng.below(10)));
    const std::vector<Bytes> expected = written(digits);
    for (std::size_t step = 0; step < steps_.size(); ++step) {
        Bytes patched;
        append(step, digits, patched);
        if (patched != expected[step])
            throw std::invalid_argument("scenario \"" + scenario_ +
                                        "\": framing, header or dialect of network " + network_.name() +
                                        " cannot be changed digit by digit");
    }
}

void LoadFrames::append(std::size_t step, const LoadDigits& digits, Bytes& out) const
{
    const Frame& frame = frames_[step];
    const std::size_t begin = out.size();
    out.insert(out.end(), frame.bytes.begin(), frame.bytes.end());
    std::uint8_t* const bytes = out.data() + begin;
    const char* const from = digits.data();
    // The digits there are all zero.
    for (const Patch& patch : frame.patches)
        bytes[patch.at] =
            static_cast<std::uint8_t>(bytes[patch.at] | (from[patch.from] - '0') << patch.shift);
}

} // namespace sim
