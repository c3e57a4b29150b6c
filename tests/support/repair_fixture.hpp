#pragma once

#include "store/repair.hpp"
#include "store/repair_boot.hpp"
#include "tests/support/ledger_fixture.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

/// A ledger, and servers that came and went.
class RepairFixture : public LedgerFixture {
public:
    [[nodiscard]] store::RepairSettings settings(const std::string& node = "test") const
    {
        store::RepairSettings s;
        s.ledger = options();
        s.ledger.lock_timeout = std::chrono::milliseconds(50);
        s.node = node;
        return s;
    }

    /// A sale whose approval was decided by a frame of this boot.
    static authz::Request sale_of(const store::Boot& boot, std::uint64_t number)
    {
        authz::Request sale = good::sale(number);
        sale.delivery = boot.first_delivery() + number;
        return sale;
    }

    /// What most stories begin with.
    struct ApprovedSale {
        authz::AccountId account;
        store::Boot boot;
        authz::Request sale; ///< of 100 yen; there were 1,000
    };
    ApprovedSale approved_sale()
    {
        const authz::AccountId account = open();
        const store::Boot server = boot();
        authz::Request sale = sale_of(server, 1);
        CHECK(code(sale) == "00");
        return {account, server, std::move(sale)};
    }

    [[nodiscard]] store::Boot boot(const std::string& node = "test") const
    {
        return store::register_boot(database.url(), node);
    }

    /// The boot's last sign of life, long ago. The ledger's clock stands at `now`.
    void crash(const store::Boot& boot, std::uint64_t settled) const
    {
        database.run("update boot set settled = " + std::to_string(settled) +
                     ", settled_at = timestamptz '2026-11-22 12:00+00', seen_at = now() - interval '1 hour' "
                     "where boot_id = " +
                     std::to_string(boot.id));
    }

    /// What a server leaves when it stops in order.
    void leave(const store::Boot& boot, const std::vector<authz::Request>& undos) const
    {
        store::Session session(store::repair_session_options(database.url(), "test"));
        store::leave(session, boot, {{boot.first_delivery(), now}, undos, true});
    }

    /// One round of every kind, each as the leader.
    store::RepairCounts repair() const
    {
        store::RepairCounts total;
        for (const store::RepairKind kind : store::repair_kinds) {
            store::Repair worker(settings(), kind);
            worker.hurry();
            if (!worker.leads()) continue;
            total += worker.carry_out();
            total += worker.look();
        }
        return total;
    }

    /// "task outcome" of every item, in order of finding.
    [[nodiscard]] std::vector<std::string> items() const
    {
        std::vector<std::string> all;
        for (const auto& row :
             database.rows("select task, coalesce(outcome, state) from repair order by repair_id"))
            all.push_back(row[0] + " " + row[1]);
        return all;
    }
};
