#include "store/array_literal.hpp"
#include "store/card_file.hpp"
#include "store/ctl.hpp"
#include "store/json_text.hpp"
#include "store/session.hpp"
#include "store/wall_clock.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <span>

namespace store::ctl {

namespace {

constexpr std::size_t rows_per_statement = 10'000;

/// Says at which line a card stands that is issued already; a unique violation could not.
void refuse_issued(pqxx::transaction_base& work, const ImportOrder& order, std::span<const CardFileRow> rows)
{
    ArrayLiteral tokens;
    std::map<authz::CardToken, std::size_t> lines;
    for (const CardFileRow& row : rows) {
        tokens.add(row.card.token);
        lines.emplace(row.card.token, row.line);
    }
    const pqxx::result issued = work.exec_params(queries::find_cards.text, tokens.str());
    if (issued.empty()) return;
    std::size_t first = rows.back().line;
    for (const pqxx::row& row : issued)
        first = std::min(first, lines.at(authz::CardToken{bytes_of_hex(row[0].c_str()).value()}));
    throw CardFileError(order.file + ':' + std::to_string(first) + ": this card is issued already (and " +
                        std::to_string(issued.size() - 1) + " more of the file)");
}

/// Returns the id of the first account; the others follow it.
authz::AccountId import_rows(pqxx::transaction_base& work, std::span<const CardFileRow> rows, authz::Time now)
{
    std::vector<NewAccount> accounts;
    std::vector<NewCard> cards;
    for (const CardFileRow& row : rows) {
        accounts.push_back(row.account);
        cards.push_back(row.card);
    }
    const authz::AccountId first = open_accounts(work, accounts, now);
    for (std::size_t i = 0; i < cards.size(); ++i)
        cards[i].account = first + static_cast<authz::AccountId>(i);
    issue_cards(work, cards);
    return first;
}

} // namespace

int card_import(const Context& context, const ImportOrder& order)
{
    const CardTokenizer tokenizer = CardTokenizer::from_file(order.token_key_file);
    const std::vector<CardFileRow> rows = read_card_file(order.file, tokenizer);
    const authz::Time now = wall_clock();

    pqxx::connection connection(with_connection_defaults(context.database));
    pqxx::work work(connection, "card import");
    std::optional<authz::AccountId> first;
    for (std::span<const CardFileRow> rest = rows; !rest.empty();) {
        const auto part = rest.first(std::min(rest.size(), rows_per_statement));
        rest = rest.subspan(part.size());
        refuse_issued(work, order, part);
        const authz::AccountId id = import_rows(work, part, now);
        if (!first) first = id;
    }
    work.commit();

    const auto count = static_cast<std::int64_t>(rows.size());
    if (context.output == Output::json)
        std::cout << JsonText::object()
                         .add("schema", "tollgate/import/1")
                         .add("accounts", count)
                         .add("cards", count)
                         .add("first_account_id", *first)
                         .str()
                  << '\n';
    else
        std::cout << count << " accounts and cards, from account " << *first << '\n';
    return exit_done;
}

} // namespace store::ctl
