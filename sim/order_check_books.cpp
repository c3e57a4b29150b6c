#include "sim/order_check_books.hpp"

#include "codec/decode.hpp"
#include "sim/amount.hpp"
#include "sim/auditor_books.hpp"
#include "sim/child_process.hpp"
#include "sim/msg_input.hpp"
#include "sim/network_model.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <unordered_map>

namespace sim {

namespace {

constexpr std::size_t in_flight = 256;
constexpr std::chrono::seconds answer_limit{30};
constexpr std::int64_t first_memory_account = 1;
constexpr const char* fresh_bin = "999999"; ///< of the test bed's server

TestBed::Settings bed_settings(const ServerBooks::Settings& settings)
{
    const bool in_memory = settings.where == ServerBooks::Where::memory;
    return {.bin = settings.bin,
            .database_url = in_memory ? "" : settings.database_url,
            .network_timeout = "60s", // an order is not about deadlines
            .workers = 1};            // the order of arrival is the order of decision
}

std::int64_t minor_of(const codec::Message& message)
{
    std::int64_t minor = 0;
    const std::string_view digits = message.get(4);
    std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    return minor;
}

/// DE14, YYYY-MM; empty when it is no month.
std::string expiry_in(const codec::Message& message)
{
    const std::string yymm(message.get(14));
    const bool is_month = yymm.size() == 4 && yymm.find_first_not_of("0123456789") == std::string::npos &&
                          yymm.substr(2) >= "01" && yymm.substr(2) <= "12";
    return is_month ? "20" + yymm.substr(0, 2) + "-" + yymm.substr(2) : std::string();
}

/// As the export of the books names a message.
std::string key_name_of(const codec::Message& m)
{
    std::string name(m.mti().text().substr(1, 2));
    for (const int de : {11, 7, 41}) name.append(" ").append(m.get(de));
    return name;
}

std::string read_whole(const std::string& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) throw HostError("cannot read " + file);
    return std::move(text).str();
}

} // namespace

ServerBooks::ServerBooks(const ReplayTraffic& traffic, const Settings& settings)
    : traffic_(traffic), settings_(settings), bed_(bed_settings(settings)), sent_(traffic),
      ids_(settings.seed, wall_clock_us()),
      fresh_(
          RefreshSettings::at(WallTime(std::chrono::microseconds(wall_clock_us())), traffic, settings.seed))
{
    for (const Side& side : bed_.sides())
        if (side.model->name() == settings.network) side_ = &side;
    if (side_ == nullptr)
        throw InputError("the server of the order check has no network " + settings.network);
    if (side_->model->dialect().name != traffic.dialect->name)
        throw InputError("network " + settings.network + " speaks " + side_->model->dialect().name +
                         ", the capture " + traffic.dialect->name);
    sent_.form = side_->model->wire_form();
    find_holders();
}

void ServerBooks::find_holders()
{
    std::map<std::string, Holder> by_pan;
    for (const ReplayRequest& request : traffic_.requests) {
        const std::string pan(request.message.get(2));
        if (pan.empty()) continue;
        Holder& holder = by_pan[pan];
        holder.pan = pan;
        holder.opening_minor += minor_of(request.message);
        if (holder.currency.empty()) holder.currency = currency_letters(request.message.get(49));
        if (holder.expiry.empty()) holder.expiry = expiry_in(request.message);
    }
    for (auto& [pan, holder] : by_pan) {
        if (holder.currency.empty()) holder.currency = "JPY"; // it never pays
        if (holder.expiry.empty()) holder.expiry = "2049-12";
        ++holder.opening_minor;
        holders_.push_back(holder);
    }
}

std::vector<BooksState> ServerBooks::play(const std::vector<SendOrder>& orders)
{
    std::vector<Share> shares = shares_for(orders.size());
    const std::int64_t first_account = open_accounts(card_file(shares));
    for (std::size_t i = 0; i < orders.size(); ++i) send(orders[i], shares[i]);
    return states_of(orders, shares, first_account, export_of_books());
}

std::vector<ServerBooks::Share> ServerBooks::shares_for(std::size_t orders)
{
    std::vector<Share> shares(orders);
    for (Share& share : shares)
        for (const Holder& holder : holders_) share.cards[holder.pan] = ids_.next_pan(fresh_bin);
    return shares;
}

