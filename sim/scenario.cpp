#include "sim/scenario.hpp"

#include "sim/embedded.hpp"
#include "sim/scenario_steps.hpp"

#include <algorithm>
#include <filesystem>

namespace sim {

namespace {

std::map<std::string, AccountGiven> read_accounts(TableReader& reader)
{
    static const std::vector<std::string> limits{"credit-limit", "sale-max", "day-amount-max",
                                                 "day-count-max"};
    std::map<std::string, AccountGiven> accounts;
    for (const auto& [name, value] : reader.pairs("accounts")) {
        AccountGiven account;
        if (value.kind == Value::Kind::text) {
            account.balance = read_amount(value);
        } else {
            TableReader table(value, "account \"" + name + "\"");
            account.balance = read_amount(table.required("balance"));
            for (const std::string& limit : limits)
                if (const auto text = table.text(limit)) account.limits[limit] = *text;
            table.finish();
        }
        accounts.emplace(name, std::move(account));
    }
    return accounts;
}

CardGiven read_card(const std::string& name, const Value& value,
                    const std::map<std::string, AccountGiven>& accounts)
{
    CardGiven card;
    TableReader table(value, "card \"" + name + "\"");
    card.account = table.text("account").value_or("");
    if (!card.account.empty() && !accounts.contains(card.account))
        throw FileError(value.place,
                        "card \"" + name + "\" is of an unknown account \"" + card.account + "\"");
    card.status = table.text("status").value_or(card.status);
    card.expiry = table.text("expiry").value_or("");
    card.bin = table.text("bin").value_or(card.bin);
    if (card.bin.size() != 6 || card.bin.find_first_not_of("0123456789") != std::string::npos)
        throw FileError(value.place, "\"bin\" must be six digits");
    table.finish();
    return card;
}

std::vector<Step> read_steps(TableReader& reader, const Scenario& scenario)
{
    const Value& value = reader.required("steps");
    if (value.kind != Value::Kind::array || value.items.empty())
        throw FileError(value.place, "\"steps\" must be a list with at least one step");
    StepReader steps(scenario);
    std::vector<Step> all;
    for (const Value& item : value.items) all.push_back(steps.read(item));
    if (const Value* then = reader.find("then"))
        all.push_back(Step{then->place, steps.read_check(*then, "\"then\"")});
    return all;
}

std::vector<std::string> toml_files_of(const std::filesystem::path& folder)
{
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".toml") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    if (files.empty()) throw FileError({folder.string(), 0, 0}, "no *.toml in this folder");
    return files;
}

} // namespace

bool Scenario::restarts_host() const
{
    return std::any_of(steps.begin(), steps.end(),
                       [](const Step& step) { return std::holds_alternative<Restart>(step.action); });
}

bool Scenario::runs_on(const std::string& network) const
{
    return networks.empty() || std::find(networks.begin(), networks.end(), network) != networks.end();
}

Scenario parse_scenario(std::string_view toml, const std::string& file_name)
{
    const Value root = parse_toml(toml, file_name);
    TableReader reader(root, "the scenario");
    Scenario scenario;
    scenario.name = std::filesystem::path(file_name).stem().string();
    scenario.title = reader.required_text("title");
    scenario.tags = reader.texts("tags");
    scenario.networks = reader.texts("networks");
    if (const Value* timeout = reader.find("pos_timeout")) scenario.pos_timeout = read_duration(*timeout);
    scenario.accounts = read_accounts(reader);
    for (const auto& [name, value] : reader.pairs("cards"))
        scenario.cards.emplace(name, read_card(name, value, scenario.accounts));
    scenario.steps = read_steps(reader, scenario);
    reader.finish();
    return scenario;
}

std::vector<Scenario> load_scenarios(const std::vector<std::string>& files_or_folders)
{
    std::vector<Scenario> all;
    for (const std::string& name : files_or_folders) {
        std::vector<std::string> files{name};
        if (std::filesystem::is_directory(name)) files = toml_files_of(name);
        for (const std::string& file : files) all.push_back(parse_scenario(read_whole_file(file), file));
    }
    return all;
}

std::vector<Scenario> built_in_scenarios()
{
    std::vector<Scenario> all;
    for (const auto& [file, text] : scenario_files::embedded_files())
        all.push_back(parse_scenario(text, "sim/scenarios/" + std::string(file)));
    return all;
}

} // namespace sim
