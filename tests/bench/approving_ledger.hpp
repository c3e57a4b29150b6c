#pragma once

#include "authz/ledger.hpp"

namespace bench {

/// Approves everything and remembers nothing: what is left is the cost of the link.
class ApprovingLedger final : public authz::Ledger {
public:
    authz::BatchResult serve(std::span<const authz::Request> batch, authz::Time,
                             authz::CommitGate& gate) override
    {
        if (!gate.may_commit()) return {authz::BatchEnd::gate_closed, {}, ""};
        authz::BatchResult result;
        result.end = authz::BatchEnd::committed;
        result.outcomes.reserve(batch.size());
        for (const authz::Request& request : batch) {
            const bool is_sale = request.operation == authz::Operation::sale;
            result.outcomes.push_back({{authz::Reason::approved, "00", "123456", {}, {}}, is_sale});
        }
        return result;
    }
};

} // namespace bench
