#include "sim/msg_validate.hpp"

#include "codec/encode.hpp"

#include <algorithm>

namespace sim {

namespace {

bool has(const Reading& reading, int de)
{
    return std::any_of(reading.elements.begin(), reading.elements.end(),
                       [&](const ReadElement& e) { return e.de == de; });
}

void check_together(const Reading& reading, std::vector<Finding>& findings)
{
    const auto warn = [&](std::string text) {
        findings.push_back({Severity::warning, 0, "message", std::move(text)});
    };
    const codec::Mti mti = codec::Mti::parse(reading.mti).value();
    if (has(reading, 4) && !has(reading, 49)) warn("an amount (DE4) without its currency (DE49)");
    if (mti.is_answer() && !has(reading, 39)) warn("an answer without response code (DE39)");
    const bool has_mac = has(reading, 64) || has(reading, 128);
    if (has(reading, 64) && has(reading, 128)) warn("two MACs (DE64 and DE128)");
    if (has_mac && !reading.elements.empty() && reading.elements.back().de != 128 &&
        reading.elements.back().de != 64)
        warn("elements behind the MAC (DE64)");
}

/// The place where we would write the same message otherwise.
void check_spelling(const Reading& reading, std::vector<Finding>& findings)
{
    codec::Message message(codec::Mti::parse(reading.mti).value());
    for (const ReadElement& element : reading.elements) message.set(element.de, element.value);
    std::vector<std::uint8_t> bytes;
    if (!codec::encode(*reading.dialect, message, bytes)) return;
    const auto [ours, theirs] =
        std::mismatch(bytes.begin(), bytes.end(), reading.bytes.begin(), reading.bytes.end());
    if (ours == bytes.end() && theirs == reading.bytes.end()) return;
    findings.push_back(
        {Severity::warning, 0, "byte " + std::to_string(theirs - reading.bytes.begin()),
         "means the same in other bytes than usual: lower-case hex, fill, or an empty bitmap"});
}

} // namespace

std::vector<Finding> validate(const Reading& reading)
{
    std::vector<Finding> findings;
    if (!reading.mti.empty()) findings = findings_of_elements(reading);
    if (reading.error) {
        const std::string text = codec::text_of(*reading.error);
        const std::size_t colon = text.find(": ");
        const Finding finding{Severity::error, reading.error->de, text.substr(0, colon),
                              text.substr(colon + 2)};
        const auto behind = std::find_if(findings.begin(), findings.end(),
                                         [&](const Finding& f) { return f.de > finding.de; });
        findings.insert(behind, finding);
        return findings;
    }
    check_together(reading, findings);
    check_spelling(reading, findings);
    return findings;
}

std::string text_of(const std::vector<Finding>& findings)
{
    std::string text;
    for (const Finding& finding : findings)
        text += (finding.severity == Severity::error ? "error: " : "warning: ") + finding.place + ": " +
                finding.text + "\n";
    return text;
}

std::size_t count_of(const std::vector<Finding>& findings, Severity severity)
{
    return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(),
                                                  [&](const Finding& f) { return f.severity == severity; }));
}

} // namespace sim
