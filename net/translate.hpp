#pragma once

#include "authz/policy.hpp"
#include "authz/request.hpp"
#include "codec/message.hpp"
#include "net/profile.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace net {

/// Makes a card number unreadable: a keyed hash under a key that only main has.
using Tokenizer = std::function<authz::CardToken(std::string_view pan)>;

/// Why a message goes no further than the edge. Nothing has been executed and nothing will be.
struct Refusal {
    enum class Kind : std::uint8_t {
        format_error,           ///< `de` is missing or malformed; 0 is the MTI
        function_not_served,    ///< fits no row of the profile, or a part of a reversal that it does not know
        pin_not_served,         ///< carries a PIN block
        original_is_a_reversal, ///< row C24
    };
    Kind kind = Kind::format_error;
    int de = 0;
};

struct TranslatorSettings {
    std::string network;
    std::shared_ptr<const Profile> profile;
    std::shared_ptr<const authz::Policy> policy;
    std::vector<std::string> bins; ///< prefixes of our card numbers
    Tokenizer tokenizer;
};

/// What is not in the message.
struct Reception {
    std::uint64_t delivery = 0;
    authz::Time now{};
};

/// Reads messages by the profile of a network. The card number goes no further than this class.
class Translator {
public:
    explicit Translator(TranslatorSettings settings) : settings_(std::move(settings)) {}

    /// Reads one request. Track, PIN and chip data do not get into it.
    [[nodiscard]] std::variant<authz::Request, Refusal> read(const codec::Message& message,
                                                             const Reception& reception) const;

    [[nodiscard]] const Profile& profile() const { return *settings_.profile; }
    /// DE39 for a refusal.
    [[nodiscard]] const std::string& code_of(const Refusal& refusal) const;
    [[nodiscard]] const std::string& code_of(authz::Reason reason) const;
    /// The same MTI in the version that the profile speaks.
    [[nodiscard]] codec::Mti own_version(codec::Mti mti) const;

private:
    TranslatorSettings settings_;
};

} // namespace net
