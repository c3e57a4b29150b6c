#include "net/config_files.hpp"

#include "net/server.hpp"
#include "net/tls_context.hpp"

namespace net {

std::vector<std::string> check_link_files(const Config& config, const Tokenizer& tokenizer)
{
    std::vector<std::string> reasons;
    const auto attempt = [&](const LinkConfig& link, auto&& open) {
        try {
            open();
        } catch (const std::exception& error) {
            reasons.push_back("link \"" + link.name + "\": " + error.what());
        }
    };
    for (const LinkConfig& link : config.links) {
        attempt(link, [&] { (void)settings_of(link, config.cards, tokenizer); });
        if (link.tls) attempt(link, [&] { (void)TlsContext(*link.tls, link.role); });
    }
    return reasons;
}

} // namespace net
