#include "tests/fuzz/fuzz.hpp"

#include "codec/dialect_file.hpp"
#include "codec/encode.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fuzz {

namespace dialect_files {

std::span<const std::pair<std::string_view, std::string_view>> embedded_files(); // made by tollgate_embed()

} // namespace dialect_files

namespace {

constexpr std::array built_in = {"iso87-ascii", "iso87-bcd", "iso93-ascii", "iso93-bcd", "iso87-ebcdic"};

std::vector<std::shared_ptr<const codec::Dialect>> all_dialects()
{
    std::vector<std::shared_ptr<const codec::Dialect>> all;
    for (const char* const name : built_in) {
        all.push_back(codec::find_built_in_dialect(name));
        require(all.back() != nullptr, name);
    }
    for (const auto& [name, text] : dialect_files::embedded_files())
        all.push_back(codec::parse_dialect(text, name));
    return all;
}

} // namespace

void require(bool holds, const char* property)
{
    if (holds) return;
    std::fprintf(stderr, "property broken: %s\n", property);
    std::abort();
}

std::uint8_t Input::byte()
{
    if (left_.empty()) return 0;
    const std::uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
}

const std::vector<std::shared_ptr<const codec::Dialect>>& dialects()
{
    static const auto all = all_dialects();
    return all;
}

const codec::Dialect& chosen_dialect(Input& input)
{
    return *dialects()[input.choice(dialects().size())];
}

MemoryFile::MemoryFile(std::string_view content)
    : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(descriptor_))
{
    require(descriptor_ >= 0 && ::fchmod(descriptor_, S_IRUSR | S_IWUSR) == 0 &&
                ::write(descriptor_, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
            "there is room for a file in memory");
}

MemoryFile::~MemoryFile()
{
    ::close(descriptor_);
}

bool begins_with_place(std::string_view text, std::string_view file)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto takes_number = [&] {
        if (text.size() < 2 || text[0] != ':' || !is_digit(text[1])) return false;
        text.remove_prefix(1);
        while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);
        return true;
    };
    if (!text.starts_with(file)) return false;
    text.remove_prefix(file.size());
    if (!takes_number()) return false;
    (void)takes_number();
    return text.starts_with(": ") && text.size() > 2;
}

bool shows_long_number(std::string_view text)
{
    int digits = 0;
    for (const char c : text) {
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        if (digits == 13) return true;
    }
    return false;
}

std::string_view as_text(std::span<const std::uint8_t> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes encoded(const codec::Dialect& dialect, const codec::Message& message)
{
    Bytes out;
    require(codec::encode(dialect, message, out).has_value(), "the message can be written");
    return out;
}

} // namespace fuzz
