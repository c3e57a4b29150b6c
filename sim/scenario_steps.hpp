/// The steps of a scenario file, one reader for each verb.
#pragma once

#include "sim/scenario.hpp"

#include <string>
#include <vector>

namespace sim {

/// throws   FileError
[[nodiscard]] Amount read_amount(const Value& value);
[[nodiscard]] Milliseconds read_duration(const Value& value);

/// Reads steps in order and knows which messages have been sent so far. All functions throw FileError.
class StepReader {
public:
    explicit StepReader(const Scenario& scenario) : scenario_(scenario) {}

    [[nodiscard]] Step read(const Value& value);
    [[nodiscard]] Check read_check(const Value& value, const std::string& what);

private:
    [[nodiscard]] Action read_action(TableReader& reader);
    [[nodiscard]] Send read_send(TableReader& reader);
    [[nodiscard]] Send read_bytes(TableReader& reader, Send send);
    [[nodiscard]] Repeat read_repeat(TableReader& reader);
    [[nodiscard]] Expect read_expect(TableReader& reader);
    [[nodiscard]] std::string read_sent(TableReader& reader, const std::string& key);
    void check_sent(const std::string& message, const Place& place) const;

    const Scenario& scenario_;
    std::vector<std::string> sent_;
};

} // namespace sim
