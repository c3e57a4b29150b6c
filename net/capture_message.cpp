#include "net/capture_message.hpp"

#include "codec/describe.hpp"
#include "codec/hex.hpp"
#include "codec/luhn.hpp"
#include "codec/tlv.hpp"
#include "net/capture_text.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace {

/// Nothing shorter holds a card number: neither as text nor packed.
constexpr std::size_t text_size_min = 13;
constexpr std::size_t packed_size_min = 7;

KeepRule rule_of(const codec::FieldSpec& row)
{
    if (row.structure)
        return row.structure->form == codec::StructureForm::ber_tlv ? KeepRule::chip : KeepRule::parts;
    if (row.kind == codec::FieldKind::track) return KeepRule::track_2;
    if (row.log == codec::LogRule::pan) return KeepRule::card;
    if (row.log == codec::LogRule::never) return KeepRule::drop;
    return row.kind == codec::FieldKind::amount ? KeepRule::keep : KeepRule::text;
}

/// Elements of the standard whose long numbers are something else than a card's: sums, and in 56 (1993) and
/// 90 (1987) the original's MTI, STAN, time and institutions.
bool holds_other_numbers(int de, const codec::FieldSpec& row)
{
    if (row.structure || row.log != codec::LogRule::clear) return false;
    const bool is_number = row.kind == codec::FieldKind::numeric;
    return (de >= 86 && de <= 90 && is_number) || de == 95 || (de == 56 && is_number);
}

KeepRule rule_of(int de, const codec::FieldSpec& row)
{
    const bool is_binary = row.kind == codec::FieldKind::binary;
    if (de == 2) return KeepRule::card;
    if (de == 35) return KeepRule::track_2;
    // Track 3, PIN block, keys or passwords of the network (1993, 1987): whatever the row says.
    if (de == 36 || de == 52 || de == 96) return KeepRule::drop;
    if (de == 45 && !row.structure) return KeepRule::track_1;
    // A MAC is over the real card number: it would be wrong, and help to guess.
    if ((de == 64 || de == 128 || de == 192) && is_binary) return KeepRule::drop;
    return holds_other_numbers(de, row) ? KeepRule::keep : rule_of(row);
}

/// No part needs more than a look at its digits.
bool is_plain(const codec::Structure& structure)
{
    return std::all_of(structure.parts.begin(), structure.parts.end(), [](const auto& part) {
        const KeepRule rule = rule_of(part.spec);
        return part.spec.kind != codec::FieldKind::binary &&
               (rule == KeepRule::keep || rule == KeepRule::text);
    });
}

/// Too few for a card number.
bool has_few_digits(std::string_view value)
{
    if (value.size() < text_size_min) return true;
    return std::count_if(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }) <
           static_cast<std::ptrdiff_t>(text_size_min);
}

bool has_few_packed_digits(std::string_view value)
{
    std::size_t digits = 0;
    for (const char c : value) {
        const auto byte = static_cast<std::uint8_t>(c);
        digits += (byte >> 4U) < 10 ? 1 : 0;
        digits += (byte & 0xFU) < 10 ? 1 : 0;
    }
    return digits < text_size_min;
}

bool is_printable(std::string_view value)
{
    return std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool is_harmless(KeepRule rule, const codec::FieldSpec& row, std::string_view value)
{
    if (rule == KeepRule::keep) return true;
    if (rule != KeepRule::text) return false;
    if (row.kind == codec::FieldKind::binary) return value.size() < packed_size_min;
    return has_few_digits(value) && (value.size() < packed_size_min || is_printable(value));
}

const codec::FieldSpec& bytes_row()
{
    static const codec::FieldSpec row = [] {
        codec::FieldSpec bytes;
        bytes.kind = codec::FieldKind::binary;
        return bytes;
    }();
    return row;
}

bool is_card_number(std::string_view hex)
{
    const std::string_view digits = hex.substr(0, hex.find_last_not_of('F') + 1);
    if (digits.size() < text_size_min || digits.find_first_not_of("0123456789") != digits.npos) return false;
    return codec::luhn_digit(digits.substr(0, digits.size() - 1)) == digits.back();
}

/// What stands in the place of a part that cannot be left out.
std::string nothing_of(const codec::FieldSpec& row, std::string_view value)
{
    using Kind = codec::FieldKind;
    const char filler = row.kind == Kind::binary                                                       ? '\0'
                        : row.kind == Kind::alpha || row.kind == Kind::alnum || row.kind == Kind::text ? ' '
                                                                                                       : '0';
    std::string blank(value.size(), filler);
    if (row.kind == Kind::amount && !blank.empty()) blank.front() = value.front();
    return blank;
}

/// The shortest form (ISO 8825-1).
void append_ber_length(std::string& out, std::size_t size)
{
    if (size > 0xFF) {
        out += '\x82';
        out += static_cast<char>(size >> 8U);
    } else if (size > 0x7F) {
        out += '\x81';
    }
    out += static_cast<char>(size);
}

bool may_be_left_out(const codec::Structure& structure)
{
    return structure.form != codec::StructureForm::positional;
}

} // namespace

