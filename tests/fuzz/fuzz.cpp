#include "tests/fuzz/fuzz.hpp"

#include "codec/dialect_file.hpp"
#include "codec/encode.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

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
