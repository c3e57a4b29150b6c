// Files of a link that are changed in place, and what a refused reload leaves behind.
#include "tests/support/http_get.hpp"
#include "tests/support/reload.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace wire;
using reloading::reload;

namespace {

namespace fs = std::filesystem;

const std::string dialect = R"(name = "own"
inherits = "iso87-ascii"
[elements]
41 = { max = 8 }
)";

const std::string profile = R"(name = "own"
partial = "replacement"
[answer_codes]
format_error = "30"
[[message]]
mti = "0420"
operation = "fault_reversal"
original = "de90"
required = [3, 4, 7, 11, 41, 49]
[[message]]
mti = "0200"
operation = "sale"
required = [2, 3, 4, 7, 11, 41, 42, 49]
)";

std::string replaced(std::string text, const std::string& what, const std::string& with)
{
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

/// Dialect and profile of a link, in a folder of their own.
class Files {
public:
    Files()
    {
        std::string name = (fs::temp_directory_path() / "tollgate-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
        set_dialect(dialect);
        set_profile(profile);
    }
    ~Files() { fs::remove_all(folder_); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    void set_dialect(const std::string& text) const { std::ofstream(dialect_file()) << text; }
    void set_profile(const std::string& text) const { std::ofstream(profile_file()) << text; }
    fs::path dialect_file() const { return folder_ / "dialect.toml"; }
    fs::path profile_file() const { return folder_ / "profile.toml"; }
    net::Config config() const
    {
        net::Config config = RunningServer::good_config();
        config.links.front().dialect = dialect_file().string();
        config.links.front().profile = profile_file().string();
        return config;
    }

private:
    fs::path folder_;
};

struct Edit {
    const char* name;
    std::string dialect;
    std::string profile;
    std::string says; ///< empty: it is taken
};

} // namespace

TEST_CASE("reload: a file that was edited so that repeats would not be found is refused and named")
{
    const Edit edits[] = {
        {"another size", replaced(dialect, "max = 8", "max = 10"), profile, "element 41"},
        {"a value that loses its padding", replaced(dialect, "max = 8", "max = 8, fill = \"right space\""),
         profile, "element 41"},
        {"an element in front of the others",
         replaced(dialect, "[elements]\n", "[elements]\n36 = { max = 50 }\n"), profile, "element 36"},
        {"the bitmap", replaced(dialect, "[elements]", "bitmap = \"binary\"\n[elements]"), profile,
         "the bitmap"},
        {"the MTI", replaced(dialect, "[elements]", "mti = \"bcd\"\n[elements]"), profile, "the MTI"},
        {"what an MTI is", dialect, replaced(profile, "operation = \"sale\"", "operation = \"refund\""),
         "[[message]] row 2"},
        {"how an original is named", dialect,
         replaced(profile, "\"de90\"", "\"own\"\noriginal_mti = \"0200\""), "[[message]] row 1"},
        {"a row more", dialect, profile + "[[message]]\nmti = \"0100\"\noperation = \"sale\"\n",
         "[[message]] row 3"},
        {"what DE95 means", dialect, replaced(profile, "replacement", "reversed"), "partial"},
        {"the currency that is not said", dialect,
         replaced(profile, "partial =", "currency = 392\npartial ="), "currency"},
        {"an answer code", dialect, replaced(profile, "\"30\"", "\"96\""), ""},
        {"a comment", dialect + "# 2026\n", profile + "# 2026\n", ""},
        {"a name, and what logs show",
         replaced(dialect, "max = 8", "max = 8, name = \"till\", log = \"never\""), profile, ""},
        {"sessions", dialect,
         replaced(profile, "[[message]]", "[management]\nnoted = [\"060\"]\n[[message]]"), ""},
    };
    for (const Edit& edit : edits) {
        CAPTURE(edit.name);
        const Files files;
        SharedBooks books;
        RunningServer server(books, files.config());
        CHECK(Peer(server.port()).code_of(sale("000001")) == "00");
        files.set_dialect(edit.dialect);
        files.set_profile(edit.profile);
        const std::string why = reload(server, files.config());
        CAPTURE(why);
        CHECK(why.find(edit.says) != std::string::npos);
        CHECK(why.empty() == edit.says.empty());
        const bool is_dialect = edit.dialect != dialect;
        if (!why.empty())
            CHECK(why.find((is_dialect ? files.dialect_file() : files.profile_file()).string()) !=
                  std::string::npos);
        CHECK(Peer(server.port()).code_of(sale("000001")) == "00"); // the repeat
        CHECK(books.balance() == 1'000'000 - 100);
    }
}

TEST_CASE("reload: what was refused once is refused again, until the file is as it was")
{
    const Files files;
    SharedBooks books;
    RunningServer server(books, files.config());
    files.set_profile(replaced(profile, "replacement", "reversed"));
    CHECK(reload(server, files.config()) != "");
    CHECK(reload(server, files.config()) != "");
    files.set_profile(profile);
    CHECK(reload(server, files.config()) == "");
}

TEST_CASE("reload: a link under another name may read its messages in another way")
{
    const Files files;
    SharedBooks books;
    RunningServer server(books, files.config());
    files.set_dialect(replaced(dialect, "max = 8", "max = 10"));
    net::Config config = files.config();
    config.links.front().name = "acq-b";
    CHECK(reload(server, config) == "");
}

TEST_CASE("reload: one that is refused leaves nothing in the metrics")
{
    const Files files;
    SharedBooks books;
    net::Config config = files.config();
    config.admin.address = net::Endpoint{"127.0.0.1", 0};
    config.links.front().in_flight = 77;
    RunningServer server(books, config);
    const auto metrics = [&] { return http_client::get(server.admin_port(), "/metrics").body; };
    const std::string limit = "tollgate_in_flight_limit{link=\"acq-a\"} ";
    CHECK(metrics().find(limit + "77\n") != std::string::npos);
    config.links.front().in_flight = 88;
    config.links.push_back(config.links.front());
    config.links.back().name = "acq-b";
    config.links.push_back(config.links.front());
    config.links.back().name = "nowhere";
    config.links.back().addresses.front().host = "nowhere";
    CHECK(reload(server, config) != "");
    CHECK(metrics().find(limit + "77\n") != std::string::npos);
    CHECK(metrics().find("acq-b") == std::string::npos);
    config.links.pop_back();
    CHECK(reload(server, config) == "");
    CHECK(metrics().find(limit + "88\n") != std::string::npos);
    CHECK(metrics().find("acq-b") != std::string::npos);
}
