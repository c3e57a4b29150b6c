#include "tests/support/secret_search.hpp"

#include "codec/ebcdic.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>

namespace test {

namespace {

constexpr std::size_t looked_for = 10; ///< digits at the end of a number
/// Packed, ten digits are five bytes: too few to be unmistakable in hundreds of megabytes.
constexpr std::size_t looked_for_packed = 12;

std::size_t start_of(const char* second_byte)
{
    return static_cast<std::size_t>(static_cast<std::uint8_t>(second_byte[0]) << 8 |
                                    static_cast<std::uint8_t>(second_byte[1]));
}

std::string_view last(std::string_view digits, std::size_t count)
{
    return digits.substr(digits.size() - count);
}

struct Region {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string name;
};

/// What a process can write: nothing secret gets into what it cannot.
std::vector<Region> regions_of(pid_t process)
{
    std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
    std::vector<Region> regions;
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        Region region;
        std::string rights;
        std::string skipped;
        char dash = 0;
        words >> std::hex >> region.begin >> dash >> region.end >> rights >> skipped >> skipped >> skipped >>
            region.name;
        if (rights.starts_with("rw")) regions.push_back(region);
    }
    return regions;
}

} // namespace

std::string text_of(const std::vector<Hit>& hits)
{
    std::map<std::string, std::vector<std::uint64_t>> places;
    for (const Hit& hit : hits)
        places[hit.artefact + ": " + hit.secret + ", " + hit.form].push_back(hit.offset);
    std::string text;
    for (const auto& [what, offsets] : places)
        text += what + ", at " + std::to_string(offsets.front()) + " and " +
                std::to_string(offsets.size() - 1) + " more\n";
    return text;
}

std::string ebcdic_of(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        c = static_cast<char>(codec::code_page_1047.from_latin_1[static_cast<std::uint8_t>(c)]);
    return out;
}

std::string hex_of(std::string_view bytes, std::string_view digits)
{
    std::string out;
    for (const char c : bytes) {
        out += digits[static_cast<std::uint8_t>(c) >> 4];
        out += digits[static_cast<std::uint8_t>(c) & 0xF];
    }
    return out;
}

std::string packed(std::string_view digits)
{
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int right = i + 1 < digits.size() ? digits[i + 1] - '0' : 0xF;
        out += static_cast<char>((digits[i] - '0') << 4 | right);
    }
    return out;
}

SecretSearch::SecretSearch(const std::vector<Secret>& secrets)
{
    for (const Secret& secret : secrets) {
        if (secret.kind == Secret::Kind::digits) {
            add_text(secret, last(secret.value, looked_for));
            add_packed(secret, last(secret.value, looked_for_packed));
        } else if (secret.kind == Secret::Kind::text) {
            add_text(secret, secret.value);
        } else {
            add(secret, "raw", secret.value);
            add(secret, "hexadecimal", hex_of(secret.value));
            add(secret, "hexadecimal", hex_of(secret.value, "0123456789ABCDEF"));
        }
    }
}

void SecretSearch::add(const Secret& secret, const std::string& form, std::string bytes)
{
    by_start_[start_of(bytes.data() + 1)].push_back(needles_.size());
    needles_.push_back({std::move(bytes), 0xFF, 0xFF, secret.name, form});
}

void SecretSearch::add_text(const Secret& secret, std::string_view text)
{
    const std::string ebcdic = ebcdic_of(text);
    add(secret, "ASCII", std::string(text));
    add(secret, "EBCDIC", ebcdic);
    for (const char* digits : {"0123456789abcdef", "0123456789ABCDEF"}) {
        add(secret, "hexadecimal of ASCII", hex_of(text, digits));
        add(secret, "hexadecimal of EBCDIC", hex_of(ebcdic, digits));
    }
}

void SecretSearch::add_packed(const Secret& secret, std::string_view digits)
{
    add(secret, "packed", packed(digits));
    add(secret, "packed, from the middle of a byte", packed("0" + std::string(digits)));
    needles_.back().first_mask = 0x0F;
    needles_.back().last_mask = 0xF0;
}

bool SecretSearch::is_at(const Needle& needle, const char* bytes)
{
    const std::size_t size = needle.bytes.size();
    const auto differs = [&](std::size_t at, std::uint8_t mask) {
        return ((bytes[at] ^ needle.bytes[at]) & mask) != 0;
    };
    return !differs(0, needle.first_mask) && !differs(size - 1, needle.last_mask) &&
           std::memcmp(bytes + 1, needle.bytes.data() + 1, size - 2) == 0;
}

std::vector<Hit> SecretSearch::in_bytes(const std::string& artefact, std::span<const char> bytes) const
{
    std::vector<Hit> hits;
    for (std::size_t at = 0; at + 2 < bytes.size(); ++at) {
        for (const std::size_t index : by_start_[start_of(bytes.data() + at + 1)]) {
            const Needle& needle = needles_[index];
            if (needle.bytes.size() <= bytes.size() - at && is_at(needle, bytes.data() + at))
                hits.push_back({artefact, needle.secret, needle.form, at});
        }
    }
    return hits;
}

std::vector<Hit> SecretSearch::in_files(const std::string& path) const
{
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    if (!fs::is_directory(path)) files.emplace_back(path);
    const auto options = fs::directory_options::follow_directory_symlink;
    if (files.empty())
        for (const auto& entry : fs::recursive_directory_iterator(path, options))
            if (entry.is_regular_file()) files.push_back(entry.path());

    std::vector<Hit> hits;
    std::size_t searched = 0;
    for (const fs::path& file : files) {
        std::ifstream in(file, std::ios::binary);
        if (!in) continue;
        const std::string bytes{std::istreambuf_iterator<char>(in), {}};
        searched += bytes.size();
        const auto found = in_bytes(file.string(), bytes);
        hits.insert(hits.end(), found.begin(), found.end());
    }
    if (searched == 0) throw std::runtime_error("nothing to search in " + path);
    return hits;
}

std::vector<Hit> SecretSearch::in_memory(const std::string& artefact, pid_t process) const
{
    const std::string file = "/proc/" + std::to_string(process) + "/mem";
    const int memory = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (memory < 0) throw std::runtime_error("cannot read " + file + ": " + std::strerror(errno));
    std::vector<Hit> hits;
    std::size_t searched = 0;
    for (const Region& region : regions_of(process)) {
        std::vector<char> bytes(region.end - region.begin);
        const ssize_t size = ::pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(region.begin));
        if (size <= 0) continue;
        bytes.resize(static_cast<std::size_t>(size));
        searched += bytes.size();
        for (Hit& hit : in_bytes(artefact + " " + region.name, bytes)) {
            hit.offset += region.begin;
            hits.push_back(std::move(hit));
        }
    }
    ::close(memory);
    if (searched == 0) throw std::runtime_error("nothing readable in " + file);
    return hits;
}

} // namespace test