MessageKeeper::MessageKeeper(std::shared_ptr<const codec::Dialect> dialect, CardScrubber& scrubber,
                             std::span<const int> secrets)
    : dialect_(std::move(dialect)), scrubber_(scrubber)
{
    for (int de = 2; de <= codec::de_max; ++de) {
        const auto at = static_cast<std::size_t>(de);
        const codec::FieldSpec& row = dialect_->fields[at];
        rules_[at] = rule_of(de, row);
        keys_[at] = '"' + std::to_string(de) + "\":\"";
        if (rules_[at] == KeepRule::parts && row.structure->form == codec::StructureForm::positional &&
            row.kind != codec::FieldKind::binary && is_plain(*row.structure))
            plain_parts_.set(de);
    }
    for (const int de : secrets) {
        rules_.at(static_cast<std::size_t>(de)) = KeepRule::drop;
        plain_parts_.clear(de);
    }
}

void MessageKeeper::forget()
{
    message_.clear();
    codec::overwrite(value_.data(), value_.size());
    value_.clear();
}

std::optional<MessageKeeper::Kept> MessageKeeper::keep(std::span<const std::uint8_t> wire)
{
    if (const auto decoded = codec::decode(*dialect_, wire, message_); !decoded) {
        error_ = decoded.error();
        return std::nullopt;
    }
    text_.clear();
    dropped_.clear();
    text_ += R"({"mti":")";
    text_ += message_.mti().text();
    text_ += R"(","fields":{)";
    for (int de = message_.next_after(0); de != 0; de = message_.next_after(de)) keep_element(de);
    text_ += "}}";
    if (!dropped_.empty()) dropped_ += ']';
    return Kept{text_, dropped_};
}

void MessageKeeper::keep_element(int de)
{
    const auto at = static_cast<std::size_t>(de);
    const codec::FieldSpec& row = dialect_->fields[at];
    std::string_view value = message_.get(de);
    const bool has_harmless_parts = plain_parts_.has(de) && has_few_digits(value);
    if (!has_harmless_parts && !is_harmless(rules_[at], row, value)) {
        value_ = value;
        path_ = std::to_string(de);
        if (scrub(rules_[at], row, value_) == Fate::dropped) return note_dropped({});
        value = value_;
    }
    if (text_.back() != '{') text_ += ',';
    text_ += keys_[at];
    if (row.kind == codec::FieldKind::binary)
        append_hex(text_, value);
    else
        append_json_text(text_, value);
    text_ += '"';
}

MessageKeeper::Fate MessageKeeper::scrub(KeepRule rule, const codec::FieldSpec& row, std::string& value)
{
    const bool is_binary = row.kind == codec::FieldKind::binary;
    switch (rule) {
    case KeepRule::keep:
        return Fate::kept;
    case KeepRule::drop:
        return Fate::dropped;
    case KeepRule::chip:
        return scrub_chip_data(*row.structure, value);
    case KeepRule::parts:
        return scrub_parts(*row.structure, value);
    case KeepRule::track_1:
        return !is_binary && scrubber_.scrub_track_1(value) ? Fate::kept : Fate::dropped;
    case KeepRule::track_2:
        return scrub_track_2(row, value);
    case KeepRule::text:
        if (is_binary || (!is_printable(value) && is_card_number(codec::hex_of(value))))
            scrub_bytes(value);
        else
            scrubber_.scrub_text(value);
        return Fate::kept;
    case KeepRule::card:
        if (is_binary) value = codec::hex_of(value);
        scrubber_.scrub_card(value);
        if (is_binary) value = *codec::bytes_of_hex(value);
        return Fate::kept;
    }
    return Fate::dropped;
}

/// Bytes may hold a card number in text or packed. What is text of whole bytes looks packed, too ("12" is 31
/// 32): it is, only where its check digit says so.
void MessageKeeper::scrub_bytes(std::string& value)
{
    const bool has_few = has_few_packed_digits(value);
    if (!is_printable(value)) {
        if (has_few) return;
    } else if (has_few || !is_card_number(codec::hex_of(value))) {
        return scrubber_.scrub_text(value);
    }
    std::string hex = codec::hex_of(value);
    scrubber_.scrub_hex(hex);
    value = *codec::bytes_of_hex(hex);
}

