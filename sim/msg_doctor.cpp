#include "sim/msg_doctor.hpp"

#include "sim/msg_validate.hpp"

#include <algorithm>

namespace sim {

namespace {

// The parts of a score. A whole message is worth more than everything that a cut one can have.
constexpr int points_whole = 50;
constexpr int points_read_max = 40;
constexpr int points_framed = 4; ///< a length that is right is hard to hit by chance
constexpr int points_usual_type = 6;
constexpr int points_elements_max = 10;
constexpr int points_fact = 7;
constexpr int points_per_error = -10;
constexpr int points_per_warning = -1;
constexpr int cut_message_score_max = 49;

bool is_usual_type(const std::string& mti)
{
    return mti[1] >= '1' && mti[1] <= '8' && mti[2] <= '5' && mti[3] <= '5';
}

/// What speaks for a reading, in words.
std::vector<std::string> facts_of(const Reading& reading)
{
    std::vector<std::string> facts;
    for (const ReadElement& element : reading.elements) {
        const std::string de = "DE" + std::to_string(element.de);
        const std::string_view pairs = time_pattern(element.de, element.value.size(), reading.mti[0]);
        const bool are_digits = element.value.find_first_not_of("0123456789") == std::string::npos;
        if (!pairs.empty() && are_digits && wrong_time(element.value, pairs).empty())
            facts.push_back(de + (pairs.find('h') == pairs.npos ? " is a date" : " is a time"));
        if (element.de == 2 && are_digits && element.value.size() >= 12 && passes_luhn(element.value))
            facts.push_back(de + " passes Luhn");
        if (element.de == 49 && is_currency(element.value)) facts.push_back(de + " is a currency");
        const bool has_parts = element.row->structure && !element.problem && !element.parts.empty();
        if (has_parts && element.row->structure->form != codec::StructureForm::positional)
            facts.push_back(de + " has whole parts");
    }
    return facts;
}

std::string listed(const std::vector<std::string>& facts)
{
    constexpr std::size_t listed_max = 4;
    std::string text;
    for (std::size_t i = 0; i < std::min(facts.size(), listed_max); ++i) text += ", " + facts[i];
    if (facts.size() > listed_max) text += ", ...";
    return text;
}

std::string elements_in_words(std::size_t count)
{
    return std::to_string(count) + (count == 1 ? " element" : " elements");
}

void judge(Diagnosis& diagnosis)
{
    const Reading& reading = diagnosis.reading;
    const std::vector<Finding> findings = validate(reading);
    const std::vector<std::string> facts =
        reading.mti.empty() ? std::vector<std::string>{} : facts_of(reading);
    const auto errors = static_cast<int>(count_of(findings, Severity::error)) - (reading.error ? 1 : 0);
    const auto warnings = static_cast<int>(count_of(findings, Severity::warning));

    int score = points_whole;
    if (reading.error)
        score = reading.bytes.empty()
                    ? 0
                    : static_cast<int>(points_read_max * reading.error->offset / reading.bytes.size());
    if (!reading.mti.empty() && is_usual_type(reading.mti)) score += points_usual_type;
    if (diagnosis.envelope.framing != "none") score += points_framed;
    score += std::min(points_elements_max, static_cast<int>(reading.elements.size()));
    score += points_fact * std::min(4, static_cast<int>(facts.size()));
    score += points_per_error * errors + points_per_warning * warnings;
    if (reading.mti.empty()) score = 0; // nothing was read
    diagnosis.score = std::clamp(score, 0, reading.error ? cut_message_score_max : 100);

    if (reading.error) {
        diagnosis.reason = codec::text_of(*reading.error);
        if (!reading.elements.empty())
            diagnosis.reason +=
                "; " + elements_in_words(reading.elements.size()) + " can be read" + listed(facts);
        return;
    }
    diagnosis.reason = "whole message read: " + elements_in_words(reading.elements.size()) + listed(facts);
    const auto error = std::find_if(findings.begin(), findings.end(),
                                    [](const Finding& f) { return f.severity == Severity::error; });
    if (error != findings.end()) diagnosis.reason += "; but " + error->place + ": " + error->text;
}

/// Two dialects may know a message equally well, and an envelope may be empty in two ways.
bool is_same_reading(const Diagnosis& a, const Diagnosis& b)
{
    return a.reading.dialect == b.reading.dialect && a.reading.bytes == b.reading.bytes &&
           a.reading.error == b.reading.error;
}

void try_all(std::span<const std::uint8_t> bytes, InputForm form,
             const std::vector<std::shared_ptr<const codec::Dialect>>& dialects,
             std::vector<Diagnosis>& found)
{
    for (const std::string& framing : framing_names()) {
        for (const std::string& header : header_names()) {
            const EnvelopeNames envelope{framing, header};
            const Opened opened = open_envelope(envelope, bytes);
            if (!opened.problem.empty()) continue;
            for (const auto& dialect : dialects) {
                Diagnosis diagnosis;
                diagnosis.reading = read_message(dialect, opened.message);
                diagnosis.envelope = envelope;
                diagnosis.input = form;
                judge(diagnosis);
                if (opened.messages_behind > 0)
                    diagnosis.reason += "; " + std::to_string(opened.messages_behind) + " more behind it";
                const bool is_known = std::any_of(found.begin(), found.end(), [&](const Diagnosis& other) {
                    return is_same_reading(other, diagnosis);
                });
                if (!is_known) found.push_back(std::move(diagnosis));
            }
        }
    }
}

std::string padded(std::string text, std::size_t width)
{
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

} // namespace

std::vector<Diagnosis> diagnose(const Input& input, InputForm form,
                                const std::vector<std::shared_ptr<const codec::Dialect>>& dialects)
{
    std::vector<Diagnosis> found;
    // Digits in ASCII look like hex: what came as a file may be either.
    const auto hex = form == InputForm::raw ? std::nullopt : find_hex(input.text);
    if (hex) try_all(*hex, InputForm::hex, dialects, found);
    if (form != InputForm::hex && !input.is_argument && !input.text.empty()) {
        const std::vector<std::uint8_t> bytes(input.text.begin(), input.text.end());
        try_all(bytes, InputForm::raw, dialects, found);
    }
    if (found.empty()) (void)bytes_of(input, InputForm::hex); // says what is wrong with it
    std::stable_sort(found.begin(), found.end(),
                     [](const Diagnosis& a, const Diagnosis& b) { return a.score > b.score; });
    return found;
}

std::string text_of(const std::vector<Diagnosis>& diagnoses, std::size_t lines)
{
    const std::size_t count = std::min(lines, diagnoses.size());
    std::size_t dialect_width = 7;
    std::size_t framing_width = 7;
    for (std::size_t i = 0; i < count; ++i) {
        dialect_width = std::max(dialect_width, diagnoses[i].reading.dialect->name.size());
        framing_width = std::max(framing_width, diagnoses[i].envelope.framing.size());
    }
    std::string text = padded("score", 7) + padded("dialect", dialect_width + 2) +
                       padded("framing", framing_width + 2) + padded("header", 8) + padded("input", 7) +
                       "reason\n";
    for (std::size_t i = 0; i < count; ++i) {
        const Diagnosis& d = diagnoses[i];
        text += padded(std::to_string(d.score), 7) + padded(d.reading.dialect->name, dialect_width + 2) +
                padded(d.envelope.framing, framing_width + 2) + padded(d.envelope.header, 8) +
                padded(d.input == InputForm::hex ? "hex" : "raw", 7) + d.reason + "\n";
    }
    if (diagnoses.size() > count)
        text += "and " + std::to_string(diagnoses.size() - count) + " that fit worse\n";
    return text;
}

} // namespace sim
