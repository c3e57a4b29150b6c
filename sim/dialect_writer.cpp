#include "sim/dialect_writer.hpp"

#include "codec/dialect_words.hpp"
#include "codec/utf8.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace sim {

namespace {

using namespace codec;

std::string toml_quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : printable(text)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

template <class T, std::size_t N> std::string word_of(const Word<T> (&words)[N], T value)
{
    const auto* found = std::ranges::find(words, value, &Word<T>::value);
    return found == std::end(words) ? "\"\"" : toml_quoted(found->text);
}

bool has_count(const FieldSpec& spec)
{
    return spec.length != LengthForm::fixed && spec.length != LengthForm::rest;
}

/// Whether an odd number of digits can be packed by this row.
bool may_leave_half_a_byte(const FieldSpec& spec)
{
    if (spec.coding != Coding::bcd) return false;
    const unsigned digits = spec.kind == FieldKind::amount ? spec.max - 1U : spec.max;
    return spec.length != LengthForm::fixed || digits % 2 != 0;
}

/// What most rows of the file say, so that only the others need to.
struct Usual {
    LengthCoding length_coding = LengthCoding::ascii;
    Pad pad = Pad::left_0;
};

template <class Enum> Enum most_frequent(const std::map<Enum, int>& seen, Enum none)
{
    const auto most = std::ranges::max_element(seen, {}, [](const auto& entry) { return entry.second; });
    return most == seen.end() ? none : most->first;
}

Usual usual_in(const Dialect& dialect)
{
    std::map<LengthCoding, int> length_codings_seen;
    std::map<Pad, int> pads_seen;
    for (const FieldSpec& spec : dialect.fields) {
        if (spec.kind == FieldKind::none) continue;
        if (has_count(spec)) ++length_codings_seen[spec.length_coding];
        if (may_leave_half_a_byte(spec)) ++pads_seen[spec.pad];
    }
    return {most_frequent(length_codings_seen, LengthCoding::ascii), most_frequent(pads_seen, Pad::left_0)};
}

bool is_bare_key(std::string_view key)
{
    return !key.empty() && std::ranges::all_of(key, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
               c == '-';
    });
}

std::string key_text(std::string_view key)
{
    return is_bare_key(key) ? std::string(key) : toml_quoted(key);
}

class Writer {
public:
    Writer(const Dialect& dialect, const std::vector<Loss>& losses)
        : dialect_(dialect), losses_(losses), usual_(usual_in(dialect))
    {
    }

    std::string write()
    {
        head();
        line("\n[elements]");
        for (int de = 2; de <= de_max; ++de) {
            const FieldSpec& spec = dialect_.fields[de];
            const std::string key = std::to_string(de);
            if (spec.kind == FieldKind::none)
                missing_row(key);
            else if (!spec.structure)
                row(key, spec, Enclosing::nothing, usual_);
        }
        rows_of_nobody("", [](std::string_view key) { return !is_element(key); });
        for (int de = 2; de <= de_max; ++de)
            if (dialect_.fields[de].structure)
                table("elements", std::to_string(de), std::to_string(de), dialect_.fields[de],
                      Enclosing::nothing, usual_);
        return std::move(out_);
    }

private:
    enum class Enclosing : std::uint8_t { nothing, positional_or_bitmap, ber_tlv, tlv };
    using Keys = std::vector<std::pair<std::string_view, std::string>>;

    void line(std::string_view text) { out_.append(text).append("\n"); }

    void head()
    {
        line("name = " + toml_quoted(dialect_.name));
        line("mti = " + word_of(digits_words, dialect_.mti));
        line("bitmap = " + word_of(bitmap_words, dialect_.bitmap.form));
        if (dialect_.bitmap.always_two) {
            line("bitmaps = \"always-two\"");
            line("bit_1 = " + word_of(bit_1_words, dialect_.bitmap.first_bit));
        }
        if (dialect_.bitmap.count_max != 2)
            line("bitmaps_max = " + std::to_string(dialect_.bitmap.count_max));
        line("length_coding = " + word_of(length_coding_words, usual_.length_coding));
        if (usual_.pad != Pad::left_0) line("pad = " + word_of(pad_words, usual_.pad));
    }

    static bool is_element(std::string_view key)
    {
        const bool is_number = !key.empty() && key.size() <= 3 &&
                               std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
        if (!is_number) return false;
        const int de = std::stoi(std::string(key));
        return de >= 2 && de <= de_max;
    }

    void lost_row(const Loss& loss, std::string_view key)
    {
        std::string text = "# " + printable(key) + ": " + printable(loss.what);
        if (loss.line != 0) text += " (line " + std::to_string(loss.line) + ")";
        line(text);
    }

    void missing_row(std::string_view path)
    {
        for (const Loss& loss : losses_)
            if (loss.path == path) lost_row(loss, path.substr(path.rfind('.') + 1));
    }

    /// Losses right below `path` whose key `is_nobodys`, so that no row stands for it.
    template <class Predicate> void rows_of_nobody(std::string_view path, Predicate is_nobodys)
    {
        for (const Loss& loss : losses_) {
            const std::size_t dot = loss.path.rfind('.');
            const std::string_view parent =
                dot == std::string::npos ? std::string_view() : std::string_view(loss.path).substr(0, dot);
            const std::string_view key =
                std::string_view(loss.path).substr(dot == std::string::npos ? 0 : dot + 1);
            if (!key.empty() && parent == path && is_nobodys(key)) lost_row(loss, key);
        }
    }

