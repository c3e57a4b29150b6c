#include "net/log.hpp"
#include "net/log_writer.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

struct Pipe {
    Pipe() { REQUIRE(::pipe(ends) == 0); }
    ~Pipe()
    {
        close_reader();
        ::close(ends[1]);
    }
    void close_reader()
    {
        if (ends[0] >= 0) ::close(ends[0]);
        ends[0] = -1;
    }
    std::string read_some() const
    {
        std::string bytes(65'536, '\0');
        const auto got = ::read(ends[0], bytes.data(), bytes.size());
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    int ends[2] = {-1, -1};
};

std::string text_of(const std::filesystem::path& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Names in quotes before the fields or the end of each call that logs.
std::set<std::string> events_of_sources()
{
    const std::filesystem::path root = TOLLGATE_SOURCE_DIR;
    const std::regex call(
        "\\b(debug|info|warning|error|note|stay_silent|trouble|tell|log\\.write)\\(([^;{]*)");
    const std::regex name("\"([a-z]+(_[a-z]+)*)\"");
    std::set<std::string> events;
    const auto read = [&](const std::filesystem::path& path) {
        const std::string text = text_of(path);
        for (std::sregex_iterator each(text.begin(), text.end(), call), end; each != end; ++each) {
            const std::string arguments = (*each)[2].str();
            for (std::sregex_iterator word(arguments.begin(), arguments.end(), name); word != end; ++word)
                events.insert((*word)[1].str());
        }
    };
    for (const auto& entry : std::filesystem::directory_iterator(root / "net"))
        if (entry.path().extension() == ".cpp") read(entry.path());
    read(root / "store/repair_crew.cpp");
    const std::string keys = text_of(root / "net/key_exchange.cpp"); // the names are in a table there
    const std::regex verdict("\"(key_[a-z_]+)\"");
    for (std::sregex_iterator each(keys.begin(), keys.end(), verdict), end; each != end; ++each)
        events.insert((*each)[1].str());
    return events;
}

/// Rows of the docs: | `event` | level | fields | meaning |
std::set<std::string> events_of_docs()
{
    std::istringstream docs(text_of(TOLLGATE_SOURCE_DIR "/docs/logs.md"));
    const std::regex row("^\\| `([a-z_]+)` \\| (debug|info|warning|error)\\b.*");
    std::set<std::string> events;
    std::smatch match;
    for (std::string line; std::getline(docs, line);)
        if (std::regex_match(line, match, row)) events.insert(match[1].str());
    return events;
}

} // namespace

TEST_CASE("log: the docs list every event that the sources can tell, and no other")
{
    CHECK(events_of_sources().size() > 25);
    CHECK(events_of_sources() == events_of_docs());
}

TEST_CASE("log: a line is an object with time, level and event first")
{
    std::string line;
    net::Log log(net::Log::Level::info, [&](std::string_view text) { line = text; });
    log.debug("too_fine");
    CHECK(line.empty());
    log.warning("bad_peer", {{"link", "acq-a"}, {"count", 3}});
    CHECK(std::regex_match(
        line, std::regex("\\{\"at\":\"[0-9-]{10}T[0-9:.]{12}Z\",\"level\":\"warning\",\"event\":\"bad_peer\","
                         "\"link\":\"acq-a\",\"count\":3\\}")));
    log.set_level(net::Log::Level::debug);
    log.debug("fine", {{"text", "a\"b\\c\n\xE9"}});
    CHECK(line.find("\"event\":\"fine\",\"text\":\"a\\\"b\\\\c\\u000a\\u00e9\"}") != std::string::npos);
    CHECK(log.counts().records == std::array<std::uint64_t, 4>{1, 0, 1, 0});
}

TEST_CASE("log: what comes too often is left out and counted")
{
    std::size_t lines = 0;
    net::Log log(net::Log::Level::info, [&](std::string_view) { ++lines; });
    for (int i = 0; i < 1'000; ++i) log.info("again");
    CHECK(lines < 1'000);
    CHECK(log.counts().left_out == 1'000 - lines);
    CHECK(log.counts().records[1] == lines);
}

TEST_CASE("log writer: nobody reads the pipe, and nobody waits for it")
{
    Pipe pipe;
    {
        net::LogWriter writer(pipe.ends[1]);
        const std::string line(1'000, 'x');
        for (int i = 0; i < 5'000; ++i) writer.push(line + "\n"); // more than pipe and queue take
        CHECK(writer.dropped() > 0);
        CHECK(writer.dropped() < 5'000);
    } // and its end does not wait for ever
    CHECK(pipe.read_some().starts_with("xxx"));
}

TEST_CASE("log writer: what waited is written when somebody reads again")
{
    Pipe pipe;
    net::LogWriter writer(pipe.ends[1]);
    std::string sent;
    for (int i = 0; i < 500; ++i) {
        const std::string line = std::to_string(i) + std::string(500, ' ') + "\n";
        sent += line;
        writer.push(line);
    }
    std::string got;
    while (got.size() < sent.size()) got += pipe.read_some();
    CHECK(got == sent);
    CHECK(writer.dropped() == 0);
    CHECK(writer.not_written() == 0);
}

TEST_CASE("log writer: what the system refuses is counted, and the next line is tried")
{
    const int full = ::open("/dev/full", O_WRONLY);
    REQUIRE(full >= 0);
    {
        net::LogWriter writer(full);
        writer.push("one\n");
        writer.push("two\n");
        writer.flush();
        CHECK(writer.not_written() == 2);
    }
    ::close(full);
}
