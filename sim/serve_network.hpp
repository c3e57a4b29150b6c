/// A whole serving network: links, role, settlement files. Works only inside run_until().
#pragma once

#include "sim/network_role.hpp"
#include "sim/serve_links.hpp"
#include "sim/settlement_folder.hpp"

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>

namespace sim {

class ServeNetwork {
public:
    struct Settings {
        NetworkRole::Settings role;
        ServeLinks::Settings links;
        std::filesystem::path settlement_folder;
        std::chrono::milliseconds settlement_retry{5'000}; ///< pause before a file is tried again
        std::int64_t cutover_ms = 0;        ///< when the business day ends, by the network's clock
        std::chrono::milliseconds drain{0}; ///< at the end: for answers, then for the settlement files
    };

    /// events   a JSON object a line; nothing of it is card data
    /// throws   WireError when it cannot listen
    ServeNetwork(std::shared_ptr<const NetworkModel> network, ServePlan plan, Settings settings,
                 std::ostream& events);

    /// returns  false when the deadline came before `done` was true
    bool run_until(const std::function<bool()>& done, Clock::time_point deadline);
    /// Writes the file of the day so far, and begins the next one.
    void cut_over();
    /// How it ended; the gravest is the last.
    enum class End : std::uint8_t { settled, left_open, not_written };
    /// Sends nothing new, waits for what is open, signs off, writes the last file. What cannot be written
    /// goes out as events.
    /// is_hurried   asked all the time; true: it waits no longer
    End end(const std::function<bool()>& is_hurried = [] { return false; });
    /// Nothing can go on: writes what the network believes now, or gives it out as events.
    void rescue();

    void tell_state(); ///< the event "state"
    [[nodiscard]] const NetworkRole& role() const { return *role_; }
    [[nodiscard]] const ServeLinks& links() const { return *links_; }

private:
    void tick();
    void cut_over_by_the_clock();
    [[nodiscard]] std::string business_date_now() const;
    void settle(const std::string& date, std::vector<SettlementLine> lines);
    void tell_written(const std::filesystem::path& file, const SettlementDay& day);
    void tell_put_off(const SettlementDay& day, const std::string& why);
    void tell_unwritten();
    void tell_link(std::size_t link, std::string_view state);
    void tell_failed(std::size_t link, const std::string& why);

    std::shared_ptr<const NetworkModel> network_;
    Settings settings_;
    std::ostream& events_;
    ServeWriter writer_;
    std::string business_date_;
    SettlementDays days_;
    std::unique_ptr<NetworkRole> role_;
    std::unique_ptr<ServeLinks> links_; ///< last: its callbacks use the rest
};

} // namespace sim
