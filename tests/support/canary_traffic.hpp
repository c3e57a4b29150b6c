/// A shop that sends card data to a server by every way there is, right and wrong.
#pragma once

#include "sim/terminal.hpp"
#include "sim/test_bed.hpp"
#include "tests/support/canary_cards.hpp"
#include "tests/support/peer.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace test {

/// Names of the numbers that CanaryTraffic uses beside those of ways().
inline const std::vector<std::string> traffic_names{
    "letter in DE2", "cut message", "cut frame",  "false length", "garbage", "held frame",
    "answer",        "unsupported", "management", "refund",       "tools"};

/// On one network. Each answer is checked, so that no way ends before it begins.
class CanaryTraffic {
public:
    CanaryTraffic(sim::Host& host, sim::RunIds& ids, const sim::Side& side);

    /// Before the first run: the cards get accounts, so that their sales are approved.
    static void issue_cards(sim::TestBed& bed);

    /// after_each   called when a way has been gone, with its name
    void run(const std::function<void(const std::string& name)>& after_each);

    /// Most of a frame with a card number, on a connection that stays open.
    [[nodiscard]] std::unique_ptr<Peer> hold_half_a_frame();

    /// A sale of "DE2 alone", as it was sent.
    [[nodiscard]] const codec::Message& first_sale() const { return first_sale_; }
    /// A message with the number of this name, for tools.
    [[nodiscard]] sim::Bytes sale(const std::string& name);

private:
    [[nodiscard]] sim::Bytes frame(const sim::Bytes& message) const;
    sim::Exchange& write(sim::Send send, const std::string& pan);
    sim::Bytes encoded(sim::Exchange& exchange);
    std::string answer_of(const Peer& peer, const sim::Bytes& message);
    /// DE39 of the next answer; "none" when the connection ends before.
    std::string code_in(const Peer& peer);
    [[nodiscard]] std::string code(const std::string& name) const { return side_.model->code_of(name); }

    void sell(const Way& way);
    std::string ask(const std::string& kind, const std::string& of);
    void sell_and_take_back();
    void send_what_is_no_request();
    void send_broken();
    void send_many();

    const sim::Side& side_;
    std::uint16_t port_;
    Peer line_; ///< stays open until the end
    sim::Terminal terminal_;
    codec::Message first_sale_;
    int messages_ = 0;
};

} // namespace test
