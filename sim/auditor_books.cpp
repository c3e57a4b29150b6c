#include "sim/auditor_books.hpp"

#include <boost/json.hpp>

namespace sim {

namespace json = boost::json;

namespace {

std::string text(const json::object& object, const char* name)
{
    const json::value& value = object.at(name);
    return value.is_null() ? std::string() : std::string(value.as_string());
}

std::int64_t number(const json::object& object, const char* name)
{
    const json::value& value = object.at(name);
    return value.is_null() ? 0 : value.as_int64();
}

void take(LedgerBooks& books, const json::object& line)
{
    if (line.contains("account")) {
        if (text(line, "kind") == "customer")
            books.balances[number(line, "account")] = number(line, "balance_minor");
    } else if (line.contains("journal")) {
        books.journal.push_back({text(line, "journal"), text(line, "group"),
                                 text(line, "mti_kind") + " " + text(line, "stan") + " " +
                                     text(line, "transmitted") + " " + text(line, "terminal"),
                                 text(line, "operation"), text(line, "reason"), number(line, "amount_minor"),
                                 number(line, "posted_minor")});
    } else if (line.contains("posting")) {
        books.postings.push_back({text(line, "group"), number(line, "debit"), number(line, "credit"),
                                  number(line, "amount_minor")});
    } else {
        throw BooksError("a line of the export is neither account nor journal nor posting");
    }
}

} // namespace

std::int64_t LedgerBooks::moved_minor(const PostingRow& posting) const
{
    if (balances.contains(posting.credit)) return posting.amount_minor;
    return balances.contains(posting.debit) ? -posting.amount_minor : 0;
}

LedgerBooks parse_books(std::string_view lines)
{
    LedgerBooks books;
    try {
        while (!lines.empty()) {
            const std::size_t end = std::min(lines.find('\n'), lines.size());
            if (end > 0) take(books, json::parse(lines.substr(0, end)).as_object());
            lines.remove_prefix(std::min(end + 1, lines.size()));
        }
    } catch (const BooksError&) {
        throw;
    } catch (const std::exception& error) {
        throw BooksError(std::string("the export of the books cannot be read: ") + error.what());
    }
    return books;
}

} // namespace sim
