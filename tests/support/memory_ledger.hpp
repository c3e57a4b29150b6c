#pragma once

#include "authz/books.hpp"

#include <vector>

/// The ledger port in memory: the same Books and the same decisions as the real one, kept for the whole test.
class MemoryLedger : public authz::Ledger {
public:
    void open_account(const authz::Account& account) { books_.load(account); }
    void issue_card(const authz::Card& card) { books_.load(card); }

    authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time now,
                             authz::CommitGate& gate) override
    {
        authz::Books attempt = books_; // a batch is kept whole or not at all
        authz::BatchResult result;
        for (const authz::Request& request : batch) result.outcomes.push_back(attempt.serve(request, now));
        if (!gate.may_commit()) return {authz::BatchEnd::gate_closed, {}, "the gate is closed"};
        books_ = std::move(attempt);
        result.end = authz::BatchEnd::committed;
        return result;
    }

    [[nodiscard]] const authz::Books& books() const { return books_; }

private:
    authz::Books books_;
};

/// A gate that lets every commit pass.
struct OpenGate : authz::CommitGate {
    bool may_commit() override { return true; }
};
