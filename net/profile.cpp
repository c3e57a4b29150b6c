#include "net/profile.hpp"

#include "net/profile_session.hpp"
#include "net/strict_toml.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>

namespace net {

namespace profile_files {
std::span<const std::pair<std::string_view, std::string_view>> embedded_files();
}

namespace {

constexpr authz::Operation wire_operations[] = {authz::Operation::sale,    authz::Operation::refund,
                                                authz::Operation::cancel,  authz::Operation::fault_reversal,
                                                authz::Operation::inquiry, authz::Operation::stand_in};
const std::vector<std::string_view> operation_words{"sale",           "refund",  "cancel",
                                                    "fault_reversal", "inquiry", "stand_in"};
const std::vector<std::string_view> original_words{"none", "de90", "de90-optional", "own", "de90-or-own"};

std::optional<codec::Mti> read_mti(StrictTable& reader, std::string_view key)
{
    const auto text = reader.text(key);
    if (!text) return std::nullopt;
    const auto mti = codec::Mti::parse(*text);
    if (!mti || mti->is_answer()) {
        reader.complain(key, "must be the four digits of a request, for example \"0200\"");
        return std::nullopt;
    }
    return mti;
}

bool is_transaction_type(const std::string& text)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return text.size() == 2 && std::all_of(text.begin(), text.end(), is_digit);
}

void read_conditions(ProfileRow& row, StrictTable& reader)
{
    row.processing = reader.texts("processing").value_or(std::vector<std::string>{});
    if (!std::all_of(row.processing.begin(), row.processing.end(), is_transaction_type))
        reader.complain("processing", "must hold the first two digits of DE3, for example [\"00\", \"20\"]");
    row.needs_fault_reason = reader.word("reason", {"fault"}).has_value();
    row.has_original = reader.flag("has_original");
}

/// An advice stands in for a request, and never for an advice: one that came before the advice it names would
/// stand in another group than that, and both would count.
void check_request_of_advice(const ProfileRow& row, StrictTable& reader)
{
    if (row.operation != authz::Operation::stand_in) return;
    if (!row.original_mti || is_same_kind(row.mti, *row.original_mti))
        reader.complain("original_mti", "must be the MTI of the request that the advice stands in for");
}

void read_original(ProfileRow& row, StrictTable& reader)
{
    if (const auto rule = reader.word("original", original_words))
        row.original = static_cast<OriginalRule>(*rule);
    row.original_mti = read_mti(reader, "original_mti");
    const bool needs_mti = row.original == OriginalRule::own || row.original == OriginalRule::de90_or_own;
    if (needs_mti && !row.original_mti)
        reader.complain("original_mti",
                        "is required: the MTI of the original, when it is the message itself");
    else
        check_request_of_advice(row, reader);
    const bool needs_original = row.operation == authz::Operation::cancel || authz::is_order(row.operation);
    const bool names_none = row.original == OriginalRule::none || row.original == OriginalRule::de90_optional;
    if (needs_original && names_none)
        reader.complain("original", "must say where a cancel, reversal or advice names its original");
}

ProfileRow read_row(const toml::table& table, Complaints& complaints)
{
    ProfileRow row;
    StrictTable reader(table, "message", complaints);
    const auto mti = read_mti(reader, "mti");
    if (!table.contains("mti")) reader.complain("mti", "is required");
    row.mti = mti.value_or(codec::Mti{});
    read_conditions(row, reader);
    if (!table.contains("operation")) reader.complain("operation", "is required");
    if (const auto operation = reader.word("operation", operation_words))
        row.operation = wire_operations[*operation];
    read_original(row, reader);
    for (const auto de : reader.integers("required", {2, 128}).value_or(std::vector<std::int64_t>{}))
        row.required.push_back(static_cast<int>(de));
    reader.finish();
    return row;
}

void read_codes(Profile& profile, const toml::table& table, Complaints& complaints)
{
    StrictTable reader(table, "answer_codes", complaints);
    const auto take = [&](std::string& code, std::string_view name) {
        const auto text = reader.text(name);
        if (text && text->size() != 2) reader.complain(name, "must be two characters of DE39");
        if (text) code = *text;
    };
    take(profile.edge_codes.format_error, "format_error");
    take(profile.edge_codes.pin_not_served, "pin_not_served");
    take(profile.edge_codes.management_unknown, "management_unknown");
    take(profile.edge_codes.key_refused, "key_refused");
    for (std::size_t i = 0; i < authz::reason_count; ++i)
        take(profile.answer_codes[i], authz::name_of(static_cast<authz::Reason>(i)));
    reader.finish();
}

PartialApproval read_partial_approval(const toml::table& table, Complaints& complaints)
{
    PartialApproval partial;
    StrictTable reader(table, "partial_approval", complaints);
    if (!reader.has("de")) reader.complain("de", "is required: the element in which the terminal says it");
    partial.de = static_cast<int>(reader.integer("de", {2, 128}).value_or(2));
    partial.at = static_cast<std::size_t>(reader.integer("at", {1, 999}).value_or(1));
    partial.value = reader.required_text("value");
    partial.asked_amount_type = reader.text("asked_amount_type").value_or("");
    if (partial.asked_amount_type.size() != 2 && !partial.asked_amount_type.empty())
        reader.complain("asked_amount_type", "must be two characters of DE54, for example \"57\"");
    reader.finish();
    return partial;
}

Profile read_profile(const toml::table& root, Complaints& complaints)
{
    Profile profile;
    profile.answer_codes = authz::iso87_answer_codes();
    StrictTable reader(root, "the file", complaints);
    profile.name = reader.required_text("name");
    if (const auto currency = reader.integer("currency", {1, 999}))
        profile.currency = static_cast<authz::Currency>(*currency);
    if (const auto mode = reader.word("partial", {"replacement", "reversed"}))
        profile.partial = static_cast<authz::PartialReversal::Mode>(*mode);
    if (const toml::table* partial = reader.table("partial_approval"))
        profile.partial_approval = read_partial_approval(*partial, complaints);
    if (const toml::table* codes = reader.table("answer_codes")) read_codes(profile, *codes, complaints);
    profile.session = read_session(reader, complaints);
    for (const toml::table* row : reader.tables("message"))
        profile.rows.push_back(read_row(*row, complaints));
    if (profile.rows.empty()) reader.complain("message", "is required: there is no default meaning");
    reader.finish();
    return profile;
}

std::string stem_of(std::string_view file_name)
{
    return std::filesystem::path(file_name).stem().string();
}

} // namespace