std::string ServerBooks::card_file(const std::vector<Share>& shares) const
{
    const std::string file = bed_.folder() + "/cards.csv";
    std::ofstream out(file);
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    out << "pan,expiry,currency,balance\n";
    for (const Share& share : shares)
        for (const Holder& holder : holders_) {
            const std::string amount = text_of(Amount{holder.opening_minor, holder.currency});
            out << share.cards.at(holder.pan) << "," << holder.expiry << "," << holder.currency << ","
                << amount.substr(0, amount.find(' ')) << "\n";
        }
    return file;
}

std::int64_t ServerBooks::open_accounts(const std::string& file)
{
    if (settings_.where == Where::postgres) {
        const auto first = holders_.empty() ? 0 : bed_.office().import_cards(file).first_account;
        if (host_ == nullptr) host_ = bed_.start_host();
        return first;
    }
    // Books in memory end with their server.
    host_ = std::make_unique<ChildHost>(
        ChildHost::Settings{settings_.bin + "/tollgate-memory-host",
                            bed_.folder() + "/tollgated.toml",
                            bed_.folder() + "/memory-host.log",
                            {"--cards", file, "--export", bed_.folder() + "/books.ndjson"}});
    return first_memory_account;
}

void ServerBooks::send(const SendOrder& order, Share& share)
{
    RefreshSettings settings = fresh_;
    settings.cards = share.cards;
    const Refresher refresher(traffic_, settings, runs_ + 1);
    PlanOptions planned;
    planned.timing.kind = ReplayTiming::Kind::max;
    ReplayPlan plan;
    for (const std::size_t place : order) {
        plan.sends.push_back({place, runs_});
        share.messages.push_back(refresher.message(place, runs_));
    }
    ++runs_;
    SendOptions options;
    options.targets = {host_->address(side_->links.front())};
    options.lines = SendOptions::Lines::one;
    options.in_flight = in_flight;
    options.wait = answer_limit;
    const SentPlan sent = send_plan(sent_, plan, share.messages, planned, options);
    approved_ = 0;
    for (const SentMessage& message : sent.messages) {
        if (!message.answer) throw WireError("the server of the order check met a message with silence");
        const auto answer = codec::decode(*traffic_.dialect, *message.answer);
        if (answer && answer->get(39) == "00") ++approved_;
    }
}

std::string ServerBooks::export_of_books()
{
    if (settings_.where == Where::memory) {
        if (host_->stop() != 0) throw HostError("tollgate-memory-host did not end well: see its log");
        return read_whole(bed_.folder() + "/books.ndjson");
    }
    const Finished finished = run_program(
        {settings_.bin + "/tollgatectl", "--database", settings_.database_url, "tx", "export"}, "");
    if (finished.status != 0) throw OfficeError("tollgatectl tx export: " + finished.err);
    return finished.out;
}

std::vector<BooksState> ServerBooks::states_of(const std::vector<SendOrder>& orders,
                                               const std::vector<Share>& shares, std::int64_t first_account,
                                               std::string_view lines) const
{
    const LedgerBooks books = parse_books(lines);
    std::unordered_map<std::string, std::string> groups; // of each message
    for (const JournalRow& row : books.journal) groups.emplace(row.name, row.group);
    std::unordered_map<std::string, std::int64_t> effects; // of each group
    for (const PostingRow& posting : books.postings) effects[posting.group] += books.moved_minor(posting);

    std::vector<BooksState> states(orders.size());
    for (std::size_t i = 0; i < orders.size(); ++i) {
        for (const Holder& holder : holders_)
            states[i].balances[holder.pan] = books.balances.at(first_account++);
        std::set<std::pair<std::size_t, std::string>> counted;
        for (std::size_t m = 0; m < orders[i].size(); ++m) {
            const std::size_t group = traffic_.requests[orders[i][m]].group;
            std::int64_t& effect = states[i].effects[group];
            const auto found = groups.find(key_name_of(shares[i].messages[m]));
            if (found == groups.end() || !counted.emplace(group, found->second).second) continue;
            if (const auto moved = effects.find(found->second); moved != effects.end())
                effect += moved->second;
        }
    }
    return states;
}

} // namespace sim
