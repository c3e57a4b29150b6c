#include "net/link_contexts.hpp"

#include "net/key_rules.hpp"
#include "net/server.hpp"

#include <utility>

namespace net {

namespace {

[[noreturn]] void refuse(const LinkConfig& link, const std::string& file, const std::string& what)
{
    throw KeyRulesChanged("link \"" + link.name + "\": " + file + " has changed since the start (" + what +
                          "): repeats of earlier messages would not be found; needs a restart");
}

} // namespace

ConnectionContext LinkContexts::plan(const LinkConfig& link, const CardsConfig& cards)
{
    auto settings = settings_of(link, cards, shared_.tokenizer);
    check_key_rules(link, *settings);
    key_rings_.share(*settings);
    settings->next_delivery = shared_.next_delivery;
    settings->tap = shared_.tap_of(link);
    settings->drafts = shared_.drafts;
    settings->counters = shared_.counters->of_link(link.name);
    ConnectionContext context = shared_.parts;
    context.counters = settings->counters;
    context.link = settings;
    Made made{std::move(settings)};
    if (link.tls) {
        context.tls = std::make_shared<TlsContext>(*link.tls, link.role);
        if (!handshaker_) handshaker_ = std::make_unique<Handshaker>();
        context.handshaker = handshaker_.get();
        made.certificate_expiry = context.tls->certificate_expiry().time_since_epoch().count();
    }
    planned_.insert_or_assign(link.name, std::move(made));
    return context;
}

/// The paths are the same: they need a restart.
void LinkContexts::check_key_rules(const LinkConfig& link, const LinkSettings& now) const
{
    const auto found = running_.find(link.name);
    if (found == running_.end()) return;
    const LinkSettings& before = *found->second.settings;
    if (const auto what = changed_reading(*before.dialect, *now.dialect); !what.empty())
        refuse(link, "dialect " + link.dialect, what);
    if (const auto what = changed_meaning(before.translator->profile(), now.translator->profile());
        !what.empty())
        refuse(link, "profile " + link.profile, what);
}

void LinkContexts::take_effect()
{
    running_ = std::exchange(planned_, {});
    for (const auto& [name, made] : running_) {
        LinkCounters& counters = *made.settings->counters;
        counters.in_flight_limit.set(static_cast<std::int64_t>(made.settings->in_flight));
        counters.mti_version = made.settings->translator->own_version({}).version();
        counters.certificate_expiry.set(made.certificate_expiry);
        shared_.counters->show(made.settings->counters);
    }
}

} // namespace net
