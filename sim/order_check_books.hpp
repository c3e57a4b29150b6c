/// Fresh books for each order, in a server of our own: new cards with accounts of their own, and new keys, so
/// that orders share a server and have nothing in common.
#pragma once

#include "sim/order_check.hpp"
#include "sim/refresh.hpp"
#include "sim/replay_send.hpp"
#include "sim/run_ids.hpp"
#include "sim/test_bed.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

class ServerBooks final : public CheckedBooks {
public:
    enum class Where : std::uint8_t {
        postgres, ///< `tollgated` on a database
        memory,   ///< `tollgate-memory-host`, a program of the tests: the same server without PostgreSQL
    };
    struct Settings {
        std::string bin;          ///< folder of the programs
        std::string database_url; ///< of Where::postgres
        std::string network = "iso-single-message";
        Where where = Where::memory;
        std::uint64_t seed = 0;
    };

    /// traffic  lives longer
    /// throws   InputError when the network does not speak the capture's dialect, or a card has no currency;
    ///          HostError, OfficeError
    ServerBooks(const ReplayTraffic& traffic, const Settings& settings);

    /// throws   WireError when a message is met with silence, HostError, OfficeError, BooksError
    [[nodiscard]] std::vector<BooksState> play(const std::vector<SendOrder>& orders) override;

    /// Approved by the server, of the last order that was played.
    [[nodiscard]] std::size_t approved() const { return approved_; }

private:
    /// A card of the capture, and the account that stands for it in every order.
    struct Holder {
        std::string pan;
        std::string currency;           ///< three letters
        std::string expiry;             ///< YYYY-MM, as its first message with a DE14 has it
        std::int64_t opening_minor = 0; ///< more than all its messages can take
    };
    /// One order's share of the server.
    struct Share {
        std::map<std::string, std::string> cards; ///< of the capture -> of this order
        std::vector<codec::Message> messages;     ///< as sent
    };

    void find_holders();
    [[nodiscard]] std::vector<Share> shares_for(std::size_t orders);
    [[nodiscard]] std::string card_file(const std::vector<Share>& shares) const;
    [[nodiscard]] std::int64_t open_accounts(const std::string& file);
    void send(const SendOrder& order, Share& share);
    [[nodiscard]] std::string export_of_books();
    [[nodiscard]] std::vector<BooksState> states_of(const std::vector<SendOrder>& orders,
                                                    const std::vector<Share>& shares,
                                                    std::int64_t first_account, std::string_view lines) const;

    const ReplayTraffic& traffic_;
    Settings settings_;
    TestBed bed_;
    const Side* side_ = nullptr;
    ReplayTraffic sent_; ///< the capture's traffic as the network of the server frames it
    RunIds ids_;
    RefreshSettings fresh_;
    std::vector<Holder> holders_;
    std::unique_ptr<ChildHost> host_;
    std::uint64_t runs_ = 0; ///< orders played so far
    std::size_t approved_ = 0;
};

} // namespace sim
