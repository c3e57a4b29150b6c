#include "store/rows.hpp"

#include "store/array_literal.hpp"
#include "store/reversal_words.hpp"

#include <charconv>
#include <stdexcept>

namespace store {

namespace {

/// Reads the columns of one row from left to right.
class Columns {
public:
    explicit Columns(const pqxx::row& row) : row_(row) {}

    std::string_view text()
    {
        const pqxx::field field = row_[next_++];
        return {field.c_str(), field.size()};
    }

    std::string bytes() { return from_column(text()); }

    std::int64_t number()
    {
        const std::string_view digits = text();
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size()) refuse();
        return value;
    }

    template <class Id> Id id()
    {
        const auto bytes = bytes_of_hex(text());
        if (!bytes) refuse();
        return Id{*bytes};
    }

    template <class Read> auto maybe(Read read) -> std::optional<decltype(read())>
    {
        if (!row_[next_].is_null()) return read();
        ++next_;
        return std::nullopt;
    }

    std::optional<std::int64_t> maybe_number()
    {
        return maybe([this] { return number(); });
    }

    std::chrono::sys_days day() { return std::chrono::sys_days{std::chrono::days{number()}}; }
    std::chrono::sys_seconds second() { return std::chrono::sys_seconds{std::chrono::seconds{number()}}; }
    authz::Time time() { return authz::Time{std::chrono::microseconds{number()}}; }

    template <class Value> Value named(std::optional<Value> (*find)(std::string_view))
    {
        const auto value = find(text());
        if (!value) refuse();
        return *value;
    }

private:
    [[noreturn]] void refuse() const
    {
        throw std::runtime_error("a row holds a value that is not ours in column " +
                                 std::string(row_[next_ - 1].name()));
    }

    const pqxx::row& row_;
    pqxx::row::size_type next_ = 0;
};

std::optional<authz::AccountStatus> account_status_named(std::string_view name)
{
    if (name == "open") return authz::AccountStatus::open;
    if (name == "closed") return authz::AccountStatus::closed;
    return std::nullopt;
}

std::optional<authz::CardStatus> card_status_named(std::string_view name)
{
    if (name == "active") return authz::CardStatus::active;
    if (name == "blocked") return authz::CardStatus::blocked;
    if (name == "unassigned") return authz::CardStatus::unassigned;
    if (name == "closed") return authz::CardStatus::closed;
    return std::nullopt;
}

std::optional<authz::Balances> balances_of(std::optional<std::int64_t> ledger,
                                           std::optional<std::int64_t> available)
{
    if (!ledger || !available) return std::nullopt;
    return authz::Balances{*ledger, *available};
}

std::optional<authz::PartialReversal> part_of(std::optional<authz::PartialReversal::Mode> mode,
                                              std::optional<std::int64_t> minor)
{
    if (!mode || !minor) return std::nullopt;
    return authz::PartialReversal{*mode, *minor};
}

} // namespace

authz::Account account_of(const pqxx::row& row)
{
    Columns c(row);
    authz::Account account;
    account.id = c.number();
    account.status = c.named(account_status_named);
    account.currency = static_cast<authz::Currency>(c.number());
    account.balance_minor = c.number();
    account.credit_limit_minor = c.number();
    account.version = c.number();
    account.sale_max_minor = c.maybe_number();
    account.day_amount_max_minor = c.maybe_number();
    account.day_count_max = c.maybe_number();
    account.usage.date = c.day();
    account.usage.amount_minor = c.number();
    account.usage.count = c.number();
    return account;
}

authz::Card card_of(const pqxx::row& row)
{
    Columns c(row);
    authz::Card card;
    card.token = c.id<authz::CardToken>();
    card.account = c.number();
    card.status = c.named(card_status_named);
    card.expiry = static_cast<int>(c.number());
    return card;
}

authz::Record record_of(const pqxx::row& row)
{
    Columns c(row);
    authz::Record r;
    r.key = c.id<authz::Key>();
    r.group = c.id<authz::Key>();
    const auto target = c.maybe([&] { return c.id<authz::Key>(); });
    r.card = c.maybe([&] { return c.id<authz::CardToken>(); });
    r.content = c.id<authz::ContentDigest>();
    r.transmitted_at = c.second();
    r.decided_at = c.time();
    r.delivery = static_cast<std::uint64_t>(c.number());
    r.account = c.maybe_number();
    r.amount.minor = c.number();
    r.posted_minor = c.number();
    const auto ledger = c.maybe_number();
    const auto available = c.maybe_number();
    r.answer.balances = balances_of(ledger, available);
    r.business_date = c.day();
    r.amount.currency = static_cast<authz::Currency>(c.number());
    r.operation = c.named(authz::operation_named);
    r.key_fields.network = c.bytes();
    r.key_fields.mti_kind = c.bytes();
    r.key_fields.stan = c.bytes();
    r.key_fields.terminal = c.bytes();
    const auto target_acquirer = c.maybe([&] { return c.bytes(); });
    if (target) r.target = authz::Original{*target, target_acquirer.value_or("")};
    r.processing_code = c.bytes();
    r.merchant = c.bytes();
    r.acquirer = c.bytes();
    r.rrn = c.bytes();
    r.answer.reason = c.named(authz::reason_named);
    r.answer.code = c.bytes();
    r.answer.approval_code = c.bytes();
    r.anomaly = c.named(authz::anomaly_named);
    r.scope = c.maybe([&] { return c.named(scope_named); }).value_or(authz::ReversalScope::message);
    const auto part_mode = c.maybe([&] { return c.named(part_mode_named); });
    r.part = part_of(part_mode, c.maybe_number());
    r.answer.approved_minor = c.maybe_number();
    return r;
}

authz::Redelivery redelivery_of(const pqxx::row& row)
{
    Columns c(row);
    authz::Redelivery r;
    r.key = c.id<authz::Key>();
    r.delivery = static_cast<std::uint64_t>(c.number());
    r.account = c.maybe_number();
    r.content = c.id<authz::ContentDigest>();
    r.answer.reason = c.named(authz::reason_named);
    r.answer.code = c.bytes();
    r.answer.approval_code = c.bytes();
    const auto ledger = c.maybe_number();
    const auto available = c.maybe_number();
    r.answer.balances = balances_of(ledger, available);
    r.anomaly = c.named(authz::anomaly_named);
    r.decided_at = c.time();
    r.answer.approved_minor = c.maybe_number();
    return r;
}

} // namespace store
