#include "authz/currency.hpp"
#include "store/accounts.hpp"
#include "store/array_literal.hpp"
#include "store/card_token.hpp"
#include "store/ctl.hpp"
#include "store/json_text.hpp"
#include "store/session.hpp"
#include "store/wall_clock.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <chrono>
#include <iostream>

namespace store::ctl {

namespace {

authz::Currency currency_named(const std::string& code)
{
    const authz::CurrencyInfo* info = authz::find_currency(code);
    if (info == nullptr)
        throw UsageError("currency \"" + code + "\" is not known; give its ISO 4217 code, for example JPY");
    return info->number;
}

/// An amount from nothing to amount_minor_max, in the account's currency.
std::int64_t minor_of(const std::string& option, const std::string& text, authz::Currency currency)
{
    const auto money = authz::parse_money(text);
    if (!money)
        throw UsageError(option + " \"" + text +
                         "\" is no amount; write for example \"1000 JPY\" or \"12.50 EUR\"");
    if (money->currency != currency)
        throw UsageError(option + " \"" + text + "\" is not in the account's currency");
    if (money->minor < 0) throw UsageError(option + " \"" + text + "\" is negative");
    if (money->minor > amount_minor_max)
        throw UsageError(option + " \"" + text + "\" is more than 10^15 minor units");
    return money->minor;
}

std::optional<std::int64_t> maybe_minor_of(const std::string& option, const std::optional<std::string>& text,
                                           authz::Currency currency)
{
    if (!text) return std::nullopt;
    return minor_of(option, *text, currency);
}

NewAccount account_of(const AccountTerms& terms)
{
    NewAccount account;
    account.currency = currency_named(terms.currency);
    account.balance_minor = maybe_minor_of("--balance", terms.balance, account.currency).value_or(0);
    account.credit_limit_minor =
        maybe_minor_of("--credit-limit", terms.credit_limit, account.currency).value_or(0);
    account.sale_max_minor = maybe_minor_of("--sale-max", terms.sale_max, account.currency);
    account.day_amount_max_minor = maybe_minor_of("--day-amount-max", terms.day_amount_max, account.currency);
    account.day_count_max = terms.day_count_max;
    if (account.day_count_max && *account.day_count_max < 0) throw UsageError("--day-count-max is negative");
    if (account.day_count_max && *account.day_count_max > amount_minor_max)
        throw UsageError("--day-count-max is more than 10^15");
    return account;
}

std::string read_card_number()
{
    std::string pan;
    std::getline(std::cin, pan);
    if (pan.ends_with('\r')) pan.pop_back();
    if (!is_card_number(pan)) {
        OPENSSL_cleanse(pan.data(), pan.size());
        throw UsageError(
            "standard input holds no card number: one line of 13 to 19 digits with a right check digit "
            "is needed");
    }
    return pan;
}

} // namespace

int account_open(const Context& context, const AccountTerms& terms)
{
    const NewAccount account = account_of(terms);
    pqxx::connection connection(with_connection_defaults(context.database));
    pqxx::work work(connection, "account open");
    const authz::AccountId id = open_accounts(work, {&account, 1}, wall_clock());
    work.commit();
    return account_show(context, id);
}

int account_show(const Context& context, std::int64_t id)
{
    pqxx::connection connection(with_connection_defaults(context.database));
    pqxx::nontransaction work(connection, "account show");
    const pqxx::result rows = work.exec_params(queries::show_account.text, id);
    if (rows.empty()) throw Differs("account " + std::to_string(id) + " is not found");
    const pqxx::row row = rows[0];
    const auto currency = row["currency"].as<authz::Currency>();
    const auto balance = row["balance_minor"].as<std::int64_t>();
    const auto credit_limit = row["credit_limit_minor"].as<std::int64_t>();
    const authz::CurrencyInfo* info = authz::find_currency(currency);
    const std::string code = info != nullptr ? std::string(info->code) : std::to_string(currency);
    const std::string status = row["status"].c_str();
    const auto version = row["version"].as<std::int64_t>();
    if (context.output == Output::json) {
        std::cout << JsonText::object()
                         .add("schema", "tollgate/account/1")
                         .add("account_id", id)
                         .add("currency", code)
                         .add("balance", authz::format_money({balance, currency}))
                         .add("balance_minor", balance)
                         .add("credit_limit_minor", credit_limit)
                         .add("available_minor", balance + credit_limit)
                         .add("status", status)
                         .add("version", version)
                         .str()
                  << '\n';
    } else {
        std::cout << "account " << id << "  " << status << "  balance "
                  << authz::format_money({balance, currency}) << "  available "
                  << authz::format_money({balance + credit_limit, currency}) << "  version " << version
                  << '\n';
    }
    return exit_done;
}

int card_issue(const Context& context, const CardOrder& order)
{
    const CardTokenizer tokenizer = CardTokenizer::from_file(order.token_key_file);
    NewCard card;
    card.expiry = expiry_of(order.expiry);
    std::string pan = read_card_number();
    card.token = tokenizer.token_of(pan);
    card.account = order.account;
    card.status = order.status;
    card.bin = pan.substr(0, 6);
    card.last_four = pan.substr(pan.size() - 4);
    const std::string shown = masked(pan);
    OPENSSL_cleanse(pan.data(), pan.size());

    pqxx::connection connection(with_connection_defaults(context.database));
    pqxx::work work(connection, "card issue");
    if (work.exec_params(queries::show_account.text, card.account).empty())
        throw Differs("account " + std::to_string(card.account) + " is not found");
    try {
        issue_cards(work, {&card, 1});
    } catch (const pqxx::unique_violation&) {
        throw Differs("card " + shown + " is issued already");
    }
    work.commit();
    if (context.output == Output::json)
        std::cout << JsonText::object()
                         .add("schema", "tollgate/card/1")
                         .add("token", hex(card.token.bytes))
                         .add("card", shown)
                         .add("account_id", card.account)
                         .str()
                  << '\n';
    else
        std::cout << "card " << shown << "  " << card.status << "  account " << card.account << "  token "
                  << hex(card.token.bytes) << '\n';
    return exit_done;
}

} // namespace store::ctl
