/// A serving network on real connections: a scripted issuer behind a chaos proxy.
#pragma once

#include "codec/decode.hpp"
#include "sim/chaos_proxy.hpp"
#include "sim/serve_network.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace test::serving {

using namespace sim;
using End = ServeNetwork::End;
using Outcome = SettlementLine::Outcome;
using std::chrono::milliseconds;

constexpr std::chrono::seconds patience{30};

/// A folder of its own, removed at the end.
struct Folder {
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "tollgate-serve-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    /// All lines of all files, by name of file.
    [[nodiscard]] std::vector<SettlementLine> lines() const
    {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        std::vector<SettlementLine> all;
        for (const auto& file : files) {
            std::stringstream text;
            text << std::ifstream(file).rdbuf();
            const SettlementDay day = parse_settlement(text.str());
            all.insert(all.end(), day.lines.begin(), day.lines.end());
        }
        return all;
    }
    std::filesystem::path path;
};

inline std::size_t count(const std::vector<SettlementLine>& lines, Outcome outcome)
{
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const SettlementLine& line) { return line.outcome == outcome; }));
}

inline std::int64_t owed(const std::vector<SettlementLine>& lines)
{
    std::int64_t sum = 0;
    for (const SettlementLine& line : lines) sum += owed_minor(line);
    return sum;
}

inline ServePlan plan(std::uint64_t requests)
{
    ServePlan made;
    made.rate = 1'000;
    made.count = requests;
    made.cards = {{"4000000000000002", "3512"}};
    return made;
}

inline ServeNetwork::Settings settings(const Folder& folder, std::vector<Address> addresses,
                                       ServeLinks::Side side = ServeLinks::Side::dials)
{
    ServeNetwork::Settings made;
    made.role.timeout = milliseconds(200);
    made.role.saf.links = addresses.size();
    made.role.saf.pauses = {milliseconds(50)};
    made.links.side = side;
    made.links.addresses = std::move(addresses);
    made.links.reconnect_first = milliseconds(10);
    made.links.reconnect_max = milliseconds(10);
    made.settlement_folder = folder.path;
    made.drain = patience;
    return made;
}

/// An issuer that keeps books, and a proxy with rules in front of it.
struct Issuer {
    explicit Issuer(const std::vector<std::string>& rules)
    {
        AccountGiven account;
        account.balance = Amount{100'000, "JPY"};
        (void)books.open_account(account);
        proxy = proxy_with(rules, strikes);
    }

    /// One more in front of it.
    [[nodiscard]] std::unique_ptr<ChaosProxy> proxy_with(const std::vector<std::string>& rules,
                                                         std::ostream& out)
    {
        ChaosProxy::Settings made;
        made.listen = {"127.0.0.1", 0};
        made.server = host.address("");
        made.dialect = std::shared_ptr<const codec::Dialect>(network, &network->dialect());
        made.form = network->wire_form();
        for (const std::string& rule : rules) made.rules.push_back(parse_chaos_rule(rule, 1));
        return std::make_unique<ChaosProxy>(std::move(made), out);
    }

    std::optional<codec::Message> answer(const codec::Message& request)
    {
        auto reply = books.answer(request);
        if (request.get(70) == "001" && refusals-- > 0) reply->set(39, "91");
        return reply;
    }

    std::shared_ptr<const NetworkModel> network = network_named("iso-single-message");
    test::FakeBooks books;
    std::atomic<int> refusals{0}; ///< of sign-ons that are still to come
    test::FakeHost host{network->dialect(), [this](const codec::Message& m) { return answer(m); }};
    std::ostringstream strikes;
    std::unique_ptr<ChaosProxy> proxy;
};

inline std::size_t count(const std::string& text, const std::string& part)
{
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

inline bool serve_all(ServeNetwork& network)
{
    return network.run_until([&] { return network.role().has_begun_all() && network.role().is_settled(); },
                             Clock::now() + patience);
}

} // namespace test::serving
