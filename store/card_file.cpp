#include "store/card_file.hpp"

#include "authz/currency.hpp"
#include "store/ctl.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unordered_map>

namespace store {

int ctl::expiry_of(const std::string& text)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool shaped = text.size() == 7 && text[4] == '-' && std::ranges::count_if(text, is_digit) == 6;
    const int month = shaped ? (text[5] - '0') * 10 + (text[6] - '0') : 0;
    const int year = shaped ? std::stoi(text.substr(0, 4)) : 0;
    if (month < 1 || month > 12 || year < 1900)
        throw UsageError("expiry \"" + text + "\" is no month; write YYYY-MM, for example 2028-12");
    return year * 100 + month;
}

namespace {

constexpr std::size_t errors_shown_max = 10;
constexpr std::array<std::string_view, 4> statuses = {"active", "blocked", "unassigned", "closed"};

/// Views into the line; a trailing empty field counts.
std::vector<std::string_view> split(std::string_view line)
{
    std::vector<std::string_view> fields;
    for (;;) {
        const auto comma = line.find(',');
        fields.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return fields;
        line.remove_prefix(comma + 1);
    }
}

/// Collects what is wrong, with its place.
class Errors {
public:
    explicit Errors(std::string path) : path_(std::move(path)) {}

    void add(std::size_t line, const std::string& what)
    {
        if (++count_ > errors_shown_max) return;
        if (!text_.empty()) text_ += '\n';
        text_ += path_ + ':' + std::to_string(line) + ": " + what;
    }

    void throw_if_any() const
    {
        if (count_ == 0) return;
        const auto hidden = count_ - std::min(count_, errors_shown_max);
        throw CardFileError(text_ + (hidden > 0 ? "\nand " + std::to_string(hidden) + " more" : ""));
    }

private:
    std::string path_;
    std::string text_;
    std::size_t count_ = 0;
};

/// What is wrong with a row, or nothing. No cell is quoted: in a file whose columns are shifted any of them
/// is the card number.
std::string read_row(const std::vector<std::string_view>& fields, const CardTokenizer& tokenizer,
                     CardFileRow& row)
{
    if (fields.size() < 4 || fields.size() > 5)
        return "has " + std::to_string(fields.size()) +
               " fields, expected pan,expiry,currency,balance[,status]";
    if (!is_card_number(fields[0])) return "pan is no card number: 13 to 19 digits with a right check digit";
    row.card.token = tokenizer.token_of(fields[0]);
    row.card.bin = fields[0].substr(0, 6);
    row.card.last_four = fields[0].substr(fields[0].size() - 4);
    try {
        row.card.expiry = ctl::expiry_of(std::string(fields[1]));
    } catch (const ctl::UsageError&) {
        return "expiry is no month; write YYYY-MM, for example 2028-12";
    }
    if (authz::find_currency(fields[2]) == nullptr)
        return "currency is not known; give its ISO 4217 code, for example JPY";
    const auto balance = authz::parse_money(std::string(fields[3]) + ' ' + std::string(fields[2]));
    if (!balance || balance->minor < 0)
        return "balance is no amount of the row's currency, for example 1000 or 12.50";
    if (balance->minor > amount_minor_max) return "balance is more than 10^15 minor units";
    row.account.currency = balance->currency;
    row.account.balance_minor = balance->minor;
    if (fields.size() == 5) row.card.status = fields[4];
    if (std::ranges::find(statuses, row.card.status) == statuses.end())
        return "status is none of active, blocked, unassigned, closed";
    return {};
}

} // namespace

std::vector<CardFileRow> read_card_file(const std::string& path, const CardTokenizer& tokenizer)
{
    std::ifstream file(path);
    if (!file) throw CardFileError(path + ": cannot be opened: " + std::strerror(errno));
    Errors errors(path);
    std::vector<CardFileRow> rows;
    std::unordered_map<authz::CardToken, std::size_t, authz::Id128Hash> seen;
    std::string text;
    for (std::size_t line = 1; std::getline(file, text); ++line) {
        if (text.ends_with('\r')) text.pop_back();
        if (line == 1) {
            if (text != "pan,expiry,currency,balance" && text != "pan,expiry,currency,balance,status")
                throw CardFileError(path + ":1: the header must be pan,expiry,currency,balance[,status]");
            continue;
        }
        if (text.empty()) continue;
        CardFileRow row;
        row.line = line;
        const std::string wrong = read_row(split(text), tokenizer, row);
        OPENSSL_cleanse(text.data(), text.size());
        if (!wrong.empty()) {
            errors.add(line, wrong);
            continue;
        }
        const auto [first, is_new] = seen.emplace(row.card.token, line);
        if (!is_new) errors.add(line, "is the same card as line " + std::to_string(first->second));
        rows.push_back(std::move(row));
    }
    if (file.bad()) throw CardFileError(path + ": cannot be read");
    errors.throw_if_any();
    if (rows.empty()) throw CardFileError(path + ": there are no cards below the header");
    return rows;
}

} // namespace store
