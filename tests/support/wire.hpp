#pragma once

#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/framing.hpp"
#include "net/link.hpp"
#include "tests/support/good.hpp"

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Good messages on the wire, and a link to send them to. Their time is good::noon.
namespace wire {

inline const std::string pan = "4000000000000002";
inline const std::string other_pan = "4000000000000010";
inline const std::string foreign_pan = "5555555555554444";

using Fields = std::initializer_list<std::pair<int, std::string>>;
using Bytes = std::vector<std::uint8_t>;

inline codec::Message message(std::string_view mti, Fields fields)
{
    codec::Message m(codec::Mti::parse(mti).value());
    for (const auto& [de, value] : fields) m.set(de, value);
    return m;
}

/// A sale of profile A over 100 yen.
inline codec::Message sale(const std::string& stan = "000001")
{
    return message("0200", {{2, pan},
                            {3, "000000"},
                            {4, "000000000100"},
                            {7, "1122120000"},
                            {11, stan},
                            {12, "210000"},
                            {13, "1122"},
                            {32, "12345"},
                            {37, "632612000001"},
                            {41, "T0000001"},
                            {42, "SHOP00000000001"},
                            {49, "392"}});
}

inline codec::Message with(codec::Message m, Fields fields)
{
    for (const auto& [de, value] : fields) m.set(de, value);
    return m;
}
inline codec::Message without(codec::Message m, std::initializer_list<int> elements)
{
    for (const int de : elements) m.erase(de);
    return m;
}
inline codec::Message as(codec::Message m, std::string_view mti)
{
    m.set_mti(codec::Mti::parse(mti).value());
    return m;
}

/// What DE90 says to name a message.
inline std::string de90_of(const codec::Message& m)
{
    const std::string acquirer(m.get(32));
    return std::string(m.mti().text()) + std::string(m.get(11)) + std::string(m.get(7)) +
           std::string(11 - acquirer.size(), '0') + acquirer + std::string(11, '0');
}

/// Profile A's fault reversal of a message.
inline codec::Message reversal(const codec::Message& original, const std::string& stan = "000901")
{
    return with(as(original, "0420"), {{11, stan}, {7, "1122120010"}, {39, "68"}, {90, de90_of(original)}});
}

inline codec::Message management(const std::string& function)
{
    return message("0800", {{7, "1122120000"}, {11, "000077"}, {70, function}});
}

inline const codec::Dialect& ascii()
{
    static const auto dialect = codec::find_built_in_dialect("iso87-ascii");
    return *dialect;
}

inline Bytes message_bytes(const codec::Message& m, const codec::Dialect& dialect = ascii())
{
    Bytes out;
    codec::encode(dialect, m, out).value();
    return out;
}
inline Bytes frame(const Bytes& message)
{
    Bytes out;
    codec::append_frame(codec::Framing{65'535}, message, out);
    return out;
}
inline Bytes frame(const codec::Message& m, const codec::Dialect& dialect = ascii())
{
    return frame(message_bytes(m, dialect));
}
/// The message in one whole frame of two length bytes.
inline codec::Message unframe(std::span<const std::uint8_t> frame, const codec::Dialect& dialect = ascii())
{
    codec::Message message = codec::decode(dialect, frame.subspan(2)).value();
    message.own();
    return message;
}

inline Bytes operator+(Bytes a, const Bytes& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// The last sixteen digits: enough to tell cards apart, and no secret in a test.
inline authz::CardToken token_of(std::string_view number)
{
    authz::CardToken token;
    const auto from = number.size() > 16 ? number.size() - 16 : 0;
    for (std::size_t i = from; i < number.size(); ++i)
        token.bytes[i - from] = static_cast<std::uint8_t>(number[i]);
    return token;
}

inline net::Translator translator(const std::string& profile = "iso-single-message")
{
    auto policy = std::make_shared<authz::Policy>();
    const auto loaded = net::profile_named(profile);
    policy->answer_codes = loaded->answer_codes;
    return net::Translator({"net-a", loaded, policy, {"400000"}, token_of});
}

inline std::shared_ptr<net::LinkSettings> link_settings(const std::string& profile = "iso-single-message",
                                                        const std::string& dialect = "iso87-ascii")
{
    auto settings = std::make_shared<net::LinkSettings>();
    settings->name = "acq-a";
    settings->dialect = codec::dialect_named(dialect);
    settings->translator = std::make_shared<net::Translator>(translator(profile));
    settings->next_delivery = [next = std::make_shared<std::uint64_t>(1)] { return (*next)++; };
    return settings;
}

} // namespace wire
