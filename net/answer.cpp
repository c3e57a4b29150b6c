#include "net/answer.hpp"

#include "authz/test_build.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace net {

namespace {

template <class Elements> codec::Message echo(const codec::Message& request, const Elements& elements)
{
    codec::Message answer(codec::answer_to(request.mti()));
    for (const int de : elements) answer.echo(de, request);
    return answer;
}

bool has_row(const codec::Dialect& dialect, int de)
{
    return dialect.fields[static_cast<std::size_t>(de)].kind != codec::FieldKind::none;
}

std::string amount_digits(std::int64_t minor)
{
    char digits[24];
    std::snprintf(digits, sizeof digits, "%012lld", std::llabs(minor));
    return digits;
}

/// One block of DE54: account type, amount type, currency, sign, amount.
std::string amount_block(std::string_view type, std::string_view currency, char sign, std::string_view digits)
{
    return "00" + std::string(type) + std::string(currency) + sign + std::string(digits);
}

std::string balance_block(std::string_view amount_type, std::string_view currency, std::int64_t minor)
{
    return amount_block(amount_type, currency, minor < 0 ? 'D' : 'C', amount_digits(minor));
}

} // namespace

codec::Message echo_of(const codec::Message& request)
{
    codec::Message answer;
    write_echo(request, answer);
    return answer;
}

void write_echo(const codec::Message& request, codec::Message& answer)
{
    static constexpr int echoed[] = {2, 3, 4, 7, 11, 12, 13, 15, 32, 33, 37, 41, 42, 49, 59};
    answer.clear();
    answer.set_mti(codec::answer_to(request.mti()));
    for (const int de : echoed) answer.echo(de, request);
    if (TOLLGATE_PLANTED("rrn-not-echoed")) answer.erase(37);
    if (request.mti().message_class() == '4') answer.echo(90, request);
}

codec::Message echo_of_readable(const codec::Message& readable)
{
    static constexpr int echoed[] = {7, 11, 12, 13, 37, 41, 42, 59};
    return echo(readable, echoed);
}

codec::Message echo_of_management(const codec::Message& request)
{
    static constexpr int echoed[] = {7, 11, 33, 59, 70};
    return echo(request, echoed);
}

void complete(codec::Message& answer, const AnswerForm& form, const authz::Answer& decided)
{
    const codec::Dialect& dialect = form.dialect;
    answer.set(39, decided.code);
    if (!decided.approval_code.empty() && has_row(dialect, 38)) answer.set(38, decided.approval_code);
    std::string amounts;
    const std::string currency(answer.get(49));
    if (decided.balances)
        amounts = balance_block("01", currency, decided.balances->ledger_minor) +
                  balance_block("02", currency, decided.balances->available_minor);
    if (decided.approved_minor) {
        const auto& partial = form.profile.partial_approval;
        if (partial && !partial->asked_amount_type.empty())
            amounts += amount_block(partial->asked_amount_type, currency, 'C', answer.get(4));
        answer.set(4, amount_digits(*decided.approved_minor));
    }
    if (!amounts.empty() && has_row(dialect, 54)) answer.set(54, amounts);
}

void name_wrong_element(codec::Message& answer, const codec::Dialect& dialect, int de)
{
    if (!has_row(dialect, 44)) return;
    char number[8];
    std::snprintf(number, sizeof number, "%03d", de % 1000);
    answer.set(44, number);
}

} // namespace net
