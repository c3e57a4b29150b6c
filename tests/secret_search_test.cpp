// The searcher is searched: a secret in each form, at each place, is found, and what may be shown is not.
#include "tests/support/canary_cards.hpp"
#include "tests/support/sanitizer.hpp"
#include "tests/support/secret_search.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace test;

namespace {

const std::string pan = "4000001928374656";
const std::string name = "MARMOT/EUGENIE";
const std::string block = "\x9C\x01\xE7\x5B\xA3\x00\xD8\x62";
const std::vector<Secret> secrets{{"number", Secret::Kind::digits, pan},
                                  {"name", Secret::Kind::text, name},
                                  {"block", Secret::Kind::bytes, block}};

/// From the middle of a byte on, between other digits.
const std::string packed_odd = packed("7" + pan + "3");

struct Row {
    const char* form;
    std::string planted;
    const char* secret;
};

const Row rows[] = {
    {"ASCII", pan, "number"},
    {"EBCDIC", ebcdic_of(pan), "number"},
    {"packed", packed(pan), "number"},
    {"packed, from the middle of a byte", packed_odd, "number"},
    {"ASCII", hex_of(packed(pan)), "number"},
    {"hexadecimal of ASCII", hex_of(pan), "number"},
    {"hexadecimal of EBCDIC", hex_of(ebcdic_of(pan)), "number"},
    {"hexadecimal of EBCDIC", hex_of(ebcdic_of(pan), "0123456789ABCDEF"), "number"},
    {"ASCII", "track " + pan + "=3512201", "number"},
    {"ASCII", pan.substr(6), "number"},
    {"ASCII", name, "name"},
    {"EBCDIC", ebcdic_of(name), "name"},
    {"hexadecimal of ASCII", hex_of(name), "name"},
    {"hexadecimal of ASCII", hex_of(name, "0123456789ABCDEF"), "name"},
    {"hexadecimal of EBCDIC", hex_of(ebcdic_of(name)), "name"},
    {"raw", block, "block"},
    {"hexadecimal", hex_of(block), "block"},
    {"hexadecimal", hex_of(block, "0123456789ABCDEF"), "block"},
};

} // namespace

TEST_CASE("search: a secret is found in every form and at every place")
{
    const SecretSearch search(secrets);
    for (const Row& row : rows) {
        CAPTURE(row.form);
        for (const std::size_t before : {0, 1, 2, 8191}) {
            CAPTURE(before);
            for (const std::size_t after : {0, 1, 100}) {
                const std::string bytes = std::string(before, '\x40') + row.planted + std::string(after, '0');
                const auto hits = search.in_bytes("here", bytes);
                bool is_found = false;
                for (const Hit& hit : hits) {
                    CHECK(hit.secret == row.secret);
                    CHECK(hit.offset >= before);
                    is_found |= hit.form == row.form;
                }
                CHECK(is_found);
            }
        }
    }
}

TEST_CASE("search: what may be shown, and what only looks alike, is not found")
{
    const SecretSearch search(secrets);
    std::string other = pan;
    other[10] = other[10] == '9' ? '8' : '9';
    for (const std::string& text :
         {std::string(), std::string("4"), std::string("400000******4656"), other, packed(other),
          packed("7" + other + "3"), pan.substr(0, 15), block.substr(1), name.substr(1)}) {
        CAPTURE(text);
        CHECK(search.in_bytes("here", text).empty());
    }
}

TEST_CASE("search: files below a folder are searched, and an empty one is an error")
{
    std::string folder = (std::filesystem::temp_directory_path() / "tollgate-search-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const SecretSearch search(secrets);
    CHECK_THROWS(search.in_files(folder));
    std::filesystem::create_directories(folder + "/a/b");
    std::ofstream(folder + "/a/b/file") << "..." << pan;
    std::ofstream(folder + "/innocent") << "nothing";
    const auto hits = search.in_files(folder);
    REQUIRE(hits.size() == 1);
    CHECK(hits.front().artefact == folder + "/a/b/file");
    CHECK(hits.front().offset == 3 + 6); // the last ten digits are looked for
    std::filesystem::remove_all(folder);
}

TEST_CASE("search: memory of a process is searched")
{
    const SecretSearch search(secrets);
    constexpr bool has_terabytes = test::has_sanitizer; // for shadows of its memory
    if (has_terabytes || ::access("/proc/self/mem", R_OK) != 0) return;
    CHECK_FALSE(search.in_memory("ours", ::getpid()).empty()); // `pan` above
}

TEST_CASE("search: no two ways have one number, and tools find each")
{
    const auto all = canary_secrets({"issued", "imported"});
    for (const Secret& secret : all) {
        CAPTURE(secret.name);
        const SecretSearch search(all);
        const auto hits = search.in_bytes("here", secret.value);
        REQUIRE(hits.size() == 1);
        CHECK(hits.front().secret == secret.name);
    }
}
