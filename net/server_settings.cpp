// What a link's connections need, from its configuration and the files that it names.
#include "net/link_keys.hpp"
#include "net/server.hpp"

namespace net {

std::shared_ptr<LinkSettings> settings_of(const LinkConfig& link, const CardsConfig& cards,
                                          const Tokenizer& tokenizer)
{
    const auto profile = profile_named(link.profile);
    auto policy = std::make_shared<authz::Policy>();
    policy->staleness_limit = link.staleness_limit;
    policy->partial_cancels = link.partial_cancels;
    policy->partial_approval_min_minor = link.partial_approval_min_minor;
    policy->blocked_mccs = link.blocked_mccs;
    policy->answer_codes = profile->answer_codes;
    auto settings = std::make_shared<LinkSettings>();
    settings->name = link.name;
    settings->dialect = codec::dialect_named(link.dialect);
    settings->translator = std::make_shared<Translator>(
        TranslatorSettings{link.network, profile, std::move(policy), cards.bins, tokenizer});
    settings->decide_deadline = link.timing.decide_deadline();
    settings->answer_cutoff = link.timing.answer_cutoff();
    settings->role = link.role;
    settings->needs_sign_on = link.sign_on == SignOn::required;
    settings->echo = link.echo;
    take_keys(*settings, link);
    settings->in_flight = link.in_flight;
    settings->envelope = link.envelope();
    settings->frame_timeout = link.frame_timeout;
    settings->idle_timeout = link.idle_timeout;
    settings->format_errors_max = link.format_errors_max;
    return settings;
}

} // namespace net
