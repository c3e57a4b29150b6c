#include "tests/bench/links_client.hpp"

#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/framing.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include <sys/epoll.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr int patience_ms = 20'000;
constexpr std::size_t decoded_every = 1'009; ///< answers are looked at closely
constexpr std::string_view stan_mark = "971350";
constexpr std::string_view rrn_mark = "826493715064";

const codec::Dialect& dialect()
{
    static const auto loaded = codec::dialect_named("iso87-bcd");
    return *loaded;
}

/// The sale of the comparison with other implementations: 18 elements, 120 bytes of chip data.
std::vector<std::uint8_t> sale_frame()
{
    std::string chip;
    constexpr std::string_view hex =
        "9F2608A1B2C3D4E5F607189F2701809F100706010A03A0B8009F3704123456789F36020042950580000480009A0325112"
        "29C01009F02060000000123455F2A020978820219809F1A0202769F34034203008407A00000000310109F3303E0B8C89F"
        "3501229F1E0831323334353637389F0902008C5F340101";
    for (std::size_t i = 0; i < hex.size(); i += 2)
        chip += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    const std::pair<int, std::string> fields[] = {{2, std::string(links_bin) + "9001010119"},
                                                  {3, "000000"},
                                                  {4, "000000012345"},
                                                  {7, "1122103045"},
                                                  {11, std::string(stan_mark)},
                                                  {12, "103045"},
                                                  {13, "1122"},
                                                  {14, "2812"},
                                                  {18, "5411"},
                                                  {22, "051"},
                                                  {25, "00"},
                                                  {32, "123456"},
                                                  {37, std::string(rrn_mark)},
                                                  {41, "TERM0001"},
                                                  {42, "MERCHANT0000001"},
                                                  {43, "ACME STORE 0001          BERLIN       DE"},
                                                  {49, "978"},
                                                  {55, chip}};
    codec::Message message(codec::Mti::parse("0200").value());
    for (const auto& [de, value] : fields) message.set(de, value);
    std::vector<std::uint8_t> bytes;
    codec::encode(dialect(), message, bytes).value();
    std::vector<std::uint8_t> frame;
    codec::append_frame(codec::Framing{65'535}, bytes, frame);
    return frame;
}

std::size_t place_of(const std::vector<std::uint8_t>& frame, const std::vector<std::uint8_t>& mark)
{
    const auto found = std::search(frame.begin(), frame.end(), mark.begin(), mark.end());
    if (found == frame.end()) throw std::logic_error("the sale has no such mark");
    return static_cast<std::size_t>(found - frame.begin());
}

/// Where the digits stand that change: the STAN packed, the RRN as characters.
struct Places {
    explicit Places(const std::vector<std::uint8_t>& frame)
        : stan(place_of(frame, {0x97, 0x13, 0x50})), rrn(place_of(frame, {rrn_mark.begin(), rrn_mark.end()}))
    {
    }
    std::size_t stan;
    std::size_t rrn;
};

void number_frame(std::uint8_t* frame, const Places& places, std::uint64_t number)
{
    std::uint64_t rest = number;
    for (std::size_t i = 12; i-- > 0; rest /= 10)
        frame[places.rrn + i] = static_cast<std::uint8_t>('0' + rest % 10);
    rest = number;
    for (std::size_t i = 3; i-- > 0; rest /= 100)
        frame[places.stan + i] = static_cast<std::uint8_t>(rest % 100 / 10 * 16 + rest % 10);
}

} // namespace

LinksClient::LinksClient(const LinksServer& server, LinksWindow window)
    : subject_(server.subject()), window_(window), epoll_(::epoll_create1(0)), lines_(window.connections),
      request_(sale_frame())
{
    const auto tls = LinksWire::context_of(subject_.transport);
    for (Line& line : lines_) {
        line.wire = std::make_unique<LinksWire>(server.port(), tls.get());
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &line;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, line.wire->fd(), &event) != 0)
            throw std::runtime_error("no epoll");
    }
}

LinksClient::~LinksClient()
{
    ::close(epoll_);
}

std::size_t LinksClient::run(std::chrono::milliseconds time)
{
    const auto end = std::chrono::steady_clock::now() + time;
    const std::size_t per_line = std::max<std::size_t>(1, window_.outstanding / lines_.size());
    const std::size_t begun = std::min(lines_.size(), window_.outstanding);
    std::size_t next = begun; // who has rested longest
    std::size_t outstanding = 0;
    std::size_t answered = 0;
    for (std::size_t i = 0; i < begun; ++i, outstanding += per_line) send(lines_[i], per_line);
    std::vector<Line*> readable;
    while (outstanding > 0) {
        if (!wait(readable)) throw std::runtime_error("an answer does not come");
        const bool is_over = std::chrono::steady_clock::now() >= end;
        for (Line* line : readable) {
            const std::size_t got = receive(*line);
            answered += got;
            outstanding -= got;
            if (is_over || got == 0) continue;
            const bool is_rotating = begun < lines_.size();
            send(is_rotating ? lines_[next++ % lines_.size()] : *line, got);
            outstanding += got;
        }
    }
    return answered;
}

void LinksClient::touch_all()
{
    for (Line& line : lines_) {
        send(line, 1);
        std::vector<Line*> readable;
        for (std::size_t got = 0; got == 0;) {
            if (!wait(readable)) throw std::runtime_error("an answer does not come");
            for (Line* each : readable) got += receive(*each);
        }
    }
}

void LinksClient::send(Line& line, std::size_t count)
{
    static const Places places(request_);
    out_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        out_.insert(out_.end(), request_.begin(), request_.end());
        number_frame(out_.data() + i * request_.size(), places, ++sent_);
    }
    line.wire->write(out_);
    line.outstanding += count;
}

/// Whole frames that have come.
std::size_t LinksClient::receive(Line& line)
{
    std::array<std::uint8_t, 65'536> piece;
    const std::size_t got = line.wire->read(piece);
    line.unread.insert(line.unread.end(), piece.data(), piece.data() + got);
    std::size_t at = 0;
    std::size_t frames = 0;
    while (line.unread.size() - at >= 2) {
        const std::size_t bytes = line.unread[at] * 256U + line.unread[at + 1];
        if (line.unread.size() - at - 2 < bytes) break;
        check(line.unread.data() + at + 2, bytes);
        at += 2 + bytes;
        ++frames;
    }
    line.unread.erase(line.unread.begin(), line.unread.begin() + static_cast<std::ptrdiff_t>(at));
    if (frames > line.outstanding) throw std::runtime_error("an answer came that nobody waits for");
    line.outstanding -= frames;
    return frames;
}

void LinksClient::check(const std::uint8_t* frame, std::size_t bytes)
{
    const std::uint8_t function = subject_.host == Host::tollgate ? 0x10 : 0x00;
    if (bytes < 20 || frame[0] != 0x02 || frame[1] != function) throw std::runtime_error("a wrong answer");
    static std::size_t seen = 0;
    if (subject_.host != Host::tollgate || ++seen % decoded_every != 0) return;
    const auto answer = codec::decode(dialect(), std::span(frame, bytes)).value();
    if (answer.get(39) != "00" || answer.get(38) != "123456")
        throw std::runtime_error("answered \"" + std::string(answer.get(39)) + "\"");
}

bool LinksClient::wait(std::vector<Line*>& readable)
{
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience_ms);
    readable.clear();
    for (int i = 0; i < count; ++i) readable.push_back(static_cast<Line*>(events[std::size_t(i)].data.ptr));
    return count > 0;
}

} // namespace bench
