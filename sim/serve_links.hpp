/// The connections of a serving network: dialled or taken, signed on, watched by echoes. Answers the issuer's
/// network management itself; everything else goes to whoever owns it.
#pragma once

#include "sim/serve_writer.hpp"
#include "sim/wire.hpp"

#include <functional>
#include <string>
#include <vector>

namespace sim {

class ServeLinks {
public:
    enum class Side : std::uint8_t {
        dials,  ///< the network connects to the issuer, and signs on
        listens ///< the issuer connects, and signs on
    };
    enum class SignOn : std::uint8_t { needed, skipped }; ///< skipped: a connection is up at once
    struct Settings {
        Side side = Side::dials;
        std::vector<Address> addresses; ///< a link each
        Reach reach{};                  ///< of each; its sign-on is not used, see below
        SignOn sign_on = SignOn::needed;
        std::chrono::milliseconds answer_timeout{5'000}; ///< of sign-ons and echoes
        std::chrono::milliseconds echo_interval{60'000};
        std::size_t misses_max = 3; ///< unanswered echoes in a row: the connection is closed
        std::chrono::milliseconds reconnect_first{200};
        std::chrono::milliseconds reconnect_max{5'000};
    };
    struct Events {
        std::function<void(std::size_t link)> up;
        std::function<void(std::size_t link)> down;
        /// Nobody is there, or TLS or MACs did not work out. Told again only for another reason.
        std::function<void(std::size_t link, const std::string& why)> failed;
        std::function<void(const codec::Message&)> message; ///< valid during the call
    };
    struct Counts {
        std::uint64_t ups = 0;
        std::uint64_t downs = 0;
        std::uint64_t echoes = 0; ///< answered, ours and theirs
        std::uint64_t echoes_missed = 0;
        std::uint64_t unreadable = 0; ///< messages that do not decode
    };

    /// throws   WireError when it cannot listen
    ServeLinks(const NetworkModel& network, ServeWriter& writer, Settings settings, Events events);

    /// Where each link listens, or what it dials.
    [[nodiscard]] const std::vector<Address>& addresses() const { return settings_.addresses; }
    [[nodiscard]] bool is_up(std::size_t link) const { return links_.at(link).is_up; }
    [[nodiscard]] const Counts& counts() const { return counts_; }

    void send(std::size_t link, std::span<const std::uint8_t> message)
    {
        wire_.send(names_.at(link), message);
    }
    /// To every link that is up: a new business day begins.
    void cut_over();
    /// To every link that is up; the answer ends it.
    void sign_off();
    [[nodiscard]] bool is_all_down() const;

    /// Dials, echoes and closes what is due. Call it often.
    void tick(Clock::time_point now);
    Wire& wire() { return wire_; }

private:
    struct Link {
        bool is_up = false;
        bool is_signing_off = false;
        std::string awaited;               ///< name of the answer to our sign-on or echo; empty: none
        Clock::time_point awaited_until{}; ///< then it is missed
        Clock::time_point next_echo{};
        Clock::time_point next_dial = Clock::time_point::min();
        std::chrono::milliseconds pause{0}; ///< before the next but one attempt to dial
        std::size_t misses = 0;
        std::string failure; ///< why it did not come up, as it was told
    };

    [[nodiscard]] std::size_t number_of(const std::string& on) const;
    void dial(std::size_t number, Clock::time_point now);
    void connected(std::size_t number);
    void ask(std::size_t number, const std::string& code);
    void watch(std::size_t number, Clock::time_point now);
    void received(std::size_t number, std::span<const std::uint8_t> bytes);
    void asked(std::size_t number, const codec::Message& request);
    void answered(std::size_t number, const codec::Message& answer);
    void raise(std::size_t number);
    void lower(std::size_t number);
    void failed(std::size_t number, const std::string& why);
    void closed(std::size_t number);

    const NetworkModel& network_;
    ServeWriter& writer_;
    Settings settings_;
    Events events_;
    Counts counts_;
    std::vector<std::string> names_; ///< of the wire's connections
    std::vector<Link> links_;
    bool is_ending_ = false;
    Wire wire_; ///< last: its callbacks use the rest
};

} // namespace sim