bool PartialApproval::is_in(const codec::Message& request) const
{
    const std::string_view text = request.get(de);
    return text.size() >= at && text.substr(at - 1).starts_with(value);
}

bool is_same_kind(codec::Mti a, codec::Mti b)
{
    return a.version() == b.version() && a.message_class() == b.message_class() &&
           a.function() == b.function();
}

std::shared_ptr<const Profile> parse_profile(std::string_view toml, std::string_view file_name)
{
    Complaints complaints;
    Profile profile;
    try {
        const toml::table root = codec::parse_any_toml(toml, file_name);
        profile = read_profile(root, complaints);
    } catch (const toml::parse_error& error) {
        complaints.emplace_back(error.source(), std::string(error.description()));
    }
    std::string all;
    for (const Complaint& complaint : complaints) all += (all.empty() ? "" : "\n") + complaint.text();
    if (!all.empty()) throw ProfileError(all);
    return std::make_shared<const Profile>(std::move(profile));
}

std::shared_ptr<const Profile> profile_named(std::string_view name_or_path)
{
    std::string names;
    for (const auto& [file_name, text] : profile_files::embedded_files()) {
        if (stem_of(file_name) == name_or_path) return parse_profile(text, file_name);
        names += (names.empty() ? "" : ", ") + stem_of(file_name);
    }
    std::ifstream file{std::string(name_or_path)};
    if (!file)
        throw ProfileError("profile \"" + std::string(name_or_path) + "\" is neither built in (" + names +
                           ") nor a file that can be read");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return parse_profile(text, name_or_path);
}

} // namespace net
