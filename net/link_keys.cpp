#include "net/link_keys.hpp"

#include "net/key_file.hpp"

#include <stdexcept>

namespace net {

namespace {

[[noreturn]] void refuse(const LinkConfig& link, const std::string& why)
{
    throw ProfileError("link \"" + link.name + "\": " + why);
}

codec::WipedBytes key_of(const std::optional<std::filesystem::path>& file, const char* why_needed)
{
    if (!file) throw KeyFileError(std::string(why_needed));
    return read_key_file(*file);
}

} // namespace

void take_keys(LinkSettings& settings, const LinkConfig& link)
{
    const SessionProfile& session = settings.translator->profile().session;
    try {
        codec::WipedBytes mac_key;
        if (session.mac) {
            mac_key = key_of(link.mac_key_file, "mac_key_file is required: its profile has [mac]");
            settings.macs = std::make_shared<LinkMacs>(settings.dialect, *session.mac, mac_key);
        }
        if (!session.key_exchange) return;
        settings.key_exchange = std::make_shared<KeyExchange>(
            *session.key_exchange,
            key_of(link.zone_key_file, "zone_key_file is required: its profile has [key_exchange]"),
            settings.macs);
        settings.key_exchange->begin(mac_key, link.key_state_file);
    } catch (const std::invalid_argument& wrong) {
        refuse(link, wrong.what());
    } catch (const KeyFileError& wrong) {
        refuse(link, wrong.what());
    }
}

void KeyRings::share(LinkSettings& settings)
{
    if (!settings.key_exchange || !settings.macs) return;
    auto& rings = rings_[settings.name];
    std::erase_if(rings, [](const auto& ring) { return ring.expired(); });
    const auto live = rings.empty() ? nullptr : rings.back().lock();
    if (live && live->has_begun_like(*settings.key_exchange)) {
        settings.key_exchange = live;
        settings.macs = live->macs();
    } else {
        rings.push_back(settings.key_exchange);
    }
}

} // namespace net
