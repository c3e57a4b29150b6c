#pragma once

#include "store/accounts.hpp"
#include "store/card_token.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace store {

/// Rows of a card file that cannot be taken; what() has one line for each of the first ones, with file and
/// line number and never what stands in the row.
struct CardFileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One row: a card, and the account that is opened for it.
struct CardFileRow {
    std::size_t line = 0; ///< in the file, from 1
    NewAccount account;
    NewCard card; ///< without its account's id
};

/// Reads "pan,expiry,currency,balance[,status]" with that header; card numbers are turned into tokens at
/// once.
/// throws   CardFileError when the file cannot be opened or any row is wrong
[[nodiscard]] std::vector<CardFileRow> read_card_file(const std::string& path,
                                                      const CardTokenizer& tokenizer);

} // namespace store
