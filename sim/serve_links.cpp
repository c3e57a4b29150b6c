#include "sim/serve_links.hpp"

#include "codec/decode.hpp"

#include <algorithm>

namespace sim {

namespace {

const std::string sign_on_code = "001";
const std::string sign_off_code = "002";
const std::string cut_over_code = "201";
const std::string echo_code = "301";
const std::string good = "00";

} // namespace

ServeLinks::ServeLinks(const NetworkModel& network, ServeWriter& writer, Settings settings, Events events)
    : network_(network), writer_(writer), settings_(std::move(settings)), events_(std::move(events)),
      links_(settings_.addresses.size()),
      wire_(network.wire_form(),
            {[this](const std::string& on, std::span<const std::uint8_t> bytes) {
                 received(number_of(on), bytes);
             },
             [this](const std::string& on) { closed(number_of(on)); },
             {},
             [this](const std::string& on) { connected(number_of(on)); },
             [this](const std::string& on, const std::string& why) { failed(number_of(on), why); }},
            settings_.reach)
{
    for (std::size_t i = 0; i < links_.size(); ++i) {
        names_.push_back(std::to_string(i));
        if (settings_.side == Side::listens)
            settings_.addresses[i] = wire_.listen(names_[i], settings_.addresses[i]);
    }
}

std::size_t ServeLinks::number_of(const std::string& on) const
{
    return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), on) - names_.begin());
}

void ServeLinks::tick(Clock::time_point now)
{
    for (std::size_t i = 0; i < links_.size(); ++i) {
        if (wire_.is_open(names_[i]))
            watch(i, now);
        else if (settings_.side == Side::dials && !is_ending_ && now >= links_[i].next_dial)
            dial(i, now);
    }
}

void ServeLinks::dial(std::size_t number, Clock::time_point now)
{
    Link& link = links_[number];
    link.pause = std::clamp(link.pause * 2, settings_.reconnect_first, settings_.reconnect_max);
    link.next_dial = now + link.pause + settings_.reach.limit; // at once when it ends sooner, see closed()
    wire_.dial(names_[number], settings_.addresses[number]);
}

void ServeLinks::connected(std::size_t number)
{
    if (settings_.sign_on == SignOn::skipped)
        raise(number);
    else if (settings_.side == Side::dials)
        ask(number, sign_on_code);
}

/// Sends network management of our own.
void ServeLinks::ask(std::size_t number, const std::string& code)
{
    const codec::Message message = writer_.management(code);
    links_[number].awaited = ServeWriter::answer_name_of_request(message);
    links_[number].awaited_until = Clock::now() + settings_.answer_timeout;
    send(number, writer_.encoded(message));
}

void ServeLinks::watch(std::size_t number, Clock::time_point now)
{
    Link& link = links_[number];
    if (!link.awaited.empty() && now >= link.awaited_until) {
        link.awaited.clear();
        if (link.is_up) ++counts_.echoes_missed;
        if (!link.is_up || ++link.misses >= settings_.misses_max) {
            wire_.close(names_[number]);
            return closed(number);
        }
        link.next_echo = now;
    }
    if (!link.is_up || link.is_signing_off || !link.awaited.empty() || now < link.next_echo) return;
    link.next_echo = now + settings_.echo_interval;
    ask(number, echo_code);
}

void ServeLinks::received(std::size_t number, std::span<const std::uint8_t> bytes)
{
    codec::Message message;
    if (!codec::decode(network_.dialect(), bytes, message)) {
        ++counts_.unreadable;
        return;
    }
    if (message.mti().message_class() != '8') return events_.message(message);
    if (message.mti().is_answer())
        answered(number, message);
    else
        asked(number, message);
}

void ServeLinks::asked(std::size_t number, const codec::Message& request)
{
    send(number, writer_.encoded(ServeWriter::answer_to(request)));
    const std::string_view code = request.get(70);
    if (code == sign_on_code) raise(number);
    if (code == sign_off_code) lower(number);
    if (code == echo_code) ++counts_.echoes;
}

void ServeLinks::answered(std::size_t number, const codec::Message& answer)
{
    Link& link = links_[number];
    if (ServeWriter::answer_name(answer) != link.awaited) return;
    link.awaited.clear();
    link.misses = 0;
    if (link.is_signing_off) return lower(number);
    if (link.is_up) {
        ++counts_.echoes;
    } else if (answer.get(39) == good) {
        raise(number);
    } else {
        wire_.close(names_[number]);
        closed(number);
    }
}

void ServeLinks::raise(std::size_t number)
{
    Link& link = links_[number];
    if (link.is_up) return;
    link.is_up = true;
    link.misses = 0;
    link.pause = std::chrono::milliseconds(0);
    link.failure.clear();
    link.next_echo = Clock::now() + settings_.echo_interval;
    ++counts_.ups;
    events_.up(number);
}

void ServeLinks::lower(std::size_t number)
{
    if (!std::exchange(links_[number].is_up, false)) return;
    ++counts_.downs;
    events_.down(number);
}

void ServeLinks::failed(std::size_t number, const std::string& why)
{
    if (std::exchange(links_[number].failure, why) != why) events_.failed(number, why);
}

void ServeLinks::closed(std::size_t number)
{
    links_[number].awaited.clear();
    links_[number].next_dial = std::min(links_[number].next_dial, Clock::now() + links_[number].pause);
    lower(number);
}

void ServeLinks::cut_over()
{
    for (std::size_t i = 0; i < links_.size(); ++i)
        if (links_[i].is_up) send(i, writer_.encoded(writer_.management(cut_over_code)));
}

void ServeLinks::sign_off()
{
    is_ending_ = true;
    for (std::size_t i = 0; i < links_.size(); ++i) {
        if (!links_[i].is_up) continue;
        links_[i].is_signing_off = true;
        ask(i, sign_off_code);
    }
}

bool ServeLinks::is_all_down() const
{
    return std::none_of(links_.begin(), links_.end(), [](const Link& link) { return link.is_up; });
}

} // namespace sim
