#include "net/profile_session.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace net {

namespace {

bool is_function(const std::string& text)
{
    return text.size() == 3 && text.find_first_not_of("0123456789") == std::string::npos;
}

void read_function(std::string& function, StrictTable& reader, std::string_view key)
{
    const auto text = reader.text(key);
    if (!text) return;
    if (!is_function(*text) && !text->empty())
        reader.complain(key, "must be the three digits of DE70, or \"\" for none");
    function = *text;
}

std::vector<std::string> read_functions(StrictTable& reader, std::string_view key)
{
    auto list = reader.texts(key).value_or(std::vector<std::string>{});
    if (!std::all_of(list.begin(), list.end(), is_function))
        reader.complain(key, "must hold the three digits of DE70, for example [\"161\"]");
    return list;
}

void read_elements(ManagementProfile& management, const toml::table& table, Complaints& complaints)
{
    StrictTable reader(table, "management.elements", complaints);
    for (const auto& [key, node] : table) {
        const std::string_view name = key.str();
        const auto value = reader.text(name);
        int de = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), de);
        const bool is_number = error == std::errc{} && end == name.data() + name.size();
        if (!is_number || de < 2 || de > 128 || de == 7 || de == 11 || de == 39 || de == 70)
            reader.complain(name, "must be an element, 2 to 128, that is not one of 7, 11, 39 and 70");
        else if (value)
            management.elements.emplace_back(de, *value);
    }
}

ManagementProfile read_management(const toml::table& table, Complaints& complaints)
{
    ManagementProfile management;
    StrictTable reader(table, "management", complaints);
    if (const auto text = reader.text("mti")) {
        const auto mti = codec::Mti::parse(*text);
        if (mti && !mti->is_answer() && mti->message_class() == '8')
            management.mti = *mti;
        else
            reader.complain("mti", "must be the four digits of a network management request, \"0800\"");
    }
    read_function(management.sign_on, reader, "sign_on");
    read_function(management.sign_off, reader, "sign_off");
    if (const auto by = reader.word("sign_off_by", {"both", "dialler"}))
        management.sign_off_by = static_cast<SignOffBy>(*by);
    read_function(management.echo, reader, "echo");
    if (management.echo.empty()) reader.complain("echo", "must be the three digits of DE70");
    management.noted = read_functions(reader, "noted");
    if (const toml::table* elements = reader.table("elements"))
        read_elements(management, *elements, complaints);
    reader.finish();
    return management;
}

void read_covers(codec::MacRule& rule, StrictTable& reader)
{
    if (const auto covers = reader.word("covers", {"message", "wire", "values"}))
        rule.covers = static_cast<codec::MacCovers>(*covers);
    for (const auto de : reader.integers("elements", {0, 192}).value_or(std::vector<std::int64_t>{}))
        rule.elements.push_back(static_cast<int>(de));
}

MacProfile read_mac(const toml::table& table, Complaints& complaints)
{
    MacProfile mac;
    StrictTable reader(table, "mac", complaints);
    if (!reader.has("algorithm")) reader.complain("algorithm", "is required");
    if (const auto algorithm = reader.word("algorithm", {"retail", "cbc-3des", "aes-cmac", "hmac-sha256"}))
        mac.rule.algorithm = static_cast<codec::MacAlgorithm>(*algorithm);
    if (const auto padding = reader.word("padding", {"method-1", "method-2"}))
        mac.rule.padding = static_cast<codec::MacPadding>(*padding);
    if (const auto bytes = reader.integer("bytes", {4, 32})) mac.rule.size = static_cast<std::size_t>(*bytes);
    read_covers(mac.rule, reader);
    mac.covers_management = reader.flag("management").value_or(false);
    mac.wrong = reader.text("wrong").value_or("");
    if (!mac.wrong.empty() && mac.wrong.size() != 2)
        reader.complain("wrong", "must be two characters of DE39, or \"\" for silence");
    reader.finish();
    return mac;
}

void read_size(std::size_t& size, StrictTable& reader, std::string_view key, IntegerRange range)
{
    if (const auto number = reader.integer(key, range)) size = static_cast<std::size_t>(*number);
}

KeyExchangeProfile read_key_exchange(const toml::table& table, Complaints& complaints)
{
    KeyExchangeProfile exchange;
    StrictTable reader(table, "key_exchange", complaints);
    exchange.mac_key = read_functions(reader, "mac_key");
    exchange.pin_key = read_functions(reader, "pin_key");
    if (exchange.mac_key.empty() && exchange.pin_key.empty())
        reader.complain("mac_key", "is required, or pin_key: DE70 of the messages that bring a key");
    exchange.de = static_cast<int>(reader.integer("de", {2, 128}).value_or(exchange.de));
    if (const auto form = reader.word("form", {"hex", "raw"})) exchange.form = static_cast<KeyForm>(*form);
    if (const auto wrap = reader.word("wrap", {"tdes-ecb", "tdes-cbc"}))
        exchange.wrap = static_cast<KeyWrap>(*wrap);
    read_size(exchange.key_at, reader, "key_at", {1, 999});
    read_size(exchange.key_bytes, reader, "key_bytes", {16, 24});
    if (exchange.key_bytes % 8 != 0) reader.complain("key_bytes", "must be 16 or 24");
    exchange.check_at = exchange.key_at + (exchange.form == KeyForm::hex ? 2 : 1) * exchange.key_bytes;
    read_size(exchange.check_at, reader, "check_at", {1, 999});
    read_size(exchange.check_bytes, reader, "check_bytes", {3, 8}); // of two, one random key in 65,536 passes
    reader.finish();
    return exchange;
}

} // namespace

SessionProfile read_session(StrictTable& profile, Complaints& complaints)
{
    SessionProfile session;
    if (const toml::table* management = profile.table("management"))
        session.management = read_management(*management, complaints);
    if (const toml::table* mac = profile.table("mac")) session.mac = read_mac(*mac, complaints);
    if (const toml::table* exchange = profile.table("key_exchange"))
        session.key_exchange = read_key_exchange(*exchange, complaints);
    return session;
}

} // namespace net
