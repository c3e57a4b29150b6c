#pragma once

#include "authz/decide.hpp"

namespace authz {

/// The answer with the code that the link's profile has for the reason.
[[nodiscard]] Answer answer_for(const Request& request, Reason reason);

/// The request as a fact of its group.
[[nodiscard]] Record record_of(const Case& c, Answer answer, Anomaly anomaly);

/// The group with one fact more. The record must outlive it.
[[nodiscard]] Group with(const Group& group, const Record& record);

/// Completes a decision that adds a fact: posts the difference it makes, on the account or, if that is
/// closed, full or unknown, on the suspense account, and gives back the usage of a sale that it reverses.
[[nodiscard]] Decision carry_out(const Case& c, Record record);

/// A fact without effect.
[[nodiscard]] Decision refuse(const Case& c, Reason reason);

/// Counts an approved sale towards the limits of its day. A clock that is behind another node's counts into
/// the day that has begun there.
void count_sale(DayUsage& usage, const Record& sale);

} // namespace authz
