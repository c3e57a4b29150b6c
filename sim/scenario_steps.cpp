#include "sim/scenario_steps.hpp"

#include <algorithm>
#include <charconv>

namespace sim {

namespace {

const std::vector<std::string> verbs{"send", "repeat", "release", "expect", "check", "restart"};

int read_element(const std::string& key, const Place& place)
{
    int de = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), de);
    if (error != std::errc{} || end != key.data() + key.size() || de < 2 || de > 128)
        throw FileError(place, "\"" + key + "\" is no data element: 2 to 128 is");
    return de;
}

FieldRule read_rule(const std::string& key, const Value& value, const std::vector<std::string>& words)
{
    FieldRule rule;
    rule.de = read_element(key, value.place);
    rule.text = as_text(value, "a field");
    if (std::find(words.begin(), words.end(), rule.text) == words.end()) return rule;
    if (rule.text == "present") rule.kind = FieldRule::Kind::present;
    if (rule.text == "absent") rule.kind = FieldRule::Kind::absent;
    if (rule.text == "echo") rule.kind = FieldRule::Kind::echo;
    if (rule.text == "malformed") rule.kind = FieldRule::Kind::malformed;
    return rule;
}

std::vector<FieldRule> read_rules(TableReader& reader, const std::vector<std::string>& words)
{
    std::vector<FieldRule> rules;
    for (const auto& [key, value] : reader.pairs("fields")) rules.push_back(read_rule(key, value, words));
    return rules;
}

Passage read_passage(TableReader& reader, const std::string& key, const std::string& delay_key)
{
    Passage passage;
    if (const Value* value = reader.find(key)) {
        const std::string& text = as_text(*value, "\"" + key + "\"");
        if (text == "lost")
            passage.kind = Passage::Kind::lost;
        else if (text == "hold")
            passage.kind = Passage::Kind::held;
        else
            throw FileError(value->place,
                            "\"" + key + "\" is \"lost\" or \"hold\"" + hint(text, {"lost", "hold"}));
    }
    if (const Value* value = reader.find(delay_key)) {
        if (passage.kind != Passage::Kind::straight)
            throw FileError(value->place, "a message is lost, held or delayed: one of them");
        passage = {Passage::Kind::delayed, read_duration(*value)};
    }
    return passage;
}

Fate read_fate(TableReader& reader)
{
    Fate fate;
    fate.request = read_passage(reader, "request", "request_delay");
    fate.answer = read_passage(reader, "answer", "answer_delay");
    if (const Value* copies = reader.find("copies")) {
        fate.copies = static_cast<int>(as_integer(*copies, "\"copies\""));
        if (fate.copies < 1 || fate.copies > 1000) throw FileError(copies->place, "\"copies\" is 1 to 1000");
    }
    return fate;
}

std::vector<std::string> read_connections(TableReader& reader)
{
    std::vector<std::string> on = reader.texts("on");
    if (on.empty()) on.emplace_back(first_connection);
    return on;
}

std::string read_hex(const Value& value)
{
    std::string bytes;
    int nibbles = 0;
    int byte = 0;
    for (const char c : as_text(value, "\"bytes\"")) {
        if (c == ' ') continue;
        const std::size_t nibble = std::string_view("0123456789abcdef").find(c);
        if (nibble == std::string_view::npos) throw FileError(value.place, "\"bytes\" is hex in lower case");
        byte = byte * 16 + static_cast<int>(nibble);
        if (++nibbles % 2 == 0) {
            bytes.push_back(static_cast<char>(byte));
            byte = 0;
        }
    }
    if (nibbles % 2 != 0) throw FileError(value.place, "\"bytes\" has half a byte at its end");
    return bytes;
}

/// One word of a closed set.
template <class T> T read_word(const Value& value, const std::vector<std::pair<std::string, T>>& words)
{
    const std::string& text = as_text(value, "this");
    std::vector<std::string> known;
    for (const auto& [word, meaning] : words) {
        if (word == text) return meaning;
        known.push_back(word);
    }
    std::string list;
    for (const std::string& word : known) list += (list.empty() ? "\"" : ", \"") + word + "\"";
    throw FileError(value.place, "\"" + text + "\" is not one of " + list + hint(text, known));
}

} // namespace

Amount read_amount(const Value& value)
{
    const std::string& text = as_text(value, "an amount");
    const auto amount = parse_amount(text);
    if (!amount)
        throw FileError(value.place, "\"" + text + "\" is no amount: \"1000 JPY\" or \"12.50 EUR\" is");
    return *amount;
}

Milliseconds read_duration(const Value& value)
{
    const auto ms = parse_duration_ms(as_text(value, "a time"));
    if (!ms || *ms < 0) throw FileError(value.place, "a time has a unit: \"300ms\", \"5s\"");
    return Milliseconds(*ms);
}

Step StepReader::read(const Value& value)
{
    TableReader reader(value, "the step");
    Action action = read_action(reader);
    reader.finish();
    return Step{value.place, std::move(action)};
}

