/// Captures made by hand: a shop's messages to a network that speaks iso-single-message.
#pragma once

#include "sim/replay_traffic.hpp"

#include <boost/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace test {

/// Each call adds one record, a second after the one before unless at() was called, and gives its number.
class ReplayCapture {
public:
    static constexpr std::chrono::seconds second{1};
    static inline const std::string card_1 = "4000001234560002";
    static inline const std::string card_2 = "4000005555550006";

    ReplayCapture()
    {
        capture_.header.dialect = "iso87-ascii";
        capture_.header.started_at = now_;
    }

    ReplayCapture& at(std::chrono::milliseconds from_start)
    {
        now_ = start() + from_start;
        return *this;
    }
    ReplayCapture& on(std::uint32_t connection)
    {
        connection_ = connection;
        return *this;
    }

    std::uint64_t sale(const std::string& stan, const std::string& card = card_1,
                       const std::string& amount = "000000001000")
    {
        return request("0200", {{"2", card},
                                {"3", "000000"},
                                {"4", amount},
                                {"7", transmitted()},
                                {"11", stan},
                                {"12", local_time()},
                                {"13", "0303"},
                                {"37", "30610900" + stan.substr(2)},
                                {"41", "T0000042"},
                                {"42", "SHOP00000000001"},
                                {"49", "392"}});
    }
    /// Names an earlier record by DE90.
    std::uint64_t follow(const std::string& mti, const std::string& stan, std::uint64_t original,
                         const std::string& code = "68")
    {
        const auto& named = record(original).message;
        boost::json::object fields = named.at("fields").as_object();
        fields["90"] =
            text_of(named.at("mti")) + text_of(fields["11"]) + text_of(fields["7"]) + std::string(22, '0');
        fields["11"] = stan;
        fields["7"] = transmitted();
        if (!code.empty()) fields["39"] = code;
        return request(mti, fields);
    }
    std::uint64_t reversal(std::uint64_t original)
    {
        return follow("0420", text_of(record(original).message.at("fields").at("11")), original);
    }
    std::uint64_t sign_on(const std::string& code = "001")
    {
        return request("0800", {{"7", transmitted()}, {"11", "900001"}, {"33", "999999"}, {"70", code}});
    }
    /// The answer to a record.
    std::uint64_t answer(std::uint64_t to, const std::string& code, const std::string& approval = "")
    {
        const auto& asked = record(to).message;
        boost::json::object fields = asked.at("fields").as_object();
        fields["39"] = code;
        if (!approval.empty()) fields["38"] = approval;
        std::string mti = text_of(asked.at("mti"));
        mti[2] = static_cast<char>(mti[2] + 1);
        return add(sim::Direction::answer, mti, fields);
    }
    std::uint64_t request(const std::string& mti, const boost::json::object& fields)
    {
        return add(sim::Direction::request, mti, fields);
    }
    /// Of the record before.
    void dropped(std::vector<std::string> paths) { capture_.records.back().dropped = std::move(paths); }

    [[nodiscard]] sim::Capture& capture() { return capture_; }
    /// An 0400 is a cancel here.
    static inline const sim::ReversalKinds reversals{{"42"}};
    [[nodiscard]] sim::ReplayTraffic traffic() const { return sim::traffic_of(capture_, reversals); }
    [[nodiscard]] const sim::CaptureRecord& record(std::uint64_t number) const
    {
        return capture_.records.at(number - 1);
    }
    [[nodiscard]] static sim::WallTime start()
    {
        using namespace std::chrono;
        return sys_days(year{2026} / 3 / 2) + hours{9} + minutes{15};
    }
    /// The DE7 of now.
    [[nodiscard]] std::string transmitted() const { return "0302" + clock(std::chrono::hours{0}); }
    [[nodiscard]] std::string local_time() const { return clock(std::chrono::hours{-9}); }

private:
    static std::string text_of(const boost::json::value& value) { return std::string(value.as_string()); }

    /// hhmmss of now; the shop is nine hours behind, to have another date at some hours.
    [[nodiscard]] std::string clock(std::chrono::hours ahead) const
    {
        const auto whole = std::chrono::floor<std::chrono::seconds>(now_ + ahead);
        const auto s = (whole - std::chrono::floor<std::chrono::days>(whole)).count();
        const auto two = [](auto n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
        return two(s / 3600) + two(s / 60 % 60) + two(s % 60);
    }
    std::uint64_t add(sim::Direction direction, const std::string& mti, const boost::json::object& fields)
    {
        sim::CaptureRecord record;
        record.number = capture_.records.size() + 1;
        record.place = {now_, connection_, direction};
        record.message = {{"mti", mti}, {"fields", fields}};
        capture_.records.push_back(std::move(record));
        now_ += second;
        return capture_.records.size();
    }

    sim::Capture capture_;
    sim::WallTime now_ = start();
    std::uint32_t connection_ = 1;
};

} // namespace test
