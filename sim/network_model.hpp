/// How one shop's network writes each kind of message: the simulator's own picture of the outside world, made
/// from a file under sim/networks/. It shares nothing with the server's profiles, so that an error in one
/// shows.
#pragma once

#include "codec/dialect.hpp"
#include "codec/message.hpp"
#include "sim/wire.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// One kind of message.
struct MessageTemplate {
    std::string kind; ///< "sale", "reversal of cancel"
    codec::Mti mti;
    bool copies_all = false; ///< every element of the original
    std::vector<int> copies; ///< these elements of the original
    std::map<int, std::string>
        fields; ///< text with {placeholders}; an element whose placeholder is empty is left out
};

/// Values for placeholders, by name: card, expiry, amount, currency, now, local_time, local_date, stan, rrn,
/// terminal, reason. {original} is made from the original message.
using Values = std::map<std::string, std::string>;

class NetworkModel {
public:
    /// throws   FileError, codec::DialectError
    static std::shared_ptr<const NetworkModel> parse(std::string_view toml, const std::string& file_name);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& dialect_name() const { return dialect_name_; }
    [[nodiscard]] const codec::Dialect& dialect() const { return *dialect_; }
    [[nodiscard]] std::shared_ptr<const codec::Dialect> shared_dialect() const { return dialect_; }
    [[nodiscard]] const WireForm& wire_form() const { return wire_form_; }
    /// How far the shop's clock is ahead of UTC.
    [[nodiscard]] std::int64_t local_ahead_ms() const { return local_ahead_ms_; }

    /// The template "KIND of ORIGINAL" when there is one, else "KIND"; null when there is neither.
    /// original_kind    empty when the message names no original
    [[nodiscard]] const MessageTemplate* find(const std::string& kind,
                                              const std::string& original_kind) const;
    [[nodiscard]] std::vector<std::string> kinds() const;

    /// DE39 of a name of [codes]; two characters stand for themselves; empty when the name is not known.
    [[nodiscard]] std::string code_of(const std::string& name) const;
    [[nodiscard]] std::vector<std::string> code_names() const;
    /// The value that [reasons] gives: empty when the name is not known, or when this network writes none.
    [[nodiscard]] std::string reason_of(const std::string& name) const;
    [[nodiscard]] bool knows_reason(const std::string& name) const { return reasons_.contains(name); }

    /// original     null when the message names none
    [[nodiscard]] codec::Message build(const MessageTemplate& made_from, const codec::Message* original,
                                       const Values& values) const;

private:
    NetworkModel() = default;

    std::string name_;
    std::string dialect_name_;
    std::shared_ptr<const codec::Dialect> dialect_;
    WireForm wire_form_;
    std::int64_t local_ahead_ms_ = 0;
    std::map<std::string, std::string> codes_;
    std::map<std::string, std::string> reasons_;
    std::map<std::string, MessageTemplate> templates_;
};

/// DE90 naming `original`: MTI, DE11, DE7, DE32 and DE33, zero where there is nothing (DOMAIN 1.6).
[[nodiscard]] std::string original_data_of(const codec::Message& original);

/// A built-in name ("iso-single-message", "japanese-house") or a file's path.
/// throws   FileError, naming the built-in ones when neither fits
[[nodiscard]] std::shared_ptr<const NetworkModel> network_named(const std::string& name_or_path);

} // namespace sim
