#include "net/envelope.hpp"

#include "codec/encode.hpp"

#include <algorithm>

namespace net {

namespace {

/// Message behind room for its header; `make_header` fills it, given the bytes of the message.
template <class MakeHeader> Wrapped wrapped(const Envelope& envelope, const codec::Dialect& dialect,
                                            const codec::Message& message, std::size_t header_bytes,
                                            const MakeHeader& make_header)
{
    std::vector<std::uint8_t> bytes(header_bytes);
    if (const auto encoded = codec::encode(dialect, message, bytes); !encoded)
        return {{}, text_of(encoded.error())};
    if (bytes.size() > envelope.framing.limit()) return {{}, "longer than the framing can say"};
    const codec::HeaderBytes header = make_header(bytes.size() - header_bytes);
    std::copy(header.view().begin(), header.view().end(), bytes.begin());
    if (!codec::can_carry(envelope.framing, bytes)) return {{}, "holds the byte that ends a frame"};
    Wrapped out;
    codec::append_frame(envelope.framing, bytes, out.frame);
    return out;
}

} // namespace

Wrapped wrap(const Envelope& envelope, const codec::Dialect& dialect, const Draft& answer)
{
    const auto header = [&](std::size_t message_bytes) {
        const codec::AnswerFacts facts{message_bytes, answer.wrong_element};
        return codec::make_answer_header(envelope.header, answer.request_header.view(), facts);
    };
    return wrapped(envelope, dialect, answer.message, answer.request_header.size(), header);
}

Wrapped wrap_request(const Envelope& envelope, const codec::Dialect& dialect, const codec::Message& request)
{
    const auto header = [&](std::size_t message_bytes) {
        return codec::make_request_header(envelope.header, message_bytes);
    };
    return wrapped(envelope, dialect, request, header(0).size(), header);
}

} // namespace net
