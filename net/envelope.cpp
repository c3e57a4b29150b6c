#include "net/envelope.hpp"

#include "codec/encode.hpp"

#include <algorithm>

namespace net {

Wrapped wrap(const Envelope& envelope, const codec::Dialect& dialect, const Draft& answer)
{
    const std::size_t header_bytes = answer.request_header.size();
    std::vector<std::uint8_t> bytes(header_bytes);
    if (const auto encoded = codec::encode(dialect, answer.message, bytes); !encoded)
        return {{}, text_of(encoded.error())};
    if (bytes.size() > envelope.framing.limit()) return {{}, "longer than the framing can say"};

    const codec::AnswerFacts facts{bytes.size() - header_bytes, answer.wrong_element};
    const auto header = codec::make_answer_header(envelope.header, answer.request_header.view(), facts);
    std::copy(header.view().begin(), header.view().end(), bytes.begin());
    if (!codec::can_carry(envelope.framing, bytes)) return {{}, "holds the byte that ends a frame"};
    Wrapped wrapped;
    codec::append_frame(envelope.framing, bytes, wrapped.frame);
    return wrapped;
}

} // namespace net
