#pragma once

#include "authz/record.hpp"
#include "codec/dialect.hpp"
#include "codec/message.hpp"
#include "net/profile.hpp"

#include <string_view>

namespace net {

/// The answer to a request as far as it repeats it: its MTI and the echoed elements, byte for byte (DOMAIN
/// 2.3). DE39 is still to be set.
[[nodiscard]] codec::Message echo_of(const codec::Message& request);
/// The same into a message whose memory is used again.
void write_echo(const codec::Message& request, codec::Message& answer);

/// The same for a message that could not be read whole (DOMAIN 2.2).
[[nodiscard]] codec::Message echo_of_readable(const codec::Message& readable);

/// The same for network management (DOMAIN 2.8).
[[nodiscard]] codec::Message echo_of_management(const codec::Message& request);

/// How answers are written on a link.
struct AnswerForm {
    const codec::Dialect& dialect;
    const Profile& profile;
};

/// Writes a decision into an answer: DE39 and, where the dialect has them, DE38 and, after an inquiry, DE54.
/// Of a partial approval DE4 tells what was approved and DE54 what was asked for.
void complete(codec::Message& answer, const AnswerForm& form, const authz::Answer& decided);

/// Names the element that was wrong, "007" in DE44, where the dialect has it.
void name_wrong_element(codec::Message& answer, const codec::Dialect& dialect, int de);

} // namespace net
