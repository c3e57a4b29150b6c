#include "sim/office.hpp"

#include "sim/child_process.hpp"

#include <boost/json.hpp>

namespace sim {

namespace json = boost::json;

namespace {

std::string first_line(const std::string& text)
{
    return text.substr(0, text.find('\n'));
}

std::string words_of(const std::vector<std::string>& arguments)
{
    std::string words;
    for (const std::string& argument : arguments) words += (words.empty() ? "" : " ") + argument;
    return words;
}

Finished run(const std::vector<std::string>& arguments, const std::string& input)
{
    Finished finished = run_program(arguments, input);
    if (finished.status == 0 || finished.status == 1) return finished;
    throw OfficeError(words_of(arguments) + ": exit " + std::to_string(finished.status) + ": " +
                      first_line(finished.err.empty() ? finished.out : finished.err));
}

/// An object, or OfficeError when the program refused.
json::object run_for_object(const std::vector<std::string>& arguments, const std::string& input)
{
    const Finished finished = run(arguments, input);
    json::error_code error;
    const json::value value = json::parse(finished.out, error);
    if (finished.status != 0 || error || !value.is_object())
        throw OfficeError(words_of(arguments) + ": " +
                          first_line(finished.err.empty() ? finished.out : finished.err));
    return value.as_object();
}

std::int64_t number(const json::object& object, const char* key)
{
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_int64())
        throw OfficeError(std::string("tollgatectl gave no number \"") + key + "\"");
    return value->as_int64();
}

} // namespace

std::vector<std::string> CtlOffice::command(const std::vector<std::string>& words) const
{
    std::vector<std::string> all{settings_.program, "--database", settings_.database_url, "--json"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

void CtlOffice::migrate()
{
    const Finished finished =
        run_program({settings_.program, "--database", settings_.database_url, "migrate"}, "");
    if (finished.status != 0)
        throw OfficeError("tollgatectl migrate: " + first_line(finished.err + finished.out));
}

std::int64_t CtlOffice::open_account(const AccountGiven& account)
{
    std::vector<std::string> words{
        "account", "open", "--currency", account.balance.currency, "--balance", text_of(account.balance)};
    for (const auto& [limit, value] : account.limits) {
        words.push_back("--" + limit);
        words.push_back(value);
    }
    return number(run_for_object(command(words), ""), "account_id");
}

void CtlOffice::issue_card(const CardOrder& order)
{
    (void)run_for_object(
        command({"card", "issue", "--account", std::to_string(order.account), "--expiry", order.expiry,
                 "--status", order.status, "--token-key-file", settings_.token_key_file}),
        order.pan + "\n");
}

std::int64_t CtlOffice::balance_minor(std::int64_t account)
{
    return number(run_for_object(command({"account", "show", std::to_string(account)}), ""), "balance_minor");
}

TransactionSeen CtlOffice::transaction(const TransactionName& name)
{
    const auto arguments =
        command({"tx", "show", "--network", name.network, "--mti", name.mti, "--stan", name.stan,
                 "--terminal", name.terminal, "--transmitted", name.transmitted});
    const Finished finished = run(arguments, "");
    if (finished.status == 1) return {"unknown", 0, 0};
    json::error_code error;
    const json::value value = json::parse(finished.out, error);
    if (error || !value.is_object()) throw OfficeError("tollgatectl tx show: " + first_line(finished.out));
    const json::object& object = value.as_object();
    const json::value* state = object.if_contains("state");
    if (state == nullptr || !state->is_string()) throw OfficeError("tollgatectl tx show gave no state");
    return {std::string(state->as_string()), number(object, "refundable_minor"), number(object, "postings")};
}

CtlOffice::Import CtlOffice::import_cards(const std::string& file)
{
    const json::object object =
        run_for_object(command({"card", "import", file, "--token-key-file", settings_.token_key_file}), "");
    return {number(object, "first_account_id"), number(object, "accounts")};
}

CtlOffice::Books CtlOffice::check_books(const std::vector<std::string>& options)
{
    std::vector<std::string> arguments{settings_.program, "--database", settings_.database_url};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.emplace_back("check");
    const Finished finished = run_program(arguments, "");
    return {finished.status, finished.out + finished.err};
}

} // namespace sim