Action StepReader::read_action(TableReader& reader)
{
    if (reader.find("send") != nullptr) return read_send(reader);
    if (reader.find("repeat") != nullptr) return read_repeat(reader);
    if (reader.find("release") != nullptr) return Release{read_sent(reader, "release")};
    if (reader.find("expect") != nullptr) return read_expect(reader);
    if (const Value* check = reader.find("check")) return read_check(*check, "\"check\"");
    if (const Value* how = reader.find("restart"))
        return Restart{
            read_word<Restart::How>(*how, {{"term", Restart::How::terminate}, {"kill", Restart::How::kill}})};
    std::string list;
    for (const std::string& verb : verbs) list += (list.empty() ? "" : ", ") + verb;
    throw FileError(reader.place(), "a step begins with one of: " + list);
}

Send StepReader::read_send(TableReader& reader)
{
    Send send;
    send.kind = reader.required_text("send");
    send.on = read_connections(reader);
    if (send.kind == "bytes" || send.kind == "frame") return read_bytes(reader, std::move(send));
    send.as = reader.text("as").value_or(send.kind);
    if (std::find(sent_.begin(), sent_.end(), send.as) != sent_.end())
        throw FileError(reader.place(),
                        "\"" + send.as + "\" has been sent already: give it a name with \"as\"");
    if (reader.find("of") != nullptr) send.of = read_sent(reader, "of");
    if (const Value* amount = reader.find("amount")) send.amount = read_amount(*amount);
    if (const Value* card = reader.find("card")) {
        send.card = as_text(*card, "\"card\"");
        if (!scenario_.cards.contains(send.card))
            throw FileError(card->place, "unknown card \"" + send.card + "\"");
    } else if (scenario_.cards.size() == 1) {
        send.card = scenario_.cards.begin()->first;
    }
    send.reason = reader.text("reason").value_or("");
    send.fields = read_rules(reader, {"absent", "malformed"});
    if (const Value* age = reader.find("age")) send.age_ms = read_duration(*age).count();
    send.fate = read_fate(reader);
    sent_.push_back(send.as);
    return send;
}

Send StepReader::read_bytes(TableReader& reader, Send send)
{
    send.bytes = read_hex(reader.required("bytes"));
    return send;
}

Repeat StepReader::read_repeat(TableReader& reader)
{
    Repeat repeat;
    repeat.of = read_sent(reader, "repeat");
    repeat.on = read_connections(reader);
    repeat.times = static_cast<int>(reader.integer("times").value_or(1));
    if (repeat.times < 1 || repeat.times > 1000) throw FileError(reader.place(), "\"times\" is 1 to 1000");
    if (const Value* mti = reader.find("mti"))
        repeat.marks_repeat = read_word<bool>(*mti, {{"same", false}, {"repeat", true}});
    repeat.fate = read_fate(reader);
    return repeat;
}

Expect StepReader::read_expect(TableReader& reader)
{
    Expect expect;
    expect.what = read_word<Expect::What>(reader.required("expect"), {{"answer", Expect::What::answer},
                                                                      {"silence", Expect::What::silence},
                                                                      {"closed", Expect::What::closed}});
    if (expect.what == Expect::What::closed) {
        expect.on = reader.text("on").value_or(std::string(first_connection));
        return expect;
    }
    expect.to = read_sent(reader, "to");
    if (expect.what == Expect::What::silence) return expect;
    expect.code = reader.text("code").value_or("");
    expect.fields = read_rules(reader, {"present", "absent", "echo"});
    expect.is_identical = reader.flag("identical");
    if (const Value* late = reader.find("late"))
        expect.late = read_word<Expect::Late>(*late, {{"forbidden", Expect::Late::forbidden},
                                                      {"allowed", Expect::Late::allowed},
                                                      {"required", Expect::Late::required}});
    return expect;
}

Check StepReader::read_check(const Value& value, const std::string& what)
{
    TableReader reader(value, what);
    Check check;
    for (const auto& [account, amount] : reader.pairs("balances")) {
        if (!scenario_.accounts.contains(account))
            throw FileError(amount.place, "unknown account \"" + account + "\"");
        check.balances[account] = read_amount(amount);
    }
    for (const auto& [message, state] : reader.pairs("states")) {
        check_sent(message, state.place);
        check.states[message] = as_text(state, "a state");
    }
    for (const auto& [message, amount] : reader.pairs("refundable")) {
        check_sent(message, amount.place);
        check.refundable[message] = read_amount(amount);
    }
    for (const auto& [message, count] : reader.pairs("postings")) {
        check_sent(message, count.place);
        check.postings[message] = as_integer(count, "a number of postings");
    }
    reader.finish();
    return check;
}

std::string StepReader::read_sent(TableReader& reader, const std::string& key)
{
    const Value& value = reader.required(key);
    const std::string& message = as_text(value, "\"" + key + "\"");
    check_sent(message, value.place);
    return message;
}

void StepReader::check_sent(const std::string& message, const Place& place) const
{
    if (std::find(sent_.begin(), sent_.end(), message) == sent_.end())
        throw FileError(place,
                        "nothing named \"" + message + "\" has been sent before" + hint(message, sent_));
}

} // namespace sim
