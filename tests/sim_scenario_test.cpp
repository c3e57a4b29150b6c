#include "sim/network_model.hpp"
#include "sim/scenario.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace sim;

std::string error_of(const std::string& toml)
{
    try {
        (void)parse_scenario(toml, "x.toml");
    } catch (const FileError& error) {
        return error.what();
    }
    return "no error";
}

const std::string head = "title = 't'\naccounts = { a = '100 JPY' }\ncards = { c = { account = 'a' } }\n";

struct Row {
    std::string name;
    std::string toml;
    std::string expected;
};

} // namespace

TEST_CASE("scenario: a good file is read whole")
{
    const Scenario scenario =
        parse_scenario(head + "tags = ['x']\npos_timeout = '300ms'\nsteps = [\n"
                              "  { send = 'sale', as = 's', amount = '10 JPY', answer = 'lost', copies = 2, "
                              "on = ['one', 'two'] },\n"
                              "  { expect = 'silence', to = 's' },\n"
                              "  { repeat = 's', times = 3 },\n"
                              "  { expect = 'answer', to = 's', code = 'approved', fields = { 38 = 'present' "
                              "}, identical = true },\n"
                              "]\nthen = { balances = { a = '90 JPY' }, states = { s = 'approved' } }\n",
                       "folder/10-x.toml");
    CHECK(scenario.name == "10-x");
    CHECK(scenario.pos_timeout == Milliseconds(300));
    REQUIRE(scenario.steps.size() == 5);
    const auto& send = std::get<Send>(scenario.steps[0].action);
    CHECK(send.fate.answer.kind == Passage::Kind::lost);
    CHECK(send.fate.copies == 2);
    CHECK(send.on == std::vector<std::string>{"one", "two"});
    CHECK(send.card == "c");
    const auto& expect = std::get<Expect>(scenario.steps[3].action);
    CHECK(expect.is_identical);
    REQUIRE(expect.fields.size() == 1);
    CHECK(expect.fields[0].de == 38);
    CHECK(expect.fields[0].kind == FieldRule::Kind::present);
    CHECK(std::get<Check>(scenario.steps[4].action).balances.at("a") == Amount{90, "JPY"});
}

TEST_CASE("scenario: what is wrong is named with its place")
{
    const std::string sale = "{ send = 'sale', as = 's', amount = '10 JPY' }";
    const Row rows[] = {
        {"unknown key", head + "step = []\nsteps = [" + sale + "]",
         "x.toml:4:1: unknown key \"step\" in the scenario (did you mean \"steps\"?)"},
        {"no steps", head, "x.toml:1:1: the scenario needs \"steps\""},
        {"no verb", head + "steps = [{ sned = 'sale' }]",
         "x.toml:4:10: a step begins with one of: send, repeat, release, expect, check, restart"},
        {"key of another verb", head + "steps = [{ send = 'sale', amuont = '1 JPY' }]",
         "x.toml:4:27: unknown key \"amuont\" in the step (did you mean \"amount\"?)"},
        {"no amount", head + "steps = [{ send = 'sale', amount = '10 Yen' }]",
         "x.toml:4:36: \"10 Yen\" is no amount: \"1000 JPY\" or \"12.50 EUR\" is"},
        {"decimals that the currency lacks", head + "steps = [{ send = 'sale', amount = '10.00 JPY' }]",
         "x.toml:4:36: \"10.00 JPY\" is no amount: \"1000 JPY\" or \"12.50 EUR\" is"},
        {"unknown card", head + "steps = [{ send = 'sale', card = 'd' }]", "x.toml:4:34: unknown card \"d\""},
        {"unknown fault", head + "steps = [{ send = 'sale', answer = 'lots' }]",
         "x.toml:4:36: \"answer\" is \"lost\" or \"hold\" (did you mean \"lost\"?)"},
        {"two faults at once", head + "steps = [{ send = 'sale', answer = 'lost', answer_delay = '1s' }]",
         "x.toml:4:59: a message is lost, held or delayed: one of them"},
        {"time without a unit", head + "steps = [{ send = 'sale', answer_delay = '300' }]",
         "x.toml:4:42: a time has a unit: \"300ms\", \"5s\""},
        {"answer to what was not sent", head + "steps = [" + sale + ", { expect = 'answer', to = 't' }]",
         "x.toml:4:84: nothing named \"t\" has been sent before"},
        {"same name twice", head + "steps = [" + sale + ", " + sale + "]",
         "x.toml:4:58: \"s\" has been sent already: give it a name with \"as\""},
        {"no data element", head + "steps = [{ send = 'sale', fields = { 129 = 'x' } }]",
         "x.toml:4:44: \"129\" is no data element: 2 to 128 is"},
        {"unknown account", head + "steps = [" + sale + "]\nthen = { balances = { b = '1 JPY' } }",
         "x.toml:5:27: unknown account \"b\""},
        {"half a byte", head + "steps = [{ send = 'bytes', bytes = 'abc' }]",
         "x.toml:4:36: \"bytes\" has half a byte at its end"},
        {"a word of a closed set", head + "steps = [{ restart = 'kil' }]",
         "x.toml:4:22: \"kil\" is not one of \"term\", \"kill\" (did you mean \"kill\"?)"},
        {"no TOML", "title = \n", "x.toml:1:9: "},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const std::string error = error_of(row.toml);
        CAPTURE(error);
        CHECK(error.substr(0, std::string(row.expected).size()) == row.expected);
    }
}

