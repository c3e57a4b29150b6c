#include "sim/network_model.hpp"

#include "sim/embedded.hpp"
#include "sim/toml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace sim {

namespace {

int element_number(const std::string& key, const Place& place)
{
    int de = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), de);
    if (error != std::errc{} || end != key.data() + key.size() || de < 2 || de > codec::de_max)
        throw FileError(place,
                        "\"" + key + "\" is no data element: 2 to " + std::to_string(codec::de_max) + " is");
    return de;
}

const std::vector<std::string> placeholders{"card",       "expiry",   "amount", "currency",
                                            "now",        "stan",     "rrn",    "local_time",
                                            "local_date", "terminal", "reason", "original"};

void check_placeholders(const std::string& text, const Place& place)
{
    for (std::size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
        const std::size_t close = text.find('}', open);
        if (close == std::string::npos) throw FileError(place, "\"{\" without \"}\"");
        const std::string name = text.substr(open + 1, close - open - 1);
        if (std::find(placeholders.begin(), placeholders.end(), name) == placeholders.end())
            throw FileError(place, "unknown placeholder {" + name + "}" + hint(name, placeholders));
    }
}

void read_copies(TableReader& reader, MessageTemplate& made)
{
    const Value* copy = reader.find("copy");
    if (copy == nullptr) return;
    if (copy->kind == Value::Kind::text && copy->text == "all") {
        made.copies_all = true;
        return;
    }
    if (copy->kind != Value::Kind::array)
        throw FileError(copy->place, "\"copy\" is \"all\" or a list of data elements");
    for (const Value& item : copy->items) {
        const std::int64_t de = as_integer(item, "a data element");
        if (de < 2 || de > codec::de_max)
            throw FileError(item.place,
                            "\"copy\" names no data element: 2 to " + std::to_string(codec::de_max) + " is");
        made.copies.push_back(static_cast<int>(de));
    }
}

MessageTemplate read_template(const std::string& kind, const Value& value)
{
    TableReader reader(value, "message." + kind);
    MessageTemplate made;
    made.kind = kind;
    const Value& mti = reader.required("mti");
    const auto parsed = codec::Mti::parse(as_text(mti, "\"mti\""));
    if (!parsed) throw FileError(mti.place, "\"mti\" must be four digits");
    made.mti = *parsed;
    read_copies(reader, made);
    for (const auto& [key, text] : reader.pairs("fields")) {
        check_placeholders(as_text(text, "a field"), text.place);
        made.fields[element_number(key, text.place)] = text.text;
    }
    reader.finish();
    return made;
}

/// One of `known`, or the first of them when the key is not there.
std::size_t read_choice(TableReader& reader, const std::string& key, const std::vector<std::string>& known)
{
    const Value* value = reader.find(key);
    if (value == nullptr) return 0;
    const std::string& name = as_text(*value, "\"" + key + "\"");
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end())
        throw FileError(value->place, "unknown " + key + " \"" + name + "\"" + hint(name, known));
    return static_cast<std::size_t>(found - known.begin());
}

WireForm read_wire_form(TableReader& reader)
{
    std::vector<std::string> framings;
    for (const codec::FrameRule& rule : codec::frame_rules()) framings.emplace_back(rule.name);
    const auto headers = codec::header_names();
    WireForm form;
    form.framing.rule = &codec::frame_rules()[read_choice(reader, "framing", framings)];
    form.header =
        static_cast<codec::HeaderKind>(read_choice(reader, "header", {headers.begin(), headers.end()}));
    return form;
}

/// Nothing when a placeholder has no value.
std::optional<std::string> filled_in(const std::string& text, const Values& values)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t open = text.find('{', at);
        out += text.substr(at, open == std::string::npos ? open : open - at);
        if (open == std::string::npos) break;
        const std::size_t close = text.find('}', open);
        const auto found = values.find(text.substr(open + 1, close - open - 1));
        if (found == values.end() || found->second.empty()) return std::nullopt;
        out += found->second;
        at = close + 1;
    }
    return out;
}

