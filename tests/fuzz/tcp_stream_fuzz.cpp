/// Input: a begin of the sequence numbers, then steps of one direction: segments anywhere in a short stream,
/// acknowledgements, flushes. Every byte stands for its place in the stream, so that one that was invented,
/// given out twice or in the wrong order is seen.

#include "sim/tcp_stream.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <cstdint>
#include <span>

using fuzz::Bytes;
using fuzz::require;

namespace {

/// No two neighbours are alike, and it repeats late.
std::uint8_t byte_at(std::uint64_t place)
{
    return static_cast<std::uint8_t>(place * 167 ^ place >> 8U);
}

Bytes stream_part(std::uint64_t place, std::size_t size)
{
    Bytes part;
    for (std::size_t i = 0; i < size; ++i) part.push_back(byte_at(place + i));
    return part;
}

/// Follows the stream: what comes out must be what stands at its place.
class Follower final : public sim::StreamSink {
public:
    void bytes(std::span<const std::uint8_t> next) override
    {
        require(!next.empty(), "nothing is given out only when there is something");
        for (const std::uint8_t byte : next)
            require(byte == byte_at(place_++), "each byte stands at its place");
        given_ += next.size();
    }
    void gap(std::uint64_t missing) override
    {
        require(missing > 0, "a gap inside of a window has a size");
        place_ += missing;
        missing_ += missing;
    }

    [[nodiscard]] std::uint64_t given() const { return given_; }
    [[nodiscard]] std::uint64_t missing() const { return missing_; }

private:
    std::uint64_t place_ = 0;
    std::uint64_t given_ = 0;
    std::uint64_t missing_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::Input input(data, size);
    // Near the end of the numbers, so that they wrap.
    const std::uint32_t first = 0xFFFFFF00U + input.byte();
    sim::TcpStream stream;
    sim::StreamCounters counters;
    Follower follower;
    stream.started(first - 1);
    std::uint64_t fed = 0;
    while (input.left() > 0) {
        const std::size_t step = input.choice(8);
        const std::uint64_t place = input.byte() * std::uint64_t{256} + input.byte();
        const std::uint32_t sequence = first + static_cast<std::uint32_t>(place);
        if (step == 6) {
            stream.acknowledged(sequence, follower, counters);
        } else if (step == 7) {
            stream.flush(follower, counters);
        } else {
            const Bytes payload = stream_part(place, input.byte() * (step + 1U));
            stream.segment(sequence, payload, follower, counters);
            fed += payload.size();
        }
        require(stream.waiting_bytes() <= sim::TcpStream::waiting_max, "what waits is bounded");
        require(follower.given() <= fed, "no more comes out than went in");
    }
    stream.finish(follower, counters);
    require(stream.waiting_bytes() == 0, "nothing waits behind the end");
    require(follower.given() <= fed, "no more comes out than went in");
    require(counters.missing_bytes == follower.missing(), "each missing byte is counted");
    require(counters.conflicts == 0, "the same bytes are no conflict");
    return 0;
}
