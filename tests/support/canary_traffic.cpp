#include "tests/support/canary_traffic.hpp"

#include "codec/decode.hpp"
#include "codec/framing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

namespace test {

using namespace sim;

namespace {

const Amount price{100, "JPY"};

/// The number stands in front.
Bytes without_end(Bytes bytes)
{
    bytes.erase(bytes.end() - 20, bytes.end());
    return bytes;
}

Send message(const std::string& kind, const std::string& of = {})
{
    Send send;
    send.kind = kind;
    send.of = of;
    return send;
}

std::size_t place_of_number(const Bytes& message, const std::string& pan)
{
    const std::string text(message.begin(), message.end());
    for (const std::string& form : {pan, packed(pan), ebcdic_of(pan)})
        if (const auto at = text.find(form); at != std::string::npos) return at;
    throw std::logic_error("the message holds no card number");
}

} // namespace

CanaryTraffic::CanaryTraffic(Host& host, RunIds& ids, const Side& side)
    : side_(side), port_(host.address(side.links.front()).port), line_(port_),
      terminal_(*side.model, ids, ids.next_terminal())
{
}

void CanaryTraffic::issue_cards(TestBed& bed)
{
    std::vector<std::string> numbers{own_number("refund")};
    for (const Way& way : ways())
        if (way.issued == Issued::yes) numbers.push_back(way.pan);
    for (const std::string& pan : numbers) {
        const std::int64_t account = bed.office().open_account({{100'000, "JPY"}, {}});
        bed.office().issue_card({account, pan, "2035-12", "active"});
    }
}

void CanaryTraffic::run(const std::function<void(const std::string& name)>& after_each)
{
    for (const Way& way : ways()) {
        sell(way);
        after_each(way.name);
    }
    sell_and_take_back();
    after_each("refund");
    send_what_is_no_request();
    after_each("no request");
    send_broken();
    after_each("broken");
    send_many();
    after_each("many");
}

std::unique_ptr<Peer> CanaryTraffic::hold_half_a_frame()
{
    auto peer = std::make_unique<Peer>(port_);
    peer->send(without_end(frame(sale("held frame"))));
    return peer;
}

Bytes CanaryTraffic::sale(const std::string& name)
{
    return encoded(write(message("sale"), own_number(name)));
}

Bytes CanaryTraffic::frame(const Bytes& message) const
{
    Bytes bytes;
    codec::append_frame(side_.model->wire_form().framing, message, bytes);
    return bytes;
}

Exchange& CanaryTraffic::write(Send send, const std::string& pan)
{
    send.amount = price;
    if (send.as.empty()) send.as = "message " + std::to_string(++messages_);
    const CardInHand card{pan, "3512"};
    return terminal_.write(send, &card);
}

Bytes CanaryTraffic::encoded(Exchange& exchange)
{
    return terminal_.add_delivery(exchange, "", {}, false).request;
}

std::string CanaryTraffic::answer_of(const Peer& peer, const Bytes& message)
{
    REQUIRE(peer.send(frame(message)));
    return code_in(peer);
}

std::string CanaryTraffic::code_in(const Peer& peer)
{
    const auto answer = peer.read_frame();
    if (!answer) return "none";
    const auto decoded = codec::decode(side_.model->dialect(), std::span(*answer).subspan(2));
    REQUIRE(decoded.has_value());
    return std::string(decoded->get(39));
}

void CanaryTraffic::sell(const Way& way)
{
    CAPTURE(way.name);
    Send sale = message("sale");
    sale.fields = way.fields;
    Exchange& exchange = write(sale, way.pan);
    if (first_sale_.mti() == codec::Mti{}) first_sale_ = exchange.request;
    const Bytes bytes = encoded(exchange);
    const Peer own_line(port_); // format errors are counted by connection
    const Peer& line = way.answer == "format_error" ? own_line : line_;
    CHECK(answer_of(line, bytes) == code(way.answer));
    CHECK(answer_of(line, bytes) == code(way.answer)); // the same again
}

/// returns  the message's name
std::string CanaryTraffic::ask(const std::string& kind, const std::string& of)
{
    CAPTURE(kind);
    Send send = message(kind, of);
    send.as = kind + " " + std::to_string(++messages_);
    if (kind == "reversal") send.reason = "timeout";
    const std::string expected = code("approved");
    CHECK(answer_of(line_, encoded(write(send, own_number("refund")))) == expected);
    return send.as;
}

void CanaryTraffic::sell_and_take_back()
{
    ask("cancel", ask("sale", ""));
    ask("reversal", ask("sale", ""));
    ask("refund", ask("sale", ""));
    ask("refund", "");
    if (side_.model->find("inquiry", "") != nullptr) ask("inquiry", "");
    Exchange& changed = write(message("changed_copy", ask("sale", "")), own_number("refund"));
    changed.request.set(4, de4_of({200, "JPY"}));
    CHECK(answer_of(line_, encoded(changed)) == code("duplicate_conflict"));
}

void CanaryTraffic::send_what_is_no_request()
{
    Exchange& answer = write(message("sale"), own_number("answer"));
    answer.request.set_mti(codec::answer_to(answer.request.mti()));
    line_.send(frame(encoded(answer)));
    Exchange& management = write(message("echo"), "");
    management.request.set(2, own_number("management"));
    CHECK(answer_of(line_, encoded(management)) == code("approved"));
    CHECK(answer_of(line_, encoded(write(message("unsupported"), own_number("unsupported")))) ==
          code("not_supported"));
}

/// What cannot be read, whole or at all.
void CanaryTraffic::send_broken()
{
    Bytes lettered = sale("letter in DE2");
    lettered[place_of_number(lettered, own_number("letter in DE2"))] = 0xBB;
    CHECK(answer_of(Peer(port_), lettered) == code("format_error"));
    CHECK(answer_of(Peer(port_), without_end(sale("cut message"))) == code("format_error"));
    Peer(port_).send(without_end(frame(sale("cut frame"))));

    const Peer liar(port_);
    Bytes lie = frame(sale("false length"));
    lie[0] = lie[1] = 0xFF;
    liar.send(lie);
    CHECK(code_in(liar) == "none");
    const std::string text = "GET /" + own_number("garbage") + " " + verification_value;
    CHECK(answer_of(Peer(port_), Bytes(text.begin(), text.end())) == "none");
}

/// So many at once that what they are read into must grow.
void CanaryTraffic::send_many()
{
    constexpr int count = 200;
    const Bytes one = frame(sale("DE2 alone"));
    Bytes all;
    for (int i = 0; i < count; ++i) all.insert(all.end(), one.begin(), one.end());
    const Peer peer(port_);
    REQUIRE(peer.send(all));
    for (int i = 0; i < count; ++i) REQUIRE(code_in(peer) == code("approved"));
}

} // namespace test
