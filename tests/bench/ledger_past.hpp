#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// Appends messages to a ledger as if they had been decided during thirty days until last midnight (UTC),
/// evenly on all cards and in order of time: sales of one minor unit, every fiftieth entry of an account a
/// fault reversal of the one before it. Journal, postings, groups, balances and versions agree as the
/// invariants want it.
///
/// What a row holds beside its names, times and amounts is copied from the newest sale that was reversed,
/// which must be there, with its reversal; its card gets no past.
/// rows      messages, rounded down to the same number for each account
/// throws    the exceptions of libpqxx
void append_past(const std::string& url, std::size_t rows);

} // namespace bench
