/// What a load did, for people and for programs.
#pragma once

#include "sim/load_file.hpp"
#include "sim/load_run.hpp"
#include "sim/verdict.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// A LoadSecond without its histograms.
struct LoadRow {
    struct Times {
        std::chrono::nanoseconds p50{0};
        std::chrono::nanoseconds p90{0};
        std::chrono::nanoseconds p99{0};
        std::chrono::nanoseconds p999{0};
        std::chrono::nanoseconds max{0};
    };
    LoadRow(const LoadSecond& second, std::chrono::nanoseconds deadline);

    std::int64_t second = 0;
    std::uint64_t due = 0;
    std::uint64_t sent = 0;
    std::uint64_t held = 0;
    std::uint64_t answered = 0;
    std::uint64_t declined = 0;
    std::uint64_t unanswered = 0;
    std::optional<std::chrono::nanoseconds> at_least; ///< response times from here on are lower bounds
    std::size_t in_flight = 0;
    std::vector<std::pair<std::string, std::uint64_t>> codes;
    Times response;
    Times service;
    Times slip;
};

struct LoadReport {
    LoadPlan plan;
    std::uint64_t seed = 0;
    std::uint64_t digest = 0; ///< of the schedule
    std::uint64_t started_us = 0;
    std::string target;
    std::size_t transactions = 0; ///< planned
    LoadRun::Totals totals;
    Measured total;
    std::vector<Measured> stages;
    std::vector<LoadMeasure> kinds;
    std::vector<LoadRow> rows;
    struct Change {
        std::chrono::nanoseconds at{0};
        double factor = 1;
        bool is_paused = false;
    };
    std::vector<Change> changes; ///< by hand
    std::vector<Judged> judged;
    std::vector<std::string> invalid; ///< why the measurements are worth nothing; empty: they are

    [[nodiscard]] bool is_valid() const { return invalid.empty(); }
    [[nodiscard]] bool passed() const;
};

/// Fills `judged` and `invalid`.
/// throws   std::invalid_argument when a threshold names no stage
void judge(LoadReport& report);

[[nodiscard]] std::string text_of(const LoadReport& report);
/// Schema "tollgate/load/1": docs/load.md.
[[nodiscard]] boost::json::object object_of(const LoadReport& report);

/// Sixteen hexadecimal digits.
[[nodiscard]] std::string digest_text(std::uint64_t digest);

/// The row as a line of progress, on a terminal.
[[nodiscard]] std::string progress_text(const LoadRow& row, const std::string& stage);
[[nodiscard]] boost::json::object object_of(const LoadRow& row);

} // namespace sim
