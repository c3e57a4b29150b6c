#include "net/translate.hpp"

#include "authz/calendar.hpp"
#include "authz/currency.hpp"
#include "authz/test_build.hpp"
#include "net/keys.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace net {

namespace {

std::string_view without_padding(std::string_view text)
{
    const auto last = text.find_last_not_of(' ');
    return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

std::string_view without_zeros(std::string_view digits)
{
    const auto first = digits.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view{} : digits.substr(first);
}

bool is_digits(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string kind_of(codec::Mti mti)
{
    return {mti.message_class(), mti.function()};
}

bool passes_luhn(std::string_view pan)
{
    int sum = 0;
    bool is_doubled = false;
    for (auto digit = pan.rbegin(); digit != pan.rend(); ++digit, is_doubled = !is_doubled) {
        const int value = (*digit - '0') * (is_doubled ? 2 : 1);
        sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0;
}

/// DE2, or else the digits of the track in DE35 up to its separator.
std::string_view pan_of(const codec::Message& message)
{
    if (!message.get(2).empty()) return message.get(2);
    const std::string_view track = message.get(35);
    return track.substr(0, track.find_first_of("=D"));
}

bool has_element(const codec::Message& message, int de)
{
    if (de == 2) return !pan_of(message).empty();
    return !without_padding(message.get(de)).empty();
}

bool fits(const ProfileRow& row, const codec::Message& message)
{
    if (!is_same_kind(row.mti, message.mti())) return false;
    if (row.needs_fault_reason && !has_fault_reason(message)) return false;
    if (row.has_original && *row.has_original != message.has(90)) return false;
    const std::string_view type = message.get(3).substr(0, 2);
    return row.processing.empty() || std::ranges::find(row.processing, type) != row.processing.end();
}

/// True when messages of this MTI are reversals and nothing else.
bool is_reversal_mti(const Profile& profile, codec::Mti mti)
{
    std::size_t reversals = 0;
    for (const ProfileRow& row : profile.rows) {
        if (!is_same_kind(row.mti, mti)) continue;
        if (row.operation != authz::Operation::fault_reversal) return false;
        ++reversals;
    }
    return reversals > 0;
}

/// The reading of one message: steps in order, the first that fails tells why.
class Reading {
public:
    Reading(const TranslatorSettings& settings, const codec::Message& message, const Reception& reception)
        : settings_(settings), message_(message),
          now_(std::chrono::floor<std::chrono::seconds>(reception.now))
    {
        request_.delivery = reception.delivery;
        request_.policy = settings.policy;
    }

    std::variant<authz::Request, Refusal> run()
    {
        const bool is_read = find_row() && check_required() && check_pin() && read_identity() &&
                             read_money() && read_card() && read_dates() && check_partial() &&
                             read_original();
        if (!is_read) return refusal_;
        request_.content = content_of(request_);
        if (is_order()) request_.key = order_key_of(request_.key, request_.content);
        return std::move(request_);
    }

private:
    bool refuse(Refusal::Kind kind)
    {
        refusal_ = {kind, 0};
        return false;
    }
    bool malformed(int de)
    {
        refusal_ = {Refusal::Kind::format_error, de};
        return false;
    }
    bool is_order() const { return request_.operation == authz::Operation::fault_reversal; }

    bool find_row()
    {
        bool is_known_kind = false;
        bool is_known_version = false;
        for (const ProfileRow& row : settings_.profile->rows) {
            is_known_version |= row.mti.version() == message_.mti().version();
            is_known_kind |= is_same_kind(row.mti, message_.mti());
            if (!row_ && fits(row, message_)) row_ = &row;
        }
        if (!row_ && !is_known_version) return malformed(0);
        if (!row_ && is_known_kind && message_.get(3).empty()) return malformed(3);
        if (!row_) return refuse(Refusal::Kind::function_not_served);
        request_.operation = row_->operation;
        return true;
    }

    bool check_required()
    {
        const auto missing =
            std::ranges::find_if_not(row_->required, [&](int de) { return has_element(message_, de); });
        return missing == row_->required.end() || malformed(*missing);
    }

    /// An order is never refused, whatever else it carries; of anything else a PIN would have to be checked.
    bool check_pin() { return !message_.has(52) || is_order() || refuse(Refusal::Kind::pin_not_served); }

    bool read_identity()
    {
        const std::string_view stan = message_.get(11);
        if (stan.size() != 6 || !is_digits(stan)) return malformed(11);
        const auto transmitted_at = authz::moment_near(message_.get(7), now_);
        if (!transmitted_at) return malformed(7);
        const std::string_view terminal = without_padding(message_.get(41));
        request_.transmitted_at = *transmitted_at;
        request_.key_fields = {settings_.network, kind_of(message_.mti()), std::string(stan),
                               std::string(terminal)};
        request_.key = key_under(message_.mti());
        request_.processing_code = message_.get(3);
        request_.merchant = without_padding(message_.get(42));
        request_.mcc = message_.get(18);
        request_.acquirer = without_zeros(message_.get(32));
        request_.rrn = without_padding(message_.get(37));
        return true;
    }

    /// The key of the message with these fields under another MTI.
    authz::Key key_under(codec::Mti mti) const
    {
        const std::string kind = kind_of(mti);
        return net::key_of({settings_.network, kind, request_.key_fields.stan, message_.get(7),
                            request_.key_fields.terminal},
                           request_.transmitted_at);
    }

    bool read_money()
    {
        const std::string_view amount = message_.get(4);
        if (!amount.empty()) {
            const char* const end = amount.data() + amount.size();
            const auto read = std::from_chars(amount.data(), end, request_.amount.minor);
            if (read.ec != std::errc{} || read.ptr != end || request_.amount.minor < 0) return malformed(4);
        }
        const std::string_view currency = message_.get(49);
        request_.amount.currency = settings_.profile->currency.value_or(0);
        if (currency.empty()) return true; // a row that needs it has said so in `required`
        if (is_digits(currency) && currency.size() == 3) {
            std::from_chars(currency.data(), currency.data() + currency.size(), request_.amount.currency);
            return true;
        }
        const auto* info = authz::find_currency(currency);
        if (info) request_.amount.currency = info->number;
        return info || is_order() || malformed(49); // an order in a currency nobody knows is an anomaly
    }

    /// The only place where a card number is looked at.
    bool read_card()
    {
        const std::string_view pan = pan_of(message_);
        if (pan.empty()) return true;
        if (!is_digits(pan)) return malformed(message_.get(2).empty() ? 35 : 2);
        const auto is_prefix = [&](const std::string& bin) { return pan.starts_with(bin); };
        const bool is_ours = std::ranges::any_of(settings_.bins, is_prefix);
        request_.card_number = !passes_luhn(pan) ? authz::CardNumber::fails_luhn
                               : is_ours         ? authz::CardNumber::ours
                                                 : authz::CardNumber::foreign_bin;
        request_.card = settings_.tokenizer(pan);
        return true;
    }

    /// Dates decide nothing about an order: what cannot be read of them is left out.
    bool read_dates()
    {
        const std::string_view expiry = message_.get(14);
        if (!without_zeros(expiry).empty()) {
            request_.stated_expiry = authz::expiry_of(expiry);
            if (!request_.stated_expiry && !is_order()) return malformed(14);
        }
        const std::string_view settlement = message_.get(15);
        request_.business_date = std::chrono::floor<std::chrono::days>(now_);
        if (without_zeros(settlement).empty()) return true;
        const auto date = authz::date_near(settlement, now_);
        if (date) request_.business_date = *date;
        return date || is_order() || malformed(15);
    }

    /// A fault reversal with a reason is a full one, whatever DE95 says (DOMAIN 1.6); other amounts there ask
    /// for a part, which is not served yet. Messages that name no original carry nothing of meaning there.
    bool check_partial()
    {
        if (row_->original == OriginalRule::none) return true;
        const bool asks_for_part = !without_zeros(message_.get(95).substr(0, 12)).empty();
        return !asks_for_part || has_fault_reason(message_) || refuse(Refusal::Kind::function_not_served);
    }

    bool read_original()
    {
        switch (row_->original) {
        case OriginalRule::none:
            return true;
        case OriginalRule::own:
            return take_own_original();
        case OriginalRule::de90:
            return names_original() ? read_de90() : malformed(90);
        case OriginalRule::de90_optional:
            return !names_original() || read_de90();
        case OriginalRule::de90_or_own:
            return names_original() ? read_de90() : take_own_original();
        }
        return true;
    }

    bool take_own_original()
    {
        request_.original = authz::Original{key_under(*row_->original_mti), request_.acquirer};
        return true;
    }

    /// Zero is "not given", never a value (DOMAIN 3.3).
    bool names_original() const { return !without_zeros(message_.get(90).substr(0, 20)).empty(); }

    /// MTI 4, STAN 6, DE7 10, acquirer 11, forwarder 11.
    bool read_de90()
    {
        const std::string_view named = message_.get(90);
        if (named.size() != 42 || !is_digits(named)) return malformed(90);
        auto mti = codec::Mti::parse(named.substr(0, 4));
        if (mti->text() == "0000" && row_->original_mti) mti = row_->original_mti;
        const std::string_view stan = named.substr(4, 6);
        const std::string_view transmitted = named.substr(10, 10);
        const auto transmitted_at = authz::moment_near(transmitted, now_);
        if (mti->text() == "0000" || without_zeros(stan).empty() || !transmitted_at) return malformed(90);
        if (is_reversal_mti(*settings_.profile, *mti)) return refuse(Refusal::Kind::original_is_a_reversal);
        const std::string kind = kind_of(*mti);
        const auto key = net::key_of(
            {settings_.network, kind, stan, transmitted, request_.key_fields.terminal}, *transmitted_at);
        request_.original = authz::Original{key, std::string(without_zeros(named.substr(20, 11)))};
        return true;
    }

    const TranslatorSettings& settings_;
    const codec::Message& message_;
    std::chrono::sys_seconds now_;
    const ProfileRow* row_ = nullptr;
    authz::Request request_;
    Refusal refusal_;
};

} // namespace

bool has_fault_reason(const codec::Message& message)
{
    if (TOLLGATE_PLANTED("fault-reason-ignored")) return false;
    constexpr std::array<std::string_view, 3> results{"68", "91", "22"};
    constexpr std::array<std::string_view, 3> reasons{"4006", "4013", "4021"};
    const auto is_reason = [&](std::string_view text) { return std::ranges::count(reasons, text) > 0; };
    return std::ranges::count(results, message.get(39)) > 0 || is_reason(message.get(56).substr(0, 4)) ||
           is_reason(message.get(25));
}

std::variant<authz::Request, Refusal> Translator::read(const codec::Message& message,
                                                       const Reception& reception) const
{
    return Reading(settings_, message, reception).run();
}

const std::string& Translator::code_of(authz::Reason reason) const
{
    return settings_.profile->answer_codes[static_cast<std::size_t>(reason)];
}

const std::string& Translator::code_of(const Refusal& refusal) const
{
    switch (refusal.kind) {
    case Refusal::Kind::function_not_served:
        return code_of(authz::Reason::function_not_served);
    case Refusal::Kind::original_is_a_reversal:
        return code_of(authz::Reason::original_is_a_reversal);
    case Refusal::Kind::pin_not_served:
        return settings_.profile->edge_codes.pin_not_served;
    case Refusal::Kind::format_error:
        break;
    }
    return settings_.profile->edge_codes.format_error;
}

codec::Mti Translator::own_version(codec::Mti mti) const
{
    std::string text(mti.text());
    text[0] = settings_.profile->rows.front().mti.version();
    return *codec::Mti::parse(text);
}

} // namespace net
