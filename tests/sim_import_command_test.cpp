// `tollgate-sim import` and the file it writes: what was there stays until there is something better.
#include "sim/capture_output.hpp"
#include "sim/import_command.hpp"
#include "tests/support/capture_scenes.hpp"
#include "tests/support/imported_capture.hpp"

#include <doctest/doctest.h>

using namespace sim;
using tests::PassingFile;

namespace {

const std::string former = "a capture of yesterday\n";

std::string good_pcap()
{
    tests::Scene scene;
    scene.open();
    scene.client(0, tests::sale_frame(1));
    return scene.bytes();
}

const std::string key_text(64, '4');

PcapImportOptions options_for(const std::string& input, const PassingFile& key, const PassingFile& out)
{
    PcapImportOptions options;
    options.capture.dialect = "iso87-ascii";
    options.capture.key_file = key.path();
    options.capture.out = out.path();
    options.files = {input};
    return options;
}

} // namespace

TEST_CASE("import command: an import that fails leaves the file that was there")
{
    const PassingFile pcap(good_pcap());
    const PassingFile no_pcap("this is no capture of packets at all");
    const PassingFile key(key_text, ".key");
    const PassingFile bad_key("short", ".key");
    struct Row {
        const char* name;
        std::vector<std::string> files;
        std::string filter{};
        std::string dialect = "iso87-ascii";
        std::string key_file{};
    };
    const Row rows[] = {
        {"no such file", {no_pcap.path() + ".absent"}},
        {"no capture", {no_pcap.path()}},
        {"the second file is none", {pcap.path(), no_pcap.path()}},
        {"a filter that is none", {pcap.path()}, "tcp prot 1"},
        {.name = "an unknown dialect", .files = {pcap.path()}, .dialect = "none-such"},
        {.name = "a key that is none", .files = {pcap.path()}, .key_file = bad_key.path()},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const PassingFile out(former, ".jsonl");
        PcapImportOptions options = options_for(pcap.path(), key, out);
        options.files = row.files;
        options.filter = row.filter;
        options.capture.dialect = row.dialect;
        if (!row.key_file.empty()) options.capture.key_file = row.key_file;
        std::ostringstream talk;
        CHECK_THROWS(static_cast<void>(run_pcap_import(options, talk, talk)));
        CHECK(out.read() == former);
        CHECK(out.parts() == 0);
    }
}

TEST_CASE("import command: an import that succeeds replaces the file and keeps who may read it")
{
    const PassingFile pcap(good_pcap());
    const PassingFile key(key_text, ".key");
    const PassingFile out(former, ".jsonl");
    const PassingFile link("", ".link");
    std::filesystem::remove(link.path());
    std::filesystem::create_symlink(out.path(), link.path());
    for (const PassingFile* name : {&out, &link}) {
        PcapImportOptions options = options_for(pcap.path(), key, *name);
        std::ofstream(out.path(), std::ios::binary) << former;
        std::ostringstream talk;
        CHECK(run_pcap_import(options, talk, talk) == Exit::done);
        CHECK(out.read().find("\"mti\":\"0200\"") != std::string::npos);
        CHECK(out.read().find(former) == std::string::npos);
        CHECK(out.parts() == 0);
        CHECK(std::filesystem::is_symlink(link.path()));
        CHECK(std::filesystem::status(out.path()).permissions() ==
              (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    }
}

TEST_CASE("import command: what is no regular file is written as it stands")
{
    CaptureOutput output("/dev/null");
    output.stream() << former;
    output.keep();
    CHECK(std::filesystem::is_character_file("/dev/null"));
    CHECK_THROWS_WITH_AS(CaptureOutput("/no-such-folder/out.jsonl"),
                         "/no-such-folder/out.jsonl: cannot be written", net::CaptureError);
}
