/// Input: a profile file. It is refused with places, or its rows and codes are such as messages can have, and
/// it reads the same a second time.

#include "codec/message.hpp"
#include "net/profile.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>

using fuzz::require;

namespace {

constexpr std::string_view file_name = "fuzz.toml";

void check_row(const net::ProfileRow& row)
{
    require(codec::Mti::parse(row.mti.text()) == row.mti && !row.mti.is_answer(), "a row is for a request");
    require(net::is_same_kind(row.mti, row.mti), "an MTI is of its own kind");
    for (const std::string& type : row.processing) require(type.size() == 2, "DE3 begins with two digits");
    for (const int de : row.required) require(de >= 2 && de <= 128, "what is required is a data element");
    if (row.operation == authz::Operation::cancel)
        require(row.original != net::OriginalRule::none, "a cancel names its original");
}

void check_codes(const net::Profile& profile)
{
    const authz::AnswerCodes usual = authz::iso87_answer_codes();
    for (std::size_t i = 0; i < usual.size(); ++i) // what is never told has none
        require(profile.answer_codes[i].size() == 2 || profile.answer_codes[i] == usual[i],
                "a code has two characters");
    const net::EdgeCodes& edge = profile.edge_codes;
    for (const auto& code :
         {edge.format_error, edge.pin_not_served, edge.management_unknown, edge.key_refused})
        require(code.size() == 2, "a code has two characters");
}

void check_partial_approval(const net::PartialApproval& partial)
{
    codec::Message message(*codec::Mti::parse("0200"));
    require(!partial.is_in(message) || (partial.value.empty() && partial.at == 1),
            "an element that is not there says nothing");
    message.set(partial.de, std::string(partial.at - 1, ' ') + partial.value);
    require(partial.is_in(message), "the value at its place says yes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text = fuzz::as_text({data, size});
    try {
        const auto profile = net::parse_profile(text, file_name);
        require(!profile->rows.empty(), "there is no default meaning");
        for (const net::ProfileRow& row : profile->rows) check_row(row);
        check_codes(*profile);
        if (profile->partial_approval) check_partial_approval(*profile->partial_approval);
        require(net::parse_profile(text, file_name)->rows == profile->rows, "the same file means the same");
    } catch (const net::ProfileError& error) {
        std::string_view lines = error.what();
        while (!lines.empty()) {
            require(fuzz::begins_with_place(lines, file_name), "each mistake tells file, line and column");
            const std::size_t end = lines.find('\n');
            lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
        }
    }
    return 0;
}