    [[nodiscard]] static Keys keys_of(const FieldSpec& spec, Enclosing enclosing, const Usual& usual)
    {
        Keys keys{{"name", toml_quoted(spec.name)}};
        const bool is_plain_tlv =
            enclosing == Enclosing::ber_tlv && spec.kind == FieldKind::binary && spec.coding == Coding::raw;
        if (!is_plain_tlv) keys.emplace_back("kind", word_of(kind_words, spec.kind));
        if (enclosing != Enclosing::ber_tlv) {
            keys.emplace_back("max", std::to_string(spec.max));
            if (enclosing != Enclosing::tlv) keys.emplace_back("length", word_of(length_words, spec.length));
        }
        if (!is_plain_tlv) keys.emplace_back("coding", word_of(coding_words, spec.coding));
        if (enclosing == Enclosing::nothing || enclosing == Enclosing::positional_or_bitmap)
            count_keys(spec, usual, keys);
        const bool is_tagged = enclosing == Enclosing::ber_tlv || enclosing == Enclosing::tlv;
        if (may_leave_half_a_byte(spec) && (is_tagged || spec.pad != usual.pad))
            keys.emplace_back("pad", word_of(pad_words, spec.pad));
        if (spec.fill != Fill::none) keys.emplace_back("fill", word_of(fill_words, spec.fill));
        if (spec.kind == FieldKind::track && spec.separator != '=')
            keys.emplace_back("separator", toml_quoted(std::string(1, spec.separator)));
        if (spec.log != LogRule::clear) keys.emplace_back("log", word_of(log_words, spec.log));
        return keys;
    }

    static void count_keys(const FieldSpec& spec, const Usual& usual, Keys& keys)
    {
        if (!has_count(spec)) return;
        if (spec.length_coding != usual.length_coding)
            keys.emplace_back("length_coding", word_of(length_coding_words, spec.length_coding));
        if (spec.length_counts != LengthCounts::characters)
            keys.emplace_back("length_counts", word_of(length_counts_words, spec.length_counts));
        if (spec.length_includes_itself) keys.emplace_back("length_includes_itself", "true");
    }

    void row(std::string_view key, const FieldSpec& spec, Enclosing enclosing, const Usual& usual)
    {
        std::string text = key_text(key) + " = {";
        std::string_view comma = " ";
        for (const auto& [name, value] : keys_of(spec, enclosing, usual)) {
            text.append(comma).append(name).append(" = ").append(value);
            comma = ", ";
        }
        line(text + " }");
    }

    /// A row with parts. `where` is the table's name in front of its key, `path` what losses are found by.
    void table(const std::string& where, const std::string& key, const std::string& path,
               const FieldSpec& spec, Enclosing enclosing, const Usual& usual)
    {
        const std::string name = where + "." + key_text(key);
        const Structure& structure = *spec.structure;
        line("\n[" + name + "]");
        for (const auto& [word, value] : keys_of(spec, enclosing, usual))
            line(std::string(word) + " = " + value);
        line("structure = " + word_of(structure_words, std::optional(structure.form)));
        if (structure.form == StructureForm::bitmap) {
            line("bits = " + std::to_string(structure.bits));
            line("bitmap = " + word_of(bitmap_words, structure.bitmap));
        }
        // What the file says of its rows does not hold for parts of a text.
        const Usual inside = spec.kind == FieldKind::binary ? usual_ : Usual{};
        if (structure.form == StructureForm::tlv) tlv_table(name, structure, inside);
        parts(name + ".parts", path, structure, inside);
    }

    void tlv_table(const std::string& name, const Structure& structure, const Usual& usual)
    {
        line("[" + name + ".tlv]");
        line("tag = { size = " + std::to_string(structure.tag.max) +
             ", coding = " + word_of(coding_words, structure.tag.coding) + " }");
        line("length = " + word_of(length_words, structure.other.length));
        Keys keys;
        count_keys(structure.other, usual, keys);
        for (const auto& [word, value] : keys) line(std::string(word) + " = " + value);
        if (structure.other.coding != Coding::ascii)
            line("coding = " + word_of(coding_words, structure.other.coding));
        if (structure.category_size != 0) line("category_size = " + std::to_string(structure.category_size));
    }

    void parts(const std::string& where, const std::string& path, const Structure& structure,
               const Usual& usual)
    {
        const Enclosing enclosing = structure.form == StructureForm::ber_tlv ? Enclosing::ber_tlv
                                    : structure.form == StructureForm::tlv   ? Enclosing::tlv
                                                                           : Enclosing::positional_or_bitmap;
        line("[" + where + "]");
        for (const auto& [tag, spec] : structure.parts)
            if (!spec.structure) row(tag, spec, enclosing, usual);
        rows_of_nobody(path, [&](std::string_view key) {
            return std::ranges::find(structure.parts, key, &Structure::PartSpec::tag) ==
                   structure.parts.end();
        });
        for (const auto& [tag, spec] : structure.parts)
            if (spec.structure) table(where, tag, path + "." + tag, spec, enclosing, usual);
    }

    const Dialect& dialect_;
    const std::vector<Loss>& losses_;
    const Usual usual_;
    std::string out_;
};

} // namespace

std::string place_in_dialect(std::string_view path)
{
    if (path.empty()) return "the dialect";
    std::string text = "element ";
    for (const char c : path) text += c == '.' ? std::string(", part ") : std::string(1, c);
    return text;
}

std::string printable(std::string_view text)
{
    constexpr std::size_t bytes_max = 200;
    std::string out(text.substr(0, bytes_max));
    const bool has_only_utf8 = is_utf8(out);
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !has_only_utf8)) c = '?';
    }
    return out;
}

std::string dialect_text(const Dialect& dialect, const std::vector<Loss>& losses)
{
    return Writer(dialect, losses).write();
}

} // namespace sim
