#pragma once

#include "sim/histogram.hpp"
#include "sim/load.hpp"
#include "sim/load_command.hpp"
#include "sim/test_bed.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bench {

struct ShopSettings {
    std::string url; ///< of the cluster
    std::size_t cards = 100'000;
    std::size_t merchants = 1'000;
    int connections = 4;
    int in_flight = 512; ///< per connection, when as much is sent as goes through
    int workers = 2;
};

enum class Traffic {
    uniform,
    one_card,
    one_merchant,
};

/// How a number of sales went. All were approved, once each, and are in the books.
struct Measurement {
    double per_second = 0;
    // CPU for one authorization, microseconds
    double server_us = 0;
    double postgres_us = 0;
    double simulator_us = 0;
    double batch = 0;     ///< requests of one transaction, on average
    double wal_bytes = 0; ///< for one authorization
    sim::Histogram times; ///< from sending, or from the moment that was fixed for it
    sim::Histogram slips;

    [[nodiscard]] double cpu_us() const { return server_us + postgres_us; }
};

/// A ledger in a database of its own with a server before it, and a shop that sends it sales over TCP, all on
/// this machine. Whatever is measured is compared with the books afterwards.
class Shop {
public:
    /// purpose   part of the database's name
    /// throws    std::exception when something cannot be started
    Shop(const ShopSettings& settings, const std::string& purpose);
    /// Stops the server; the database goes too.
    ~Shop();

    [[nodiscard]] const std::string& database_url() const { return url_; }
    /// Puts rows into the history as if this many messages had been decided before.
    void age(std::size_t rows);

    /// As fast as they go through, with a bounded number outstanding.
    /// throws    std::runtime_error when an answer is missing, no approval, or not what the books say
    [[nodiscard]] Measurement sell(Traffic traffic, std::size_t count);
    /// Each at its time, however slow the answers are.
    [[nodiscard]] Measurement sell_at_rate(double per_second, std::size_t count);

    /// `tollgatectl check`.
    /// returns   seconds that it took
    /// throws    std::runtime_error when an invariant is broken
    [[nodiscard]] double check();

private:
    struct Meter;

    void sell_and_take_back();
    [[nodiscard]] sim::Load write(Traffic traffic, std::size_t count);
    [[nodiscard]] sim::Address address() const;
    [[nodiscard]] Measurement summed_up(std::size_t count, const Meter& before) const;
    void compare_with_books(std::size_t approved, std::size_t in_books_before) const;
    [[nodiscard]] std::size_t approvals_in_books() const;

    ShopSettings settings_;
    std::string database_;
    std::string url_;
    std::string since_; ///< lowest key of any message of ours
    std::unique_ptr<sim::TestBed> bed_;
    sim::RunIds ids_;
    sim::ImportedCards imported_;
    std::unique_ptr<sim::ChildHost> host_;
};

} // namespace bench
