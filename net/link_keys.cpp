#include "net/link_keys.hpp"

#include "net/key_file.hpp"

#include <stdexcept>

namespace net {

namespace {

codec::WipedBytes key_of(const std::optional<std::filesystem::path>& file, const char* setting,
                         const char* section)
{
    if (!file) throw ProfileError(std::string(setting) + " is required: its profile has " + section);
    return read_key_file(*file);
}

} // namespace

void take_keys(LinkSettings& settings, const LinkConfig& link)
{
    const SessionProfile& session = settings.translator->profile().session;
    try {
        if (session.mac)
            settings.macs = std::make_shared<LinkMacs>(settings.dialect, *session.mac,
                                                       key_of(link.mac_key_file, "mac_key_file", "[mac]"));
        if (session.key_exchange)
            settings.key_exchange = std::make_shared<const KeyExchange>(
                *session.key_exchange, key_of(link.zone_key_file, "zone_key_file", "[key_exchange]"),
                settings.macs);
    } catch (const std::invalid_argument& wrong) {
        throw ProfileError("link \"" + link.name + "\": " + wrong.what());
    } catch (const ProfileError& missing) {
        throw ProfileError("link \"" + link.name + "\": " + missing.what());
    }
}

} // namespace net