std::string zero_padded(std::string_view digits, std::size_t width)
{
    return std::string(digits.size() < width ? width - digits.size() : 0, '0') + std::string(digits);
}

} // namespace

std::shared_ptr<const NetworkModel> NetworkModel::parse(std::string_view toml, const std::string& file_name)
{
    const Value root = parse_toml(toml, file_name);
    TableReader reader(root, "the network");
    const std::shared_ptr<NetworkModel> model(new NetworkModel);
    model->name_ = reader.required_text("name");
    model->dialect_name_ = reader.required_text("dialect");
    model->wire_form_ = read_wire_form(reader);
    const Value& ahead = reader.required("local_time_ahead");
    const auto ms = parse_duration_ms(as_text(ahead, "\"local_time_ahead\""));
    if (!ms) throw FileError(ahead.place, "\"local_time_ahead\" is a time with a unit, for example \"9h\"");
    model->local_ahead_ms_ = *ms;
    for (const auto& [name, code] : reader.pairs("codes")) model->codes_[name] = as_text(code, "a code");
    for (const auto& [name, code] : reader.pairs("reasons"))
        model->reasons_[name] = as_text(code, "a reason");
    for (const auto& [kind, value] : reader.pairs("message"))
        model->templates_.emplace(kind, read_template(kind, value));
    reader.finish();
    model->dialect_ = codec::dialect_named(model->dialect_name_);
    return model;
}

const MessageTemplate* NetworkModel::find(const std::string& kind, const std::string& original_kind) const
{
    auto found = templates_.end();
    if (!original_kind.empty()) found = templates_.find(kind + " of " + original_kind);
    if (found == templates_.end()) found = templates_.find(kind);
    return found == templates_.end() ? nullptr : &found->second;
}

std::vector<std::string> NetworkModel::kinds() const
{
    std::vector<std::string> all;
    for (const auto& [kind, made] : templates_) all.push_back(kind.substr(0, kind.find(" of ")));
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

std::string NetworkModel::code_of(const std::string& name) const
{
    const auto found = codes_.find(name);
    if (found != codes_.end()) return found->second;
    return name.size() == 2 ? name : std::string();
}

std::vector<std::string> NetworkModel::code_names() const
{
    std::vector<std::string> all;
    for (const auto& [name, code] : codes_) all.push_back(name);
    return all;
}

std::string NetworkModel::reason_of(const std::string& name) const
{
    const auto found = reasons_.find(name);
    return found == reasons_.end() ? std::string() : found->second;
}

codec::Message NetworkModel::build(const MessageTemplate& made_from, const codec::Message* original,
                                   const Values& values) const
{
    codec::Message message(made_from.mti);
    if (original != nullptr) {
        const std::vector<int> copies = made_from.copies_all ? original->elements() : made_from.copies;
        for (const int de : copies)
            if (original->has(de)) message.set(de, original->get(de));
    }
    Values all = values;
    if (original != nullptr) all["original"] = original_data_of(*original);
    for (const auto& [de, text] : made_from.fields)
        if (const auto value = filled_in(text, all)) message.set(de, *value);
    return message;
}

std::string original_data_of(const codec::Message& original)
{
    return std::string(codec::without_repeat(original.mti()).text()) + zero_padded(original.get(11), 6) +
           zero_padded(original.get(7), 10) + zero_padded(original.get(32), 11) +
           zero_padded(original.get(33), 11);
}

std::shared_ptr<const NetworkModel> network_named(const std::string& name_or_path)
{
    std::string names;
    for (const auto& [file, text] : network_files::embedded_files()) {
        const std::string name = std::filesystem::path(file).stem().string();
        if (name == name_or_path) return NetworkModel::parse(text, "sim/networks/" + std::string(file));
        names += (names.empty() ? "" : ", ") + name;
    }
    if (!std::filesystem::exists(name_or_path))
        throw FileError({name_or_path, 0, 0}, "no such file, and no built-in network (" + names + ")");
    return NetworkModel::parse(read_whole_file(name_or_path), name_or_path);
}

} // namespace sim
