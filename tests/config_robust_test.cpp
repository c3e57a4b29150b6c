#include "tests/support/config_text.hpp"

using config_text::good;
using config_text::parse;
using config_text::replaced;
using config_text::tls;

TEST_CASE("config: all mistakes are told at once, from the top")
{
    auto text = replaced(good, "127.0.0.1:5000", "nowhere");
    text = replaced(text, "\"5s\"", "5");
    text = replaced(text, "bins", "bin");
    const auto errors = parse(text).errors;
    REQUIRE(errors.size() == 4); // bins is missing, bin unknown
    CHECK(errors[0].find("\"bins\" in [cards] is required") != std::string::npos);
    CHECK(errors[1].find("unknown key \"bin\"") != std::string::npos);
    CHECK(errors[2].find("ADDRESS:PORT") != std::string::npos);
    CHECK(errors[3].find("a duration") != std::string::npos);
}

TEST_CASE("config: what stands before the end of a good file is an error and no crash")
{
    const std::string text =
        replaced(good, "listen =", "echo = { interval = \"30s\", timeout = \"3s\" }\nlisten =") + "";
    for (std::size_t end = 0; end + 1 < text.size(); ++end) { // the last line break may be missing
        CAPTURE(end);
        const auto result = parse(text.substr(0, end));
        CHECK_FALSE(result.config);
        CHECK_FALSE(result.errors.empty());
    }
    CHECK(parse(text).config);
}

TEST_CASE("config: a file with each of its characters changed is read or refused")
{
    const std::string text = good + tls;
    for (std::size_t at = 0; at < text.size(); ++at)
        for (const char c : {'"', '[', '=', '\n', '\0', '\xFF', '{', '9'}) {
            std::string changed = text;
            changed[at] = c;
            const auto result = parse(changed);
            CHECK(result.config.has_value() == result.errors.empty());
        }
}
