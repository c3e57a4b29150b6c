/// One comparison of a filter: "stan=4711".
#pragma once

#include "sim/frame_filter.hpp"
#include "sim/rng.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

enum class Comparison : std::uint8_t { equal, different, less, greater, like };

/// What a name stands for.
struct FilterSubject {
    enum class Kind : std::uint8_t { element, mti, dir, from, size, connection, n, every, p };
    Kind kind = Kind::element;
    int de = 0; ///< of an element
};

/// "stan", "de11"; nothing when there is no such name.
[[nodiscard]] std::optional<FilterSubject> find_subject(std::string_view name);
/// All names but de2 to de128.
[[nodiscard]] std::vector<std::string> subject_names();

/// The value as a pattern: '*' stands for any characters; without one the pattern may be found anywhere.
[[nodiscard]] bool is_like(std::string_view value, std::string_view pattern);

class FilterTerm {
public:
    /// throws   std::invalid_argument: the operator or the value does not fit the name; without the value
    FilterTerm(FilterSubject subject, Comparison comparison, std::string value, std::uint64_t seed);

    [[nodiscard]] bool is_true_of(const SeenFrame& seen);

private:
    [[nodiscard]] std::optional<std::string> text_of(const SeenFrame& seen) const;
    [[nodiscard]] bool compares(std::string_view text) const;

    FilterSubject subject_;
    Comparison comparison_;
    std::string value_;
    std::uint64_t number_ = 0; ///< the value of n and every
    double share_ = 0;         ///< of p
    std::uint64_t seen_ = 0;   ///< frames that n and every were asked about
    Rng rng_;
};

} // namespace sim
