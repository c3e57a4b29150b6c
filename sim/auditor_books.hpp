/// What the ledger's tables say, as `tollgatectl tx export` prints them.
#pragma once

#include "sim/auditor_wire.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sim {

/// The export has another shape.
struct BooksError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct JournalRow {
    std::string key; ///< as the ledger names it
    std::string group;
    KeyName name; ///< as the wire names it
    std::string operation;
    std::string reason;
    std::int64_t amount_minor = 0;
    std::int64_t posted_minor = 0;
};

struct PostingRow {
    std::string group;
    std::int64_t debit = 0; ///< account
    std::int64_t credit = 0;
    std::int64_t amount_minor = 0;
};

struct LedgerBooks {
    std::unordered_map<std::int64_t, std::int64_t> balances; ///< of customers' accounts, minor units
    std::vector<JournalRow> journal;
    std::vector<PostingRow> postings;

    /// + gives to the holder; 0 when no customer takes part.
    [[nodiscard]] std::int64_t moved_minor(const PostingRow& posting) const;
};

/// lines    an object each
/// throws   BooksError
[[nodiscard]] LedgerBooks parse_books(std::string_view lines);

} // namespace sim