MessageKeeper::Fate MessageKeeper::scrub_track_2(const codec::FieldSpec& row, std::string& value)
{
    if (row.kind != codec::FieldKind::binary)
        return scrubber_.scrub_track_2(value) ? Fate::kept : Fate::dropped;
    std::string hex = codec::hex_of(value);
    if (!scrubber_.scrub_track_2(hex)) return Fate::dropped;
    value = *codec::bytes_of_hex(hex);
    return Fate::kept;
}

const MessageKeeper::ChipRule& MessageKeeper::chip_rule_of(const codec::Structure& structure,
                                                           std::string_view tag, ChipRules& rules)
{
    std::uint64_t key = 0;
    for (const char c : tag) key = key << 8U | static_cast<std::uint8_t>(c);
    const auto found = rules.find(key);
    if (found != rules.end()) return found->second;

    static const ChipRule unknown{"unknown", nullptr, KeepRule::drop};
    const std::string name = codec::hex_of(tag);
    const auto* const known = structure.find(name);
    if (known == nullptr && name != "00" && name != "57" && name != "9F6B" && name != "5A") return unknown;
    ChipRule rule{name, known == nullptr ? nullptr : &known->spec, KeepRule::drop};
    if (name == "00") // padding
        rule.rule = KeepRule::keep;
    else if (name == "57" || name == "9F6B")
        rule.rule = KeepRule::track_2;
    else if (name == "5A")
        rule.rule = KeepRule::card;
    else if (known != nullptr)
        rule.rule = rule_of(known->spec);
    return rules.emplace(key, rule).first->second;
}

/// A value keeps its size, or goes with its tag.
MessageKeeper::Fate MessageKeeper::scrub_chip_data(const codec::Structure& structure, std::string& value)
{
    const std::string given = std::exchange(value, {});
    value.reserve(given.size());
    ChipRules& rules = chip_rules_[&structure];
    codec::TlvReader reader(given);
    while (const auto object = reader.next()) {
        const ChipRule& rule = chip_rule_of(structure, object->tag, rules);
        if (is_harmless(rule.rule, bytes_row(), object->value)) {
            value.append(given, object->offset, object->size);
            continue;
        }
        std::string content(object->value);
        if (scrub_chip_object(rule, content) == Fate::dropped) {
            note_dropped(rule.tag);
            continue;
        }
        if (content.size() == object->value.size()) {
            value.append(given, object->offset, object->size - object->value.size());
        } else { // a template without some of its objects
            value += object->tag;
            append_ber_length(value, content.size());
        }
        value += content;
    }
    return reader.error() || (value.empty() && !given.empty()) ? Fate::dropped : Fate::kept;
}

/// Values stay bytes, whatever the row says of them; only those with parts are read by it.
MessageKeeper::Fate MessageKeeper::scrub_chip_object(const ChipRule& rule, std::string& value)
{
    if (rule.rule != KeepRule::chip && rule.rule != KeepRule::parts)
        return scrub(rule.rule, bytes_row(), value);
    const std::string outer = path_;
    path_ += "." + rule.tag;
    const Fate fate = scrub(rule.rule, *rule.row, value);
    path_ = outer;
    return fate;
}

MessageKeeper::Fate MessageKeeper::scrub_parts(const codec::Structure& structure, std::string& value)
{
    auto parts = codec::read_parts(structure, value);
    if (!parts) return Fate::dropped;
    const std::string outer = path_;
    for (codec::Part& part : *parts) {
        if (part.spec == nullptr && part.tag == codec::category_tag) continue;
        std::string scrubbed = part.value;
        path_ = outer + "." + (part.spec == nullptr ? "unknown" : part.tag);
        const Fate fate =
            part.spec == nullptr ? Fate::dropped : scrub(rule_of(*part.spec), *part.spec, scrubbed);
        const bool stays = fate == Fate::kept || !may_be_left_out(structure);
        if (fate == Fate::dropped && stays) scrubbed = nothing_of(codec::row_to_show(part), part.value);
        if (!stays) part.tag.clear(); // taken out below
        if (fate == Fate::dropped && (!stays || scrubbed != part.value)) note_dropped({});
        if (scrubbed == part.value) continue;
        part.value = std::move(scrubbed);
        part.parts.clear();
        part.wire.clear();
    }
    path_ = outer;
    std::erase_if(*parts, [](const codec::Part& part) { return part.tag.empty(); });
    if (parts->empty() && !value.empty()) return Fate::dropped;
    auto written = codec::write_parts(structure, *parts);
    if (!written) return Fate::dropped;
    value = std::move(*written);
    return Fate::kept;
}

/// part     of the value at path_; empty for the value itself
void MessageKeeper::note_dropped(std::string_view part)
{
    dropped_ += dropped_.empty() ? "[\"" : ",\"";
    append_json_text(dropped_, path_);
    if (!part.empty()) {
        dropped_ += '.';
        append_json_text(dropped_, part);
    }
    dropped_ += '"';
}

} // namespace net