TEST_CASE("scenario: every built-in one names messages, codes and reasons that its networks have")
{
    const std::vector<Scenario> scenarios = built_in_scenarios();
    CHECK(scenarios.size() >= 20);
    for (const char* name : {"iso-single-message", "japanese-house"}) {
        const auto network = network_named(name);
        for (const Scenario& scenario : scenarios) {
            if (!scenario.runs_on(name)) continue;
            CAPTURE(scenario.name);
            std::map<std::string, std::string> kinds;
            for (const Step& step : scenario.steps) {
                if (const auto* send = std::get_if<Send>(&step.action)) {
                    CAPTURE(send->kind);
                    kinds[send->as] = send->kind;
                    if (send->bytes.empty())
                        CHECK(network->find(send->kind, send->of.empty() ? "" : kinds[send->of]) != nullptr);
                    CHECK((send->reason.empty() || network->knows_reason(send->reason)));
                } else if (const auto* expect = std::get_if<Expect>(&step.action)) {
                    CHECK((expect->code.empty() || !network->code_of(expect->code).empty()));
                }
            }
        }
    }
}

TEST_CASE("network: a reversal names its original as its network wants it")
{
    const Values values{{"card", "4000000000000002"},
                        {"amount", "000000000100"},
                        {"currency", "392"},
                        {"now", "1122031500"},
                        {"stan", "000123"},
                        {"terminal", "T0000001"},
                        {"local_time", "121500"},
                        {"local_date", "1122"},
                        {"rrn", "000000000001"},
                        {"expiry", "3012"},
                        {"reason", ""}};
    SUBCASE("ISO single message: 0420 with DE90")
    {
        const auto network = network_named("iso-single-message");
        const auto sale = network->build(*network->find("sale", ""), nullptr, values);
        Values later = values;
        later["now"] = "1122031505";
        later["reason"] = network->reason_of("timeout");
        const auto reversal = network->build(*network->find("reversal", "sale"), &sale, later);
        CHECK(reversal.mti().text() == "0420");
        CHECK(reversal.get(11) == "000123");
        CHECK(reversal.get(7) == "1122031505");
        CHECK(reversal.get(39) == "68");
        CHECK(reversal.get(90) == "020000012311220315000000001234500000000000");
        CHECK_FALSE(reversal.has(14));
    }
    SUBCASE("house dialect: the same message with another MTI")
    {
        const auto network = network_named("japanese-house");
        const auto sale = network->build(*network->find("sale", ""), nullptr, values);
        auto expected = sale;
        expected.set_mti(*codec::Mti::parse("0120"));
        CHECK(network->build(*network->find("reversal", "sale"), &sale, values) == expected);
        const auto cancel = network->build(*network->find("cancel", "sale"), &sale, values);
        CHECK(cancel.get(90).substr(0, 20) == "01000001231122031500");
        CHECK(network->find("reversal", "cancel")->mti.text() == "0420");
    }
}

TEST_CASE("network: what is wrong in its file is named with its place")
{
    const auto error = [](const std::string& toml) -> std::string {
        try {
            (void)NetworkModel::parse("name = 'n'\ndialect = 'iso87-ascii'\nlocal_time_ahead = '9h'\n" + toml,
                                      "n.toml");
        } catch (const FileError& wrong) {
            return wrong.what();
        }
        return "no error";
    };
    CHECK(error("[message.sale]\nmti = '0200'\nfields = { 2 = '{crad}' }\n") ==
          "n.toml:6:16: unknown placeholder {crad} (did you mean \"card\"?)");
    CHECK(error("[message.sale]\nmti = '02'\n") == "n.toml:5:7: \"mti\" must be four digits");
    CHECK(error("[message.sale]\nmti = '0200'\ncpoy = 'all'\n") ==
          "n.toml:6:1: unknown key \"cpoy\" in message.sale (did you mean \"copy\"?)");
    CHECK(error("framing = 'ascii-4'\n") ==
          "n.toml:4:11: unknown framing \"ascii-4\" (did you mean \"ascii4\"?)");
    CHECK(error("header = 'tdpu'\n") == "n.toml:4:10: unknown header \"tdpu\" (did you mean \"tpdu\"?)");
    CHECK(error("framing = 'ascii4'\nheader = 'tpdu'\n") == "no error");
    CHECK(error("[message.sale]\nmti = '0200'\n") == "no error");
}
