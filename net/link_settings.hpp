#pragma once

#include "codec/dialect.hpp"
#include "net/draft_pool.hpp"
#include "net/envelope.hpp"
#include "net/key_exchange.hpp"
#include "net/link_config.hpp"
#include "net/link_counters.hpp"
#include "net/link_macs.hpp"
#include "net/link_tap.hpp"
#include "net/stans.hpp"
#include "net/translate.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace net {

/// What the links of one configuration entry share. Times as in LinkConfig.
struct LinkSettings {
    std::string name;
    Role role = Role::listen;
    std::shared_ptr<const codec::Dialect> dialect;
    std::shared_ptr<const Translator> translator;
    std::function<std::uint64_t()> next_delivery; ///< a number that no other frame of any node has
    // Of all links of the node:
    std::shared_ptr<LinkCounters> counters = std::make_shared<LinkCounters>("");
    std::shared_ptr<LinkTap> tap; ///< null: nobody can record it
    std::shared_ptr<DraftPool> drafts = std::make_shared<DraftPool>();
    std::chrono::milliseconds decide_deadline{3'800};
    std::chrono::milliseconds answer_cutoff{4'500};
    bool needs_sign_on = false;
    EchoConfig echo;
    std::shared_ptr<Stans> stans = std::make_shared<Stans>();
    std::shared_ptr<LinkMacs> macs;            ///< null: messages have no MAC, or it is not looked at
    std::shared_ptr<KeyExchange> key_exchange; ///< null: new keys are refused
    std::size_t in_flight = 4'000;
    Envelope envelope;
    std::chrono::milliseconds frame_timeout{10'000};
    std::chrono::milliseconds idle_timeout{180'000};
    std::size_t format_errors_max = 5; ///< in a minute
    std::size_t empty_frames_max = 10; ///< in a row
};

} // namespace net
