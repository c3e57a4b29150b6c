#include "sim/sign_on.hpp"

#include "codec/decode.hpp"

#include <stdexcept>

namespace sim {

SignOn::SignOn(std::shared_ptr<const NetworkModel> network, std::uint64_t seed)
    : network_(std::move(network)), writer_(*network_, seed)
{
    if (!writer_.can_write("sign_on", ""))
        throw std::invalid_argument("--sign-on: network " + network_->name() + " has no message \"sign_on\"");
}

SignOn::Asked SignOn::ask()
{
    const codec::Message request = writer_.management("001");
    return {writer_.encoded(request), ServeWriter::answer_name_of_request(request)};
}

std::optional<std::string> SignOn::answered(const Asked& asked, std::span<const std::uint8_t> message) const
{
    const auto decoded = codec::decode(network_->dialect(), message);
    if (!decoded || ServeWriter::answer_name(*decoded) != asked.answer) return std::nullopt;
    return std::string(decoded->get(39));
}

} // namespace sim
