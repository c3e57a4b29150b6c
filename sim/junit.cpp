#include "sim/junit.hpp"

#include "codec/utf8.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

namespace sim {

namespace {

struct Suite {
    pugi::xml_node node;
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::size_t skipped = 0;
    std::chrono::milliseconds took{0};
};

std::string seconds_text(std::chrono::milliseconds time)
{
    std::string thousandths = std::to_string(time.count() % 1'000);
    return std::to_string(time.count() / 1'000) + "." + std::string(3 - thousandths.size(), '0') +
           thousandths;
}

/// What a server answered may hold characters that XML has no way to write: one would lose the whole file.
std::string writable(std::string text)
{
    const bool is_utf8 = codec::is_utf8(text);
    const auto is_nothing = [is_utf8](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\n' && c != '\t') || (byte >= 0x80 && !is_utf8);
    };
    std::replace_if(text.begin(), text.end(), is_nothing, '?');
    return text;
}

void set(pugi::xml_node node, const char* name, const std::string& value)
{
    node.append_attribute(name).set_value(writable(value).c_str());
}

void add_case(Suite& suite, const Played& played)
{
    const Verdict& verdict = played.verdict;
    ++suite.tests;
    pugi::xml_node one = suite.node.append_child("testcase");
    set(one, "classname", played.network);
    set(one, "name", played.scenario);
    if (played.was_skipped) {
        ++suite.skipped;
        one.append_child("skipped");
        return;
    }
    suite.took += verdict.took;
    set(one, "time", seconds_text(verdict.took));
    if (verdict.passed) return;
    ++suite.failures;
    pugi::xml_node failure = one.append_child("failure");
    set(failure, "message", verdict.problem);
    failure.text().set(writable(verdict.place + "\n" + verdict.problem + "\n" + verdict.ladder).c_str());
}

} // namespace

std::string junit_of(const Report& report)
{
    pugi::xml_document document;
    pugi::xml_node root = document.append_child("testsuites");
    set(root, "name", "tollgate-sim");
    std::map<std::string, Suite> suites;
    for (const Played& played : report.played) {
        Suite& suite = suites[played.network];
        if (!suite.node) suite.node = root.append_child("testsuite");
        add_case(suite, played);
    }
    for (auto& [network, suite] : suites) {
        set(suite.node, "name", network);
        set(suite.node, "tests", std::to_string(suite.tests));
        set(suite.node, "failures", std::to_string(suite.failures));
        set(suite.node, "skipped", std::to_string(suite.skipped));
        set(suite.node, "time", seconds_text(suite.took));
    }
    std::ostringstream text;
    document.save(text, "  ");
    return std::move(text).str();
}

} // namespace sim
