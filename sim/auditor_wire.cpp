#include "sim/auditor_wire.hpp"

#include "codec/decode.hpp"

#include <algorithm>
#include <array>

namespace sim {

namespace {

constexpr std::array echoed{2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 90};
constexpr std::size_t mti_bytes = 4;
constexpr std::size_t repeat_digit = 3;
constexpr char management = '8'; ///< sign-on and echo move nothing
constexpr std::string_view format_error = "30";

std::uint64_t fnv1a(std::span<const std::uint8_t> bytes, std::uint64_t hash = 0xCBF29CE484222325U)
{
    for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3U;
    return hash;
}

/// The same for a message and its repeat.
std::uint64_t content_digest(std::span<const std::uint8_t> message)
{
    if (message.size() < mti_bytes) return fnv1a(message);
    return fnv1a(message.subspan(mti_bytes), fnv1a(message.first(repeat_digit)));
}

KeyName key_name(std::string_view kind, std::string_view stan, std::string_view sent_at,
                 std::string_view terminal)
{
    KeyName name;
    for (const std::string_view part : {kind, stan, sent_at, terminal}) name += std::string(part) + " ";
    name.pop_back();
    return name;
}

/// Class and function of the request, also when an answer is given.
std::string kind_of(codec::Mti mti)
{
    const int function = mti.function() - '0';
    return {mti.message_class(), static_cast<char>('0' + function - function % 2)};
}

KeyName key_of(const codec::Message& message)
{
    return key_name(kind_of(message.mti()), message.get(11), message.get(7), message.get(41));
}

/// MTI 4, STAN 6, DE7 10.
KeyName target_of(const codec::Message& message)
{
    const std::string_view named = message.get(90);
    if (named.size() < 20) return {};
    return key_name(named.substr(1, 2), named.substr(4, 6), named.substr(10, 10), message.get(41));
}

AskedFor asked_for(const codec::Message& message)
{
    if (message.mti().message_class() == '4')
        return message.mti().function() == '0' ? AskedFor::cancel : AskedFor::reversal;
    const std::string_view type = message.get(3).substr(0, 2);
    if (type == "31") return AskedFor::inquiry;
    if (type != "20") return AskedFor::sale;
    return message.has(90) ? AskedFor::linked_refund : AskedFor::refund;
}

class Reading {
public:
    Reading(const Recording& recording, const codec::Dialect& dialect)
        : recording_(recording), dialect_(dialect)
    {
    }

    WireFacts run()
    {
        for (std::size_t place = 0; place < recording_.frames().size(); ++place) {
            const RecordedFrame& frame = recording_.frames()[place];
            if (frame.direction == Direction::answer)
                take_answer(place, frame);
            else if (frame.fate == RecordedFrame::Fate::whole)
                take_request(place, frame);
            else if (frame.fate == RecordedFrame::Fate::damaged)
                take_damaged(frame);
        }
        return std::move(facts_);
    }

private:
    void take_request(std::size_t place, const RecordedFrame& frame)
    {
        const auto bytes = recording_.message(frame);
        if (!codec::decode(dialect_, bytes, message_) || message_.mti().message_class() == management) return;
        ++facts_.requests;
        auto& contents = facts_.keys[key_of(message_)].contents;
        const std::uint64_t digest = content_digest(bytes);
        auto content = std::ranges::find(contents, digest, &SeenContent::digest);
        if (content == contents.end()) {
            SeenContent fresh;
            fresh.asked_for = asked_for(message_);
            fresh.digest = digest;
            fresh.amount = message_.get(4);
            fresh.pan = message_.get(2);
            fresh.target = target_of(message_);
            fresh.first = place;
            content = contents.insert(contents.end(), std::move(fresh));
        }
        content->requests.push_back({place, frame.at, frame.connection});
    }

    /// The server has got something else. All that it may say of it is that it cannot read it.
    void take_damaged(const RecordedFrame& frame)
    {
        if (codec::decode(dialect_, recording_.message(frame), message_))
            damaged_.emplace_back(frame.connection, message_.get(11));
    }

    /// Whether an answer says so. It gives back the STAN, but perhaps not the rest of the key: not all of
    /// that could be read.
    bool answers_damaged(const RecordedFrame& frame, const codec::Message& answer)
    {
        if (answer.get(39) != format_error) return false;
        const auto found = std::ranges::find(
            damaged_, std::pair<std::uint32_t, std::string>(frame.connection, answer.get(11)));
        if (found == damaged_.end()) return false;
        damaged_.erase(found);
        return true;
    }

    void take_answer(std::size_t place, const RecordedFrame& frame)
    {
        const auto bytes = recording_.message(frame);
        SeenContent* content = nullptr;
        const auto read = codec::decode(dialect_, bytes, message_);
        if (read && message_.mti().message_class() == management) return;
        if (read && answers_damaged(frame, message_)) {
            ++facts_.format_errors;
            return;
        }
        if (read) content = asked_with(message_);
        if (content == nullptr) return facts_.unreadable.push_back(place);
        ++facts_.answers;
        if (!echoes(*content)) facts_.wrong_echoes.push_back(place);
        content->answers.push_back(
            {place, frame.at_least, frame.connection, fnv1a(bytes), std::string(message_.get(39))});
    }

    /// Null when nobody asked. Two contents of one key differ in their amounts.
    SeenContent* asked_with(const codec::Message& answer)
    {
        const auto key = facts_.keys.find(key_of(answer));
        if (key == facts_.keys.end()) return nullptr;
        auto& contents = key->second.contents;
        const auto content = std::ranges::find(contents, answer.get(4), &SeenContent::amount);
        return content == contents.end() ? &contents.front() : &*content;
    }

    bool echoes(const SeenContent& content)
    {
        if (!codec::decode(dialect_, recording_.message(recording_.frames()[content.first]), request_))
            return false;
        return std::ranges::all_of(
            echoed, [&](int de) { return !message_.has(de) || message_.get(de) == request_.get(de); });
    }

    const Recording& recording_;
    const codec::Dialect& dialect_;
    codec::Message message_;
    codec::Message request_;
    std::vector<std::pair<std::uint32_t, std::string>> damaged_; ///< connection and STAN
    WireFacts facts_;
};

} // namespace

std::string_view name_of(AskedFor asked_for)
{
    constexpr std::array<std::string_view, 6> names{"sale",   "refund",   "linked refund",
                                                    "cancel", "reversal", "inquiry"};
    return names.at(static_cast<std::size_t>(asked_for));
}

std::int64_t SeenContent::amount_minor() const
{
    return amount.empty() ? 0 : std::stoll(amount);
}

bool SeenContent::is_approved() const
{
    return std::ranges::any_of(answers, &SeenAnswer::approves);
}

const SeenContent* SeenKey::approved() const
{
    const auto found = std::ranges::find_if(contents, &SeenContent::is_approved);
    return found == contents.end() ? nullptr : &*found;
}

WireFacts read_recording(const Recording& recording, const codec::Dialect& dialect)
{
    return Reading(recording, dialect).run();
}

} // namespace sim
