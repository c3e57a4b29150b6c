// Test build only: what the runner of crash points takes for a death at a point, and what for a failed start.
#include "sim/child_process.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace sim;

namespace {

/// A folder of programs in which `tollgated` is a script of ours.
class Programs {
public:
    /// when_armed   what it does when it is told to die at a point; otherwise it is the real server
    explicit Programs(const std::string& when_armed)
    {
        REQUIRE(::mkdtemp(folder_.data()) != nullptr);
        const std::string real = TOLLGATE_BIN_DIR;
        std::filesystem::create_symlink(real + "/tollgatectl", folder_ + "/tollgatectl");
        const std::string server = folder_ + "/tollgated";
        std::ofstream(server) << "#!/bin/sh\n[ -z \"$TOLLGATE_CRASH_POINT\" ] || " << when_armed << "\nexec "
                              << real << "/tollgated \"$@\"\n";
        std::filesystem::permissions(server, std::filesystem::perms::owner_all);
    }
    ~Programs()
    {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Programs(const Programs&) = delete;
    Programs& operator=(const Programs&) = delete;

    [[nodiscard]] Finished fire(const std::string& point, const std::string& kills) const
    {
        return run_program({std::string(TOLLGATE_BIN_DIR) + "/tollgate-sim", "fire", "--crash-points",
                            "--bin", folder_, "--point", point, "--kills", kills, "--seed", "7", "--json"},
                           "");
    }

private:
    std::string folder_ = (std::filesystem::temp_directory_path() / "tollgate-XXXXXX").string();
};

} // namespace

TEST_CASE(
    "fire points: a server that dies at its point before it listens is a kill, and the next life begins")
{
    const Finished run = Programs(":").fire("store_commit_sent", "3");
    INFO(run.err);
    REQUIRE(run.status == 0);
    const auto report = boost::json::parse(run.out);
    const auto& point = report.at("points").at(0);
    CHECK(point.at("kills") == 3);
    CHECK(point.at("at_start") == 1); // the boot's record is the first to be committed
    CHECK(point.at("lives") == 3);
    CHECK(point.at("good") == true);
}

TEST_CASE("fire points: a server that does not start for another reason ends the run")
{
    struct Row {
        const char* when_armed;
        const char* told;
    };
    constexpr Row rows[] = {
        {"exit 1", "ended at once"},
        {"kill -KILL $$", "ended at once"}, // by somebody else's hand
        {"exec sleep 600 >&-", "does not become ready"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.when_armed);
        const Finished run = Programs(row.when_armed).fire("store_commit_sent", "1");
        INFO(run.err);
        CHECK(run.status == 3);
        CHECK(run.err.find(row.told) != std::string::npos);
    }
}
