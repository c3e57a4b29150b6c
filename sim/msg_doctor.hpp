/// What may unknown bytes be? Every dialect with every framing and header is tried.
#pragma once

#include "sim/msg_envelope.hpp"
#include "sim/msg_input.hpp"
#include "sim/msg_reading.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sim {

/// One way to read the bytes.
struct Diagnosis {
    Reading reading;
    EnvelopeNames envelope;
    InputForm input = InputForm::hex; ///< hex or raw
    int score = 0;                    ///< 0..100
    std::string reason;               ///< "whole message read: 18 elements, DE7 is a time"; never a value
};

/// Best first. Combinations whose frame or header does not fit are left out, and of equal readings all but
/// the first. What may be hex as well as bytes is tried as both, unless `form` says which.
[[nodiscard]] std::vector<Diagnosis>
diagnose(const Input& input, InputForm form,
         const std::vector<std::shared_ptr<const codec::Dialect>>& dialects);

/// A line per diagnosis, at most `lines`, and how to look at the best one.
[[nodiscard]] std::string text_of(const std::vector<Diagnosis>& diagnoses, std::size_t lines);

} // namespace sim
